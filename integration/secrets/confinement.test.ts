/**
 * What the signer process cannot do, tried inside the running signer, permission model and all.
 *
 * @module
 */

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import {
  entryFile,
  OUTCOMES_FILE,
  type Outcome,
  startSupervised,
  TARGETS_FILE,
  type Targets,
} from '../../packages/testing/signer-entries/src/index.ts';
import { boundarySettings, CLIENT_ID, freshDataDir, SECRET } from '../crash/boundary-settings.ts';
import { freshRequest, send } from '../crash/exchange.ts';
import { beAPatientFile, eventually } from '../crash/patience.ts';
import { createWireClient } from '../wire/client/wire-client.ts';

beAPatientFile();

type Outcomes = Readonly<Record<string, Outcome>>;

const ATTEMPTS = fileURLToPath(
  new URL('../../packages/testing/signer-entries/src/attempts.ts', import.meta.url),
);
/** Compile cache of the signer, its own to write until it has started. */
const CACHE = fileURLToPath(
  new URL('../../node_modules/.cache/countersign/signer', import.meta.url),
);
const DENIED = 'ERR_ACCESS_DENIED';

/** Tried by a process that may do everything, these end like this; all others are done. */
const ANYWAY: Outcomes = { 'load an add-on': 'ERR_DLOPEN_FAILED' };
/** Inside the signer these end like this; all others are denied. */
const CONFINED: Outcomes = {
  // The permission model does not cover SQLite, and SECURITY.md says so; what it made stays behind.
  'open a database outside': 'done',
  'attach a database outside': 'done',
  'load an add-on': 'ERR_DLOPEN_DISABLED',
  'write inside': 'done',
  'open a database inside': 'done',
};

let listener: Server;
let outside: string;

beforeAll(async () => {
  outside = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-outside-')));
  listener = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 204 No Content\r\n\r\n');
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
});

afterAll(() => {
  listener.close();
  rmSync(outside, { recursive: true, force: true });
});

function targetsFor(inside: string, cacheDir: string): Targets {
  return {
    port: (listener.address() as AddressInfo).port,
    outside,
    inside,
    programFile: ATTEMPTS,
    programDir: dirname(ATTEMPTS),
    cacheDir,
  };
}

it('a process that may do everything does: the attempts are real', async () => {
  const targets = targetsFor(freshDataDir(), outside);
  const script = `
    import { tryEverything } from ${JSON.stringify(ATTEMPTS)};
    console.log(JSON.stringify(await tryEverything(${JSON.stringify(targets)})));
    process.exit();`;
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
  const outcomes = JSON.parse(stdout) as Outcomes;
  expect(outcomes).toEqual(expected(outcomes, 'done', ANYWAY));
  for (const file of readdirSync(outside)) rmSync(join(outside, file), { recursive: true });
});

it('the signer is denied all of it once it has started', async () => {
  const dataDir = freshDataDir();
  const supervised = await startSupervised({
    settings: boundarySettings({ dataDir }),
    entries: { signer: entryFile('confined-signer') },
  });
  const client = createWireClient({ url: supervised.url, secret: SECRET, clientId: CLIENT_ID });
  onTestFinished(async () => {
    client.close();
    await supervised.stop();
  });
  writeFileSync(join(dataDir, TARGETS_FILE), JSON.stringify(targetsFor(dataDir, CACHE)));
  const { answer } = await send(client, freshRequest());
  expect(answer.status).toBe(200);
  const file = join(dataDir, OUTCOMES_FILE);
  await eventually(
    'the outcomes',
    () => existsSync(file),
    () => supervised.output(),
  );
  const outcomes = JSON.parse(readFileSync(file, 'utf8')) as Outcomes;
  expect(outcomes).toEqual(expected(outcomes, DENIED, CONFINED));
  expect(readdirSync(outside)).toEqual(['attached.db', 'attempt.db']);
});

/** One outcome for all names, except for some. */
function expected(outcomes: Outcomes, usual: Outcome, others: Outcomes): Outcomes {
  const names = Object.keys(outcomes);
  expect(names.length).toBeGreaterThan(25);
  return Object.fromEntries(names.map((name) => [name, others[name] ?? usual]));
}
