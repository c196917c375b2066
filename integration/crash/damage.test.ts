/**
 * Data directories that are not what the signer left behind: it refuses to start, says why, and signs
 * nothing.
 *
 * @module
 */

import {
  chmodSync,
  cpSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ErrorCode } from '@countersign/protocol';
import { freePort, runCountersign, startKeyring } from '@countersign/testing-keyring-process';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startSupervised } from '../../packages/testing/signer-entries/src/index.ts';
import { createWireClient } from '../wire/client/wire-client.ts';
import {
  boundarySettings,
  CLIENT_ID,
  freshDataDir,
  LOCAL_KEY,
  makeDataDir,
  SECRET,
} from './boundary-settings.ts';
import { freshRequest, send } from './exchange.ts';
import { startLoneSigner } from './lone-signer.ts';
import { beAPatientFile, eventually } from './patience.ts';

beAPatientFile();

const REQUESTS = 12;
const PAGE_BYTES = 4_096;

/** Data directories of one signer at three times, to damage copies of. */
const ORIGINALS = ['older', 'stopped', 'killed'] as const;
type Original = (typeof ORIGINALS)[number];

const places = {
  /** Stopped in good order, some requests before the next. */
  older: makeDataDir(),
  /** Stopped in good order. */
  stopped: makeDataDir(),
  /** Killed later: its newest commits are in the write-ahead log. */
  killed: makeDataDir(),
};
/** Hash of a message all but the oldest have signed, without prefix. */
let loggedHash = '';

beforeAll(async () => {
  await work(places.older.dataDir, 'SIGTERM');
  cpSync(places.older.dataDir, places.stopped.dataDir, { recursive: true });
  loggedHash = await work(places.stopped.dataDir, 'SIGTERM');
  cpSync(places.stopped.dataDir, places.killed.dataDir, { recursive: true });
  await work(places.killed.dataDir, 'SIGKILL');
});

afterAll(() => {
  for (const original of ORIGINALS) places[original].remove();
});

/** Serves some requests. @returns The hash of the last message. */
async function work(dataDir: string, end: 'SIGTERM' | 'SIGKILL'): Promise<string> {
  const supervised = await startSupervised({
    settings: boundarySettings({ dataDir }),
    // Whoever is killed here stays dead.
    restart: { firstMs: 600_000, longestMs: 600_000 },
  });
  const client = createWireClient({ url: supervised.url, secret: SECRET, clientId: CLIENT_ID });
  let messageHash = '';
  for (let i = 0; i < REQUESTS; i += 1) {
    const { answer } = await send(client, freshRequest());
    messageHash = String(answer.json.messageHash);
  }
  client.close();
  if (end === 'SIGKILL') {
    supervised.signal('signer', 'SIGKILL');
    await eventually('a death', () => supervised.signerDeaths() === 1);
  }
  await supervised.stop();
  return messageHash.slice(2);
}

function copyOf(original: Original): string {
  const dataDir = freshDataDir();
  cpSync(places[original].dataDir, dataDir, { recursive: true });
  return dataDir;
}

type Damage = (dataDir: string) => void;

const database = (dataDir: string): string => join(dataDir, 'ledger.db');
const writeAheadLog = (dataDir: string): string => join(dataDir, 'ledger.db-wal');

/** Overwrites part of a file; a negative position counts from its end. */
function overwrite(file: string, position: number, bytes: Uint8Array): void {
  const content = readFileSync(file);
  content.set(bytes, position < 0 ? content.length + position : position);
  writeFileSync(file, content);
}

/** Flips one bit of the text in a file, wherever it stands. */
function flipIn(file: string, text: string): void {
  const content = readFileSync(file);
  const places = [...content.toString('latin1').matchAll(new RegExp(text, 'g'))];
  expect(places.length).toBeGreaterThan(0);
  for (const { index } of places) content[index] = (content[index] ?? 0) ^ 1;
  writeFileSync(file, content);
}

const noise = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 167 + 13) & 0xff);

