/**
 * Three boundaries on one database: one cap, one log, one freeze; deaths and broken networks.
 *
 * The short run is for every commit. `COUNTERSIGN_LONG_TESTS=1` asks more and longer.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { type PostgresServer, runSql, startPostgresServer } from '@countersign/postgres-server';
import { type Boundary, eventually, runCountersign } from '@countersign/testing-keyring-process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { beAPatientFile } from '../crash/patience.ts';
import { freeze } from '../freeze/operator.ts';
import { payment } from '../policy/payments.ts';
import { freshNonce } from '../wire/client/wire-client.ts';
import { type PoolLoad, type PoolLoadOptions, signed, startPoolLoad, total } from './pool-load.ts';
import {
  environment,
  OPERATOR,
  type Replicas,
  startReplicas,
  writeSpareConfiguration,
} from './replicas.ts';
import { faultsOf, provenIndex, unlogged } from './store-audit.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { describeWithPostgres } from './when-postgres.ts';

beAPatientFile();

const IS_LONG = process.env.COUNTERSIGN_LONG_TESTS === '1';
const WORKERS = 64;
const AMOUNT = 7n;
const CAP = IS_LONG ? 7_003n : 1_403n;
/** More than any test here could spend. */
const PLENTY = 1_000_000_000n;
const LOAD_MS = IS_LONG ? 30_000 : 1_500;

let server: PostgresServer;
let proxies: readonly TcpProxy[];
let replicas: Replicas;
let url: string;

