/**
 * Opening a shared store: who may, what is made, and what keeps it closed.
 *
 * @module
 */

import {
  findPostgres,
  type PostgresServer,
  runSql,
  startPostgresServer,
} from '@countersign/postgres-server';
import { isBoundaryError, Secret } from '@countersign/protocol';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  bytesOf,
  createTestClock,
  decisionOf,
  newDataDir,
  openTestLedger,
  TEST_SEAL,
} from '../../test/harness.ts';
import type { AwaitableLedger } from '../awaitable-ledger.ts';
import { openSharedLedger, type SharedLedgerOptions } from './open-shared-ledger.ts';

let server: PostgresServer;

async function open(
  url: string,
  changes: Partial<SharedLedgerOptions> = {},
): Promise<AwaitableLedger> {
  const ledger = await openSharedLedger({
    url: new Secret(url),
    dataDir: newDataDir(),
    clock: createTestClock(),
    seal: { ...TEST_SEAL, protection: 'passphrase' },
    ...changes,
  });
  onTestFinished(() => ledger.close());
  return ledger;
}

const failureOf = (running: Promise<unknown> | unknown): Promise<unknown> =>
  Promise.resolve(running).then(
    () => 'opened',
    (error: unknown) => (isBoundaryError(error) ? error.code : error),
  );

describe.skipIf(findPostgres() === undefined)('a shared store', () => {
  beforeAll(async () => {
    server = await startPostgresServer({ tls: true });
  });
  afterAll(() => server.stop());

  it('is made once by many who come at the same time, and is one log', async () => {
    const url = await server.createDatabase();
    const ledgers = await Promise.all(Array.from({ length: 6 }, () => open(url)));
    expect(new Set(ledgers.map((ledger) => ledger.verifierKey())).size).toBe(1);
    const committed = await Promise.all(ledgers.map((ledger) => ledger.commit([decisionOf('a')])));
    expect(committed.flat().filter(({ fresh }) => fresh)).toHaveLength(1);
    expect(new Set(committed.flat().map(({ index }) => index))).toEqual(
      new Set([0, 1, 2, 3, 4, 5]),
    );
  });

  it('is refused without a passphrase, and with another one', async () => {
    const url = await server.createDatabase();
    const bare = { ...TEST_SEAL, protection: 'none' } as const;
    expect(await failureOf(open(url, { seal: bare }))).toBe('ERR_CONFIG_INVALID');
    await open(url);
    const other: SharedLedgerOptions['seal'] = {
      protection: 'passphrase',
      seal: TEST_SEAL.seal,
      open: () => {
        throw new Error('wrong passphrase');
      },
    };
    expect(await failureOf(open(url, { seal: other }))).toBe('ERR_KEYSTORE_LOCKED');
  });

  it('holds its log key sealed', async () => {
    const url = await server.createDatabase();
    const seeds: Uint8Array[] = [];
    const seal: SharedLedgerOptions['seal'] = {
      ...TEST_SEAL,
      protection: 'passphrase',
      seal: (bytes) => {
        seeds.push(Uint8Array.from(bytes));
        return TEST_SEAL.seal(bytes);
      },
    };
    await open(url, { seal });
    const [row] = await runSql(url, 'SELECT * FROM countersign.identity');
    const kept = Buffer.from(row?.sealed_key as Uint8Array);
    expect(kept.equals(Buffer.from(TEST_SEAL.seal(seeds[0] ?? bytesOf(''))))).toBe(true);
    expect(kept.includes(Buffer.from(seeds[0] ?? []))).toBe(false);
  });

  it('is not used from a data directory with a ledger of its own', async () => {
    const url = await server.createDatabase();
    const dataDir = newDataDir();
    openTestLedger(dataDir).close();
    expect(await failureOf(open(url, { dataDir }))).toBe('ERR_CONFIG_INVALID');
  });

  it('has one signer for each data directory', async () => {
    const url = await server.createDatabase();
    const dataDir = newDataDir();
    await open(url, { dataDir });
    expect(await failureOf(open(url, { dataDir }))).toBe('ERR_STORE_IN_USE');
  });

  it('that a newer program took over is refused, at the start and by the next write', async () => {
    const url = await server.createDatabase();
    const ledger = await open(url);
    await runSql(url, 'UPDATE countersign.head SET schema_version = 99');
    expect(await failureOf(ledger.append([bytesOf('x')]))).toBe('ERR_STORE_NEWER');
    expect(await failureOf(open(url))).toBe('ERR_STORE_NEWER');
  });

  it('with a wrong password, or that is not there, is unavailable and says nothing of it', async () => {
    const url = await server.createDatabase();
    for (const wrong of [
      url.replace('correct', 'wrong'),
      url.replace(`:${server.port}/`, ':1/'),
      url.replace(/ledger_\d+$/, 'nothing'),
    ]) {
      try {
        await open(wrong);
        expect.unreachable();
      } catch (error) {
        expect(isBoundaryError(error) && error.code).toBe('ERR_STORE_UNAVAILABLE');
        expect(`${JSON.stringify(error)} ${String(error)}`).not.toMatch(/horse|127\.0\.0\.1/);
      }
    }
  });

  it('is reached over TLS only with a certificate that is trusted and its own', async () => {
    const url = await server.createDatabase();
    const caPem = server.caPem ?? '';
    const secure = `${url}?sslmode=verify-full`;
    expect(await failureOf(open(secure, { caPem }))).toBe('opened');
    expect(await failureOf(open(secure))).toBe('ERR_STORE_UNAVAILABLE');
    const misnamed = secure.replace('@127.0.0.1', '@127.0.0.2');
    expect(await failureOf(open(misnamed, { caPem }))).toBe('ERR_STORE_UNAVAILABLE');
  });
});

