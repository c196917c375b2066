/**
 * A disk that fills up, and one that can only be read: nothing is signed, and everything works again by
 * itself when the disk does.
 *
 * @module
 */

import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Supervised,
  startSupervised,
} from '../../packages/testing/signer-entries/src/index.ts';
import { createWireClient, type WireClient } from '../wire/client/wire-client.ts';
import { boundarySettings, CLIENT_ID, SECRET } from './boundary-settings.ts';
import { codeOf, type Exchange, freshRequest, send } from './exchange.ts';
import { LedgerAudit } from './ledger-audit.ts';
import { beAPatientFile, eventually } from './patience.ts';
import { canMount, mountSmallDisk } from './small-disk.ts';

beAPatientFile();

interface Boundary {
  readonly supervised: Supervised;
  readonly client: WireClient;
  readonly audit: LedgerAudit;
}

async function startOn(dataDir: string): Promise<Boundary> {
  const supervised = await startSupervised({ settings: boundarySettings({ dataDir }) });
  const { url } = supervised;
  const client = createWireClient({ url, secret: SECRET, clientId: CLIENT_ID });
  onTestFinished(async () => {
    client.close();
    await supervised.stop();
  });
  return { supervised, client, audit: new LedgerAudit(dataDir) };
}

async function expectSigned({ client, audit }: Boundary): Promise<Exchange> {
  const exchange = await send(client, freshRequest());
  expect(exchange.answer.status).toBe(200);
  expect(audit.inspect([exchange])).toEqual([]);
  return exchange;
}

async function readiness({ client }: Boundary): Promise<readonly [number, string | undefined]> {
  const answer = await client.call({ path: '/health/ready' });
  return [answer.status, codeOf(answer)];
}

describe.skipIf(!canMount())('a disk (skipped where mounting is refused)', () => {
  it('that is full: 503, nothing released, and back by itself when there is space', async () => {
    const disk = mountSmallDisk();
    const boundary = await startOn(disk.dataDir);
    const { client, audit } = boundary;
    await expectSigned(boundary);
    expect(await readiness(boundary)).toEqual([200, undefined]);

    disk.fill();
    const refused = await untilRefused(boundary);
    expect([refused.answer.status, codeOf(refused.answer)]).toEqual([503, 'ERR_STORE_UNAVAILABLE']);
    expect(refused.answer.json).not.toHaveProperty('signature');
    expect(refused.answer.headers).not.toHaveProperty('x-countersign-receipt');
    expect(await readiness(boundary)).toEqual([503, 'ERR_STORE_UNAVAILABLE']);
    const many = await Promise.all(Array.from({ length: 8 }, () => send(client, freshRequest())));
    expect(new Set(many.map(({ answer }) => codeOf(answer)))).toEqual(
      new Set(['ERR_STORE_UNAVAILABLE']),
    );
    expect(audit.inspect([refused, ...many])).toEqual([]);
    expect(many.some(({ request }) => audit.knows(request.bodySha256))).toBe(false);

    disk.free();
    // Nobody asks for a signature here: readiness finds out alone.
    await eventually('readiness', async () => (await readiness(boundary))[0] === 200);
    await expectSigned(boundary);
    expect(audit.inspectAll()).toEqual([]);
    expect(boundary.supervised.signerDeaths()).toBe(0);
  });

  it('that is full while the signer dies: its successor waits for space', async () => {
    const disk = mountSmallDisk();
    const boundary = await startOn(disk.dataDir);
    const { supervised, client, audit } = boundary;
    await expectSigned(boundary);
    disk.fill();
    await untilRefused(boundary);
    supervised.signal('signer', 'SIGKILL');
    await eventually('a death', () => supervised.signerDeaths() > 0);
    const refused = await send(client, freshRequest());
    expect(refused.answer.status).toBe(503);

    disk.free();
    await eventually('readiness', async () => (await readiness(boundary))[0] === 200);
    await expectSigned(boundary);
    expect(audit.inspectAll()).toEqual([]);
  });

  it('that can only be read after a crash: no start, 503, and back by itself', async () => {
    const disk = mountSmallDisk();
    const boundary = await startOn(disk.dataDir);
    const { supervised, client, audit } = boundary;
    await expectSigned(boundary);

    // While a signer has its files open the system refuses; so it has to happen between two of them.
    await eventually('a disk that can only be read', () => {
      supervised.signal('signer', 'SIGKILL');
      return disk.setReadOnly(true);
    });
    const deaths = supervised.signerDeaths();
    await eventually('more starts that fail', () => supervised.signerDeaths() > deaths + 1);
    const refused = await send(client, freshRequest());
    expect([refused.answer.status, codeOf(refused.answer)]).toEqual([
      503,
      'ERR_SIGNER_UNAVAILABLE',
    ]);
    expect(supervised.warnings().join('\n')).toMatch(/ERR_STORE_UNAVAILABLE.*free disk space/);

    expect(disk.setReadOnly(false)).toBe(true);
    await eventually('readiness', async () => (await readiness(boundary))[0] === 200);
    await expectSigned(boundary);
    expect(audit.inspectAll()).toEqual([]);
  });
});

/** Asks until the space that was left is used up, and returns the first refusal. */
async function untilRefused({ client, audit }: Boundary): Promise<Exchange> {
  for (;;) {
    const exchange = await send(client, freshRequest());
    if (exchange.answer.status !== 200) return exchange;
    expect(audit.inspect([exchange])).toEqual([]);
  }
}