describeWithPostgres('three boundaries on one database', () => {
  beforeAll(async () => {
    server = await startPostgresServer({ durable: true });
    url = await server.createDatabase();
    proxies = await Promise.all([1, 2, 3].map(() => startTcpProxy(server.port)));
    const urls = proxies.map((proxy) => proxy.through(url));
    replicas = await startReplicas({ urls, caps: { pool: PLENTY, capped: CAP } });
  });
  afterAll(async () => {
    await replicas.stop();
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await server.stop();
  });

  it('say what is in force', () => {
    for (const { stderr } of replicas.all) {
      expect(stderr()).toMatch(/store\s+shared \(Postgres\)/);
      expect(stderr()).toMatch(/network\s+open, for the shared store/);
      expect(stderr()).not.toContain('correct');
    }
  });

  it('spend from one cap to the last unit, each request once', async () => {
    const load = startLoad({ workers: WORKERS, keyId: 'capped' });
    await eventually(
      'the cap is reached',
      () => refusedBy(load, 'ERR_POLICY_LIMIT_EXCEEDED') > 192,
    );
    await load.stop();
    const spent = total(load.spent);
    expect(spent <= CAP && spent > CAP - AMOUNT).toBe(true);
    expect(load.lost()).toBe(0);
    const codes = new Set(load.spent.map(({ answer }) => codeOf(answer)));
    expect(codes).toEqual(new Set([undefined, 'ERR_POLICY_LIMIT_EXCEEDED']));
    await expectSound(load);
  });

  it('sign a request that reaches all of them once', async () => {
    for (let round = 0; round < (IS_LONG ? 200 : 20); round += 1) {
      const body = JSON.stringify(payment(AMOUNT));
      const call = { nonce: freshNonce(), timestamp: String(Date.now()) };
      const copies = [...replicas.clients, ...replicas.clients];
      const answers = await Promise.all(copies.map((client) => client.sign(body, call)));
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
        ...[200, 401, 401, 401, 401, 401],
      ]);
    }
    expect(await faultsOf(url)).toEqual([]);
  });

  it('answer for one log: a receipt from any of them verifies with the key of any other', async () => {
    const keys = replicas.all.map((one) => verifierKeyOf(one));
    expect(new Set(keys).size).toBe(1);
    for (const client of replicas.clients) {
      const answer = await client.sign(payment(AMOUNT));
      const id = String(answer.headers['x-countersign-receipt']);
      for (const other of replicas.clients) {
        const receipt = await other.call({ path: `/v1/receipts/${id}` });
        expect(receipt.status).toBe(200);
        const index = provenIndex(Buffer.from(receipt.text, 'utf8'), keys[0] ?? '');
        expect(id.startsWith(`${index}-`)).toBe(true);
      }
    }
  });

  it('release nothing once a freeze is acknowledged by one of them', async () => {
    for (let round = 0; round < (IS_LONG ? 60 : 6); round += 1) {
      const one = replicas.all[round % replicas.all.length];
      const load = startLoad({ workers: WORKERS });
      await eventually('signatures', () => signed(load.spent).length > WORKERS);
      const answer = await freeze(one?.url ?? '', OPERATOR, 'all');
      expect([answer.status, answer.code]).toEqual([200, undefined]);
      await eventually('refusals', () => refusedBy(load, 'ERR_FROZEN') > 2 * WORKERS);
      await load.stop();
      const late = signed(load.spent).filter(({ headAtMs }) => headAtMs > answer.headAtMs);
      expect(late).toEqual([]);
      await runSql(url, "DELETE FROM countersign.freezes WHERE scope = 'all'");
    }
  });

  it('can be looked into by their operator, beside them, with the usual commands', async () => {
    const one = first();
    const run = (...args: readonly string[]) =>
      runCountersign({
        args: [...args, '--config', one.configFile, '--json'],
        env: environment(url),
      });
    const checked = await run('ledger', 'check');
    expect([checked.status, JSON.parse(checked.stdout)]).toMatchObject([0, { ok: true }]);
    const key = await run('log', 'key');
    expect(JSON.parse(key.stdout).verifierKey).toBe(verifierKeyOf(one));
    expect((await run('ledger', 'export', 'copy.db')).status).toBe(2);
    expect((await run('log', 'tail', '--follow')).status).toBe(2);
  });

  it('freeze where no server answers, in the store itself', async () => {
    const file = await writeSpareConfiguration(first());
    const frozen = await runCountersign({
      args: ['freeze', '--account', '0xf', '--config', file, '--json'],
      env: environment(url),
    });
    expect([frozen.status, frozen.stderr]).toEqual([0, expect.stringContaining('frozen')]);
    for (const client of replicas.clients) {
      const answer = await client.sign(payment(AMOUNT, { accountAddress: '0xf' }));
      expect(codeOf(answer)).toBe('ERR_FROZEN');
    }
  });

  it('go on when signers are killed, within the cap', async () => {
    const load = startLoad({ workers: 16 });
    for (const one of replicas.all) {
      await sleep(LOAD_MS / 3);
      process.kill(one.children().signer ?? 0, 'SIGKILL');
    }
    await recovered();
    await load.stop();
    await expectSound(load);
  });

  it('go on when the store is killed and comes back', async () => {
    const load = startLoad({ workers: 16 });
    for (let round = 0; round < (IS_LONG ? 10 : 2); round += 1) {
      await sleep(LOAD_MS / 3);
      await server.kill();
      const from = load.spent.length;
      await eventually('refusals', () => load.spent.length > from + 16);
      await server.restart();
      await recovered();
    }
    await load.stop();
    expect(refusedBy(load, 'ERR_STORE_UNAVAILABLE')).toBeGreaterThan(0);
    await expectSound(load);
  });

  it('hold the cap over a network that stands still, breaks, and loses answers', async () => {
    const load = startLoad({ workers: 16, copies: 2 });
    for (let round = 0; round < (IS_LONG ? 20 : 1); round += 1) {
      for (const proxy of proxies) {
        proxy.loseNextCommit();
        await sleep(150);
        proxy.reset();
        await sleep(150);
        proxy.stall();
        await sleep(IS_LONG ? 6_000 : 700);
        proxy.flow();
      }
    }
    await recovered();
    await load.stop();
    await expectSound(load);
  });
});

function first(): Boundary {
  const [one] = replicas.all;
  if (one === undefined) throw new Error('no boundaries');
  return one;
}

function startLoad(options: Omit<PoolLoadOptions, 'clients' | 'amount'>): PoolLoad {
  return startPoolLoad({ clients: replicas.clients, amount: AMOUNT, ...options });
}

function codeOf({ headers }: PoolLoad['spent'][number]['answer']): string | undefined {
  return headers['x-countersign-code']?.toString();
}

function refusedBy(load: PoolLoad, code: string): number {
  return load.spent.filter(({ answer }) => codeOf(answer) === code).length;
}

/** Waits until every boundary signs again. */
async function recovered(): Promise<void> {
  for (const client of replicas.clients) {
    await eventually('another signature', async () => {
      const answer = await client.sign(payment(AMOUNT)).catch(() => undefined);
      return answer?.status === 200;
    });
  }
}

/** The log checks, the tables are what it says, and nothing was signed it does not allow. */
async function expectSound(load: PoolLoad): Promise<void> {
  expect(await faultsOf(url)).toEqual([]);
  expect(await unlogged(url, signed(load.spent))).toEqual([]);
  expect(signed(load.spent).length).toBeGreaterThan(0);
}

/** The log's public key, as it is printed at the start. */
function verifierKeyOf({ stderr }: Boundary): string {
  return /key (\S+\+[0-9a-f]{8}\+\S+)/.exec(stderr())?.[1] ?? '';
}