const CASES: readonly (readonly [string, Original, Damage, ErrorCode, RegExp])[] = [
  [
    'a database of noise',
    'stopped',
    (dir) => writeFileSync(database(dir), noise(65_536)),
    'ERR_STORE_CORRUPT',
    /not a database/,
  ],
  [
    'an empty database',
    'stopped',
    (dir) => truncateSync(database(dir)),
    'ERR_STORE_CORRUPT',
    /not a ledger/,
  ],
  [
    'half a database',
    'stopped',
    (dir) => truncateSync(database(dir), statSync(database(dir)).size >> 1),
    'ERR_STORE_CORRUPT',
    /./,
  ],
  [
    'noise in the last page',
    'stopped',
    (dir) => overwrite(database(dir), -PAGE_BYTES, noise(PAGE_BYTES)),
    'ERR_STORE_CORRUPT',
    /./,
  ],
  [
    'a flipped bit in an entry',
    'stopped',
    (dir) => flipIn(database(dir), loggedHash),
    'ERR_STORE_CORRUPT',
    /does not match its hash/,
  ],
  [
    'a flipped bit in a checkpoint',
    'stopped',
    (dir) => flipIn(database(dir), 'countersign.local/'),
    'ERR_STORE_CORRUPT',
    /./,
  ],
  [
    'noise in the first page',
    'stopped',
    (dir) => overwrite(database(dir), 100, noise(64)),
    'ERR_STORE_CORRUPT',
    /./,
  ],
  [
    'no database',
    'stopped',
    (dir) => rmSync(database(dir)),
    'ERR_LOG_ROLLED_BACK',
    /database is missing/,
  ],
  [
    'the database of an older backup',
    'stopped',
    (dir) => cpSync(database(places.older.dataDir), database(dir)),
    'ERR_LOG_ROLLED_BACK',
    /acknowledged/,
  ],
  [
    'half a write-ahead log',
    'killed',
    (dir) => truncateSync(writeAheadLog(dir), statSync(writeAheadLog(dir)).size >> 1),
    'ERR_LOG_ROLLED_BACK',
    /acknowledged/,
  ],
  [
    'noise in the write-ahead log',
    'killed',
    (dir) => overwrite(writeAheadLog(dir), statSync(writeAheadLog(dir)).size >> 1, noise(512)),
    'ERR_LOG_ROLLED_BACK',
    /acknowledged/,
  ],
  [
    'no write-ahead log',
    'killed',
    (dir) => rmSync(writeAheadLog(dir)),
    'ERR_LOG_ROLLED_BACK',
    /acknowledged/,
  ],
  [
    'noise for a checkpoint file',
    'stopped',
    (dir) => writeFileSync(join(dir, 'checkpoint'), noise(200)),
    'ERR_STORE_CORRUPT',
    /checkpoint/,
  ],
  [
    'the log key of another log',
    'stopped',
    (dir) => writeFileSync(join(dir, 'log-key.sealed'), noise(282)),
    'ERR_KEYSTORE_MALFORMED',
    /./,
  ],
];

describe('a signer', () => {
  it.each(ORIGINALS)('starts on the %s directory as it is', async (original) => {
    const dataDir = copyOf(original);
    const signer = startLoneSigner(boundarySettings({ dataDir }));
    expect(await signer.firstEvent).toMatchObject({ event: 'ready' });
    signer.kill();
    await signer.ended;
  });

  it.each(CASES)('does not start on %s', async (_, original, damage, code, reason) => {
    const dataDir = copyOf(original);
    damage(dataDir);
    const before = existsSync(database(dataDir)) ? readFileSync(database(dataDir)) : undefined;
    const signer = startLoneSigner(boundarySettings({ dataDir }));
    const event = await signer.firstEvent;
    expect(event).toMatchObject({ event: 'fatal', code, reload: false });
    expect(JSON.stringify(event)).toMatch(reason);
    expect(await signer.ended).toBe('status 1');
    const after = existsSync(database(dataDir)) ? readFileSync(database(dataDir)) : undefined;
    expect(after).toEqual(before);
  });
});

describe('countersign keyring', () => {
  const run = async (dataDir: string) =>
    runCountersign({
      args: ['keyring', '--data-dir', dataDir],
      env: {
        KEYRING_HMAC_SECRET: SECRET,
        SESSION_PRIVATE_KEY: LOCAL_KEY.privateKey,
        PORT: String(await freePort()),
      },
    });

  it('says what is wrong with a damaged directory and what to do, and fails', async () => {
    const dataDir = copyOf('stopped');
    flipIn(database(dataDir), loggedHash);
    const { status, stderr } = await run(dataDir);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /the ledger is damaged \(ERR_STORE_CORRUPT; .*restore the newest backup/,
    );
    expect(stderr).not.toContain('ready http');
  });

  it('refuses a directory that others can enter, and says how to close it', async () => {
    const dataDir = copyOf('stopped');
    chmodSync(dataDir, 0o755);
    const { status, stderr } = await run(dataDir);
    expect(status).toBe(1);
    expect(stderr).toMatch(/ERR_KEYSTORE_PERMISSIONS.*chmod 700/);
    expect(stderr).not.toContain('ready http');
  });

  it('refuses a directory that another one uses, which goes on undisturbed', async () => {
    const dataDir = copyOf('stopped');
    const first = await startKeyring({
      dataDir,
      env: { KEYRING_HMAC_SECRET: SECRET, SESSION_PRIVATE_KEY: LOCAL_KEY.privateKey },
    });
    onTestFinished(async () => void (await first.stop()));
    const { status, stderr } = await run(dataDir);
    expect(status).toBe(1);
    expect(stderr).toMatch(/another signer uses this data directory \(ERR_STORE_IN_USE/);
    const client = createWireClient({ url: first.url, secret: SECRET });
    onTestFinished(() => client.close());
    const { answer } = await send(client, freshRequest());
    expect(answer.status).toBe(200);
    expect(readFileSync(join(dataDir, 'countersign.pid'), 'utf8').trim()).toBe(`${first.pid}`);
  });
});
