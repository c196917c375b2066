/**
 * Clocks that go back, and clocks that ran ahead: nothing is signed at a time the log has passed.
 *
 * The clients' timestamps are accepted whatever the signer's clock shows, so that it is the log that
 * refuses and not the age of the request.
 *
 * @module
 */

import { expect, it, onTestFinished } from 'vitest';
import {
  entryFile,
  setClockOffsetMs,
  startSupervised,
} from '../../packages/testing/signer-entries/src/index.ts';
import { createWireClient } from '../wire/client/wire-client.ts';
import { boundarySettings, CLIENT_ID, freshDataDir, SECRET } from './boundary-settings.ts';
import { codeOf, type Exchange, freshRequest, send } from './exchange.ts';
import { LedgerAudit } from './ledger-audit.ts';
import { beAPatientFile, eventually } from './patience.ts';

beAPatientFile();

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LENIENT = { maxSkewMs: 3 * DAY_MS, nonceTtlMs: 6 * DAY_MS };
const BEHIND = [503, 'ERR_CLOCK_BEHIND'];
const SIGNED = [200, undefined];

type Outcome = readonly [number, string | undefined];

async function startWithClock() {
  const dataDir = freshDataDir();
  // Validity is judged by the signer's clock: leave room for a day in either direction.
  const policy = { ...boundarySettings({ dataDir }).signer.policy, maxValiditySec: 10 * 86_400 };
  const supervised = await startSupervised({
    settings: boundarySettings({ dataDir, edge: LENIENT, signer: { ...LENIENT, policy } }),
    entries: { signer: entryFile('clock-signer') },
  });
  const { url } = supervised;
  const client = createWireClient({ url, secret: SECRET, clientId: CLIENT_ID });
  onTestFinished(async () => {
    client.close();
    await supervised.stop();
  });
  const exchanges: Exchange[] = [];
  return {
    supervised,
    audit: new LedgerAudit(dataDir),
    exchanges,
    setClock: (offsetMs: number) => setClockOffsetMs(dataDir, offsetMs),
    /** Asks for a signature that is valid long enough for every clock here. */
    async sign(): Promise<Outcome> {
      const exchange = await send(client, freshRequest({ validForSec: 5 * 86_400 }));
      exchanges.push(exchange);
      return [exchange.answer.status, codeOf(exchange.answer)];
    },
    async readiness(): Promise<Outcome> {
      const answer = await client.call({ path: '/health/ready' });
      return [answer.status, codeOf(answer)];
    },
  };
}

it('set back an hour: refuses until it is right again, then goes on by itself', async () => {
  const { supervised, audit, exchanges, setClock, sign, readiness } = await startWithClock();
  expect(await sign()).toEqual(SIGNED);
  setClock(-HOUR_MS);
  expect(await sign()).toEqual(BEHIND);
  expect(await sign()).toEqual(BEHIND);
  expect(await readiness()).toEqual(BEHIND);
  setClock(-HOUR_MS / 2);
  expect(await sign()).toEqual(BEHIND);
  setClock(0);
  await eventually('readiness', async () => (await readiness())[0] === 200);
  expect(await sign()).toEqual(SIGNED);
  expect(audit.inspect(exchanges)).toEqual([]);
  expect(audit.inspectAll()).toEqual([]);
  expect(supervised.signerDeaths()).toBe(0);
});

it('set back an hour while the signer restarts: refuses, then goes on by itself', async () => {
  const { supervised, audit, exchanges, setClock, sign } = await startWithClock();
  expect(await sign()).toEqual(SIGNED);
  setClock(-HOUR_MS);
  supervised.signal('signer', 'SIGKILL');
  await eventually('the signer is back', async () => {
    const outcome = await sign();
    return `${outcome}` === `${BEHIND}`;
  });
  setClock(0);
  expect(await sign()).toEqual(SIGNED);
  expect(audit.inspect(exchanges)).toEqual([]);
  expect(audit.inspectAll()).toEqual([]);
});

it('ahead a day and put right: refuses, because the log has seen the day', async () => {
  const { supervised, audit, exchanges, setClock, sign, readiness } = await startWithClock();
  expect(await sign()).toEqual(SIGNED);
  setClock(DAY_MS);
  expect(await sign()).toEqual(SIGNED);
  setClock(0);
  expect(await sign()).toEqual(BEHIND);
  expect(await readiness()).toEqual(BEHIND);
  supervised.signal('signer', 'SIGKILL');
  await eventually('the signer is back', async () => {
    const outcome = await sign();
    return `${outcome}` === `${BEHIND}`;
  });
  setClock(DAY_MS);
  expect(await sign()).toEqual(SIGNED);
  expect(audit.inspect(exchanges)).toEqual([]);
  expect(audit.inspectAll()).toEqual([]);
});

it('back by less than the tolerance: signs', async () => {
  const { setClock, sign } = await startWithClock();
  expect(await sign()).toEqual(SIGNED);
  setClock(-2_000);
  expect(await sign()).toEqual(SIGNED);
});
