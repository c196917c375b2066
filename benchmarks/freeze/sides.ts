/**
 * The two sides as running processes, and how each is frozen.
 *
 * @module
 */

import { createHash, createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { keyringSettings } from '../../packages/operator/cli/src/keyring/keyring-settings.ts';
import { processEntries } from '../../packages/operator/cli/src/serve.ts';
import {
  entryFile,
  POLLED_FLAG_FILE,
  POLLED_FLAG_MS,
} from '../../packages/testing/signer-entries/src/index.ts';
import { type Settings, startSupervisor } from '../../packages/trusted/supervisor/src/index.ts';
import { CLIENT_SECRET, PRIVATE_KEY } from '../keyring/requests.ts';

export interface FreezeSide {
  readonly port: number;
  /** CPU time of edge and signer so far, milliseconds. */
  cpuMs(): number;
  /** Sends the command to stop signing for an account; resolves when it has been taken. */
  freeze(account: string): Promise<void>;
  /** Lets the next round begin. */
  unfreeze(): Promise<void>;
  stop(): Promise<void>;
}

const OPERATOR = { operatorId: 'ops', secret: 'benchmark-operator-0123456789' };
// Linux counts process times in ticks of 10 ms.
const TICK_MS = 10;

/** Ours: another account each round, so that nobody has to be asked to unfreeze. */
export async function startOurs(): Promise<FreezeSide> {
  const { port, ...side } = await start({ signer: processEntries().signer });
  return {
    ...side,
    port,
    freeze: (account) => postFreeze(port, `account:${account}`),
    unfreeze: async () => undefined,
  };
}

/** The peer: the same boundary, stopped by a file. */
export async function startPeer(): Promise<FreezeSide> {
  const { dataDir, ...side } = await start({ signer: entryFile('polled-flag-signer') });
  const flag = path.join(dataDir, POLLED_FLAG_FILE);
  return {
    ...side,
    freeze: async () => writeFileSync(flag, ''),
    unfreeze: async () => {
      rmSync(flag);
      // Two looks later it has noticed for sure.
      await new Promise((resolve) => setTimeout(resolve, 2 * POLLED_FLAG_MS + 20));
    },
  };
}

async function start({
  signer,
}: {
  readonly signer: string;
}): Promise<Pick<FreezeSide, 'port' | 'cpuMs' | 'stop'> & { readonly dataDir: string }> {
  const dataDir = realpathSync(mkdtempSync(path.join(tmpdir(), 'countersign-bench-')));
  const supervisor = startSupervisor({
    settings: settingsFor(dataDir),
    entries: { ...processEntries(), signer },
    eventLog: 'ignore',
    report: { inForce: () => undefined, warning: (text) => process.stderr.write(`${text}\n`) },
  });
  const { address = '' } = await supervisor.ready;
  const { edge = 0, signer: signerPid = 0 } = supervisor.pids;
  return {
    dataDir,
    port: Number(new URL(address).port),
    cpuMs: () => cpuMsOf(edge) + cpuMsOf(signerPid),
    async stop() {
      supervisor.stop();
      await supervisor.ended;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function settingsFor(dataDir: string): Settings {
  const env = { KEYRING_HMAC_SECRET: CLIENT_SECRET, SESSION_PRIVATE_KEY: PRIVATE_KEY };
  const { settings } = keyringSettings(env, {
    dataDir,
    profile: 'superset',
    messageKinds: ['invoke-v2'],
    hashBackend: 'wasm',
  });
  const operators = [{ operatorId: OPERATOR.operatorId, secrets: [OPERATOR.secret] }];
  return {
    signer: { ...settings.signer, operators },
    edge: { ...settings.edge, port: 0, operators },
  };
}

/** The command, from the contract alone; a connection of its own, as a command would have. */
function postFreeze(port: number, scope: string): Promise<void> {
  const body = JSON.stringify({ scope });
  const timestamp = String(Date.now());
  const nonce = randomBytes(16).toString('hex');
  const digest = createHash('sha256').update(body).digest('hex');
  const canonical = `${timestamp}.${nonce}.POST./v1/freeze.${digest}`;
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'x-countersign-operator': OPERATOR.operatorId,
    'x-keyring-timestamp': timestamp,
    'x-keyring-nonce': nonce,
    'x-keyring-signature': createHmac('sha256', OPERATOR.secret).update(canonical).digest('hex'),
  };
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method: 'POST', path: '/v1/freeze', headers };
    const sent = request({ ...options, agent: false }, (response) => {
      response.resume();
      response.on('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`the freeze was answered ${response.statusCode}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** User and system time from /proc, which no sampling can miss. */
function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