describe.skipIf(findPostgres() === undefined)('a store that was tampered with is refused', () => {
  let url: string;
  beforeAll(async () => {
    server = await startPostgresServer();
  });
  afterAll(() => server.stop());

  const cases: readonly (readonly [string, string, string])[] = [
    [
      'a head with another size',
      'UPDATE countersign.head SET size = size - 1',
      'ERR_STORE_CORRUPT',
    ],
    [
      'another right edge of the tree',
      'UPDATE countersign.head SET peaks = decode(repeat($$00$$, length(peaks)), $$hex$$)',
      'ERR_STORE_CORRUPT',
    ],
    [
      'a time put back',
      'UPDATE countersign.head SET high_water_ms = high_water_ms - 1',
      'ERR_STORE_CORRUPT',
    ],
    ['no head', 'DELETE FROM countersign.head', 'ERR_STORE_CORRUPT'],
    ['a table that is gone', 'DROP TABLE countersign.checkpoints', 'ERR_STORE_CORRUPT'],
  ];

  it.each(cases)('by the next write: %s', async (_name, sql, code) => {
    url = await server.createDatabase();
    const [one, other] = [await open(url), await open(url)];
    await one.append([bytesOf('a'), bytesOf('b'), bytesOf('c')]);
    await other.append([bytesOf('d')]);
    await runSql(url, sql);
    expect(await failureOf(one.append([bytesOf('e')]))).toBe(code);
  });

  const atStart: readonly (readonly [string, string])[] = [
    ['an entry that was altered', "UPDATE countersign.log_entries SET entry = 'x' WHERE idx = 1"],
    ['an entry that is gone', 'DELETE FROM countersign.log_entries WHERE idx = 2'],
    ['a node that is gone', 'DELETE FROM countersign.log_nodes WHERE idx = 0'],
    ['a nonce that is gone', 'DELETE FROM countersign.request_nonces'],
    ...cases.map(([name, sql]) => [name, sql] as const),
  ];

  it.each(atStart)('at the start: %s', async (_name, sql) => {
    url = await server.createDatabase();
    const ledger = await open(url);
    await ledger.commit([decisionOf('a'), decisionOf('b'), decisionOf('c')]);
    ledger.close();
    await runSql(url, sql);
    expect(await failureOf(open(url))).toBe('ERR_STORE_CORRUPT');
  });

  it('when it is older than what a signer saw in it, at the start and by the next write', async () => {
    url = await server.createDatabase();
    const dataDir = newDataDir();
    const ledger = await open(url, { dataDir });
    const bystander = await open(url);
    await ledger.append([bytesOf('a')]);
    await runSql(url, 'CREATE TABLE old AS SELECT * FROM countersign.head');
    await ledger.append([bytesOf('b')]);
    await runSql(
      url,
      'DELETE FROM countersign.head; INSERT INTO countersign.head SELECT * FROM old;' +
        ' DELETE FROM countersign.log_entries WHERE idx > 0;' +
        ' DELETE FROM countersign.log_nodes WHERE idx > 0;' +
        ' DELETE FROM countersign.checkpoints WHERE size > 1',
    );
    expect(await failureOf(ledger.append([bytesOf('c')]))).toBe('ERR_LOG_ROLLED_BACK');
    expect(await failureOf(bystander.append([bytesOf('c')]))).toBe('opened');
    ledger.close();
    expect(await failureOf(open(url, { dataDir }))).not.toBe('opened');
  });
});
