/**
 * Deaths of the edge and of the supervisor, and of everything at once: whoever is left ends too, and a
 * new start on the same data directory and port works at once.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@countersign/testing-keyring-process';
import { expect, it, onTestFinished } from 'vitest';
import {
  launchSupervised,
  type Supervised,
  type SupervisedOptions,
  startSupervised,
} from '../../packages/testing/signer-entries/src/index.ts';
import { createWireClient, type WireClient } from '../wire/client/wire-client.ts';
import { boundarySettings, CLIENT_ID, freshDataDir, SECRET } from './boundary-settings.ts';
import { codeOf, type Exchange, freshRequest, type Request, send } from './exchange.ts';
import { isAlive } from './is-alive.ts';
import { LedgerAudit } from './ledger-audit.ts';
import { beAPatientFile, eventually } from './patience.ts';

beAPatientFile();

const CLIENTS = 8;

async function options(): Promise<SupervisedOptions & { readonly dataDir: string }> {
  const dataDir = freshDataDir();
  return { dataDir, settings: boundarySettings({ dataDir, edge: { port: await freePort() } }) };
}

function clientOf({ url }: Supervised): WireClient {
  const client = createWireClient({ url, secret: SECRET, clientId: CLIENT_ID });
  onTestFinished(() => client.close());
  return client;
}

/** Asks until the server is gone. @returns What was answered, and what was asked in vain. */
async function askUntilGone(
  client: WireClient,
): Promise<{ readonly answered: readonly Exchange[]; readonly open: readonly Request[] }> {
  const answered: Exchange[] = [];
  const open: Request[] = [];
  async function ask(): Promise<void> {
    for (;;) {
      const request = freshRequest();
      try {
        answered.push(await send(client, request));
      } catch {
        open.push(request);
        return;
      }
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, ask));
  return { answered, open };
}

/** Asserts that a new start knows everything the last one answered, and takes nothing twice. */
async function expectContinuity(
  start: SupervisedOptions & { readonly dataDir: string },
  { answered, open }: Awaited<ReturnType<typeof askUntilGone>>,
): Promise<void> {
  const successor = await startSupervised(start);
  const client = clientOf(successor);
  const audit = new LedgerAudit(start.dataDir);
  expect(audit.inspect(answered)).toEqual([]);
  for (const request of [
    ...open,
    ...answered.slice(-CLIENTS).map((exchange) => exchange.request),
  ]) {
    const { answer } = await send(client, request);
    expect([answer.status, codeOf(answer)]).toEqual(
      audit.knows(request.bodySha256) ? [401, 'ERR_REQUEST_NONCE_USED'] : [200, undefined],
    );
  }
  const { answer } = await send(client, freshRequest());
  expect(answer.status).toBe(200);
  expect(await successor.stop()).toBe(0);
  expect(audit.inspectAll()).toEqual([]);
}

it.each([0, 40, 150])('goes on after the edge was killed %i ms into its work', async (afterMs) => {
  const start = await options();
  const supervised = await startSupervised(start);
  const { signer } = supervised.pids();
  const load = askUntilGone(clientOf(supervised));
  await sleep(afterMs);
  supervised.signal('edge', 'SIGKILL');
  expect(await supervised.ended).toBe(1);
  expect(isAlive(signer)).toBe(false);
  expect(supervised.warnings()).toEqual(['edge ended (SIGKILL); stopping the signer']);
  await expectContinuity(start, await load);
});

it.each([0, 40, 150])(
  'goes on after the supervisor was killed %i ms into its work',
  async (afterMs) => {
    const start = await options();
    const supervised = await startSupervised(start);
    const { edge, signer } = supervised.pids();
    const load = askUntilGone(clientOf(supervised));
    await sleep(afterMs);
    await supervised.kill();
    const successor = expectContinuity(start, await load);
    await eventually('both children ended', () => !isAlive(edge) && !isAlive(signer));
    await successor;
  },
);

it('goes on after all three were killed at once', async () => {
  const start = await options();
  const supervised = await startSupervised(start);
  const load = askUntilGone(clientOf(supervised));
  await sleep(60);
  supervised.signal('signer', 'SIGKILL');
  supervised.signal('edge', 'SIGKILL');
  await supervised.kill();
  await expectContinuity(start, await load);
});

it('completes a first start that was cut short', async () => {
  const start = await options();
  for (const afterMs of [100, 250, 400, 550, 700]) {
    const { child, up } = launchSupervised(start);
    const started = up.catch(() => undefined);
    await sleep(afterMs);
    await child.kill();
    await started;
  }
  await expectContinuity(start, { answered: [], open: [] });
});
