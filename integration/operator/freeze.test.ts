/**
 * `countersign freeze`, `unfreeze`, `freezes`, `pending`, `approve` and `deny`, as people use them.
 *
 * @module
 */

import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Boundary, runCountersign } from '@countersign/testing-keyring-process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CarefulBoundary,
  execute,
  payment,
  STRANGER,
  startCarefulBoundary,
} from '../approvals/careful-boundary.ts';
import { beAPatientFile } from '../crash/patience.ts';
import { ALICE, BOB, ENV, OPERATOR, type Person } from '../freeze/frozen-boundary.ts';
import { ETH } from '../wire/client/sign-request.ts';

beAPatientFile();

interface Ended {
  readonly status: number | null;
  readonly json: Readonly<Record<string, unknown>>;
  readonly stderr: string;
}

let world: CarefulBoundary;
let boundary: Boundary;
let directory: string;

beforeAll(async () => {
  world = await startCarefulBoundary();
  boundary = world.boundary;
  directory = boundary.configFile.replace(/\/[^/]+$/, '');
  for (const person of [ALICE, BOB]) writeKey(person, keyFile(person));
});
afterAll(() => world.stop());

const keyFile = ({ id }: Person): string => join(directory, `${id}.pem`);

function writeKey({ privateKey }: Person, file: string): void {
  writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
}

async function run(...args: readonly string[]): Promise<Ended> {
  const { status, stdout, stderr } = await runCountersign({ args: [...args, '--json'], env: ENV });
  return { status, json: stdout === '' ? {} : JSON.parse(stdout), stderr };
}

const configured = (...args: readonly string[]): Promise<Ended> =>
  run(...args, '--config', boundary.configFile);

const as = (person: Person, ...args: readonly string[]): Promise<Ended> =>
  configured(...args, '--key', keyFile(person));

describe('countersign freeze', () => {
  it('stops a scope, and says so', async () => {
    const { status, json, stderr } = await configured('freeze', '--account', '0x0F1');
    expect([status, json]).toEqual([
      0,
      {
        ok: true,
        scope: 'account:0xf1',
        since: expect.stringMatching(/^20/),
        receipt: expect.any(String),
      },
    ]);
    expect(stderr).toContain('frozen account:0xf1');
    const refused = await world.client.sign(payment(STRANGER, 1n, '0xf1'));
    expect(refused.headers['x-countersign-code']).toBe('ERR_FROZEN');
    const list = await configured('freezes');
    expect(list.json.freezes).toContainEqual({ scope: 'account:0xf1', since: json.since });
  });

  it('works with an address and a secret instead of the configuration', async () => {
    const place = ['--url', boundary.url, '--operator', OPERATOR.operatorId];
    const { status } = await run('freeze', '--account', '0xf2', ...place, '--secret-env', 'OPS');
    expect(status).toBe(0);
    const wrong = await run('freezes', ...place, '--secret-env', 'ALPHA');
    expect([wrong.status, wrong.json.code]).toEqual([4, 'ERR_AUTH_SIGNATURE_INVALID']);
  });

  it.each([
    [['freeze'], 2, '--all'],
    [['freeze', '--all', '--key', 'first'], 2, '--all'],
    [['freeze', '--account', 'x'], 2, '--account'],
    [['freeze', '--all', '--operator', 'nobody'], 2, '--secret-env'],
  ])('refuses %j', async (args, status, field) => {
    const ended = await configured(...args);
    expect([ended.status, ended.json.code, ended.json.details]).toEqual([
      status,
      'ERR_CONFIG_INVALID',
      expect.objectContaining({ field }),
    ]);
  });

  it.each([['--client'], ['--key']])('refuses a %s nobody knows', async (option) => {
    const ended = await configured('freeze', option, 'nobody');
    expect([ended.status, ended.json.code]).toEqual([2, 'ERR_REQUEST_INVALID']);
  });

  it('says when nobody answers and no configuration names a data directory', async () => {
    const place = ['--url', 'http://127.0.0.1:1', '--operator', 'ops', '--secret-env', 'OPS'];
    const ended = await run('freeze', '--all', ...place);
    expect([ended.status, ended.json.code]).toEqual([7, 'ERR_SIGNER_UNAVAILABLE']);
  });
});

describe('countersign unfreeze', () => {
  it('ends a freeze once it is approved', async () => {
    await configured('freeze', '--account', '0xf3');
    const asked = await configured('unfreeze', '--account', '0xf3');
    expect(asked.status).toBe(0);
    expect(asked.stderr).toContain('end the freeze of account:0xf3');
    const approved = await as(ALICE, 'approve', String(asked.json.intentId), '--yes');
    expect([approved.status, approved.json.status]).toEqual([0, 'executed']);
    const { freezes } = (await configured('freezes')).json;
    expect(JSON.stringify(freezes)).not.toContain('0xf3');
  });

  it('refuses what is not frozen', async () => {
    const ended = await configured('unfreeze', '--account', '0xf4');
    expect([ended.status, ended.json.code]).toEqual([2, 'ERR_REQUEST_INVALID']);
  });
});

async function prepare(amount = 15n * 10n ** 17n): Promise<string> {
  const answer = await world.client.sign(payment(STRANGER, amount));
  expect(answer.status).toBe(202);
  return String(answer.json.intentId);
}

describe('approvers', () => {
  it('see in words what would happen, and agree', async () => {
    const id = await prepare();
    const pending = await as(BOB, 'pending');
    expect(JSON.stringify(pending.json.intents)).toContain(id);
    const first = await as(ALICE, 'approve', id, '--yes');
    expect([first.status, first.json.status]).toEqual([0, 'pending']);
    const words = first.stderr;
    for (const part of [
      'client alpha',
      '0xacc0 on SN_SEPOLIA',
      `transfer of 1.5 ETH (1500000000000000000 base units of ${ETH}) to ${STRANGER}`,
      '2 of alice, bob (stranger)',
      '1 of alice (hourly)',
      'limit hourly: 1500000000000000000 does not fit, at most 1000000000000000000 may count',
      'nobody yet',
      id,
    ]) {
      expect(words).toContain(part);
    }
    const second = await as(BOB, 'approve', id, '--yes');
    expect([second.status, second.json.status]).toEqual([0, 'approved']);
    expect(second.stderr).toContain('alice approve');
    expect((await execute(world.client, id)).status).toBe(200);
  });

  it('deny', async () => {
    const id = await prepare();
    const { status, json } = await as(BOB, 'deny', id, '--yes');
    expect([status, json.status]).toEqual([0, 'denied']);
    const late = await as(ALICE, 'approve', id, '--yes');
    expect([late.status, late.json.code]).toEqual([3, 'ERR_INTENT_DENIED']);
  });

  it('are asked before anything is sent', async () => {
    const id = await prepare();
    const { status, json } = await as(ALICE, 'approve', id);
    expect([status, json.code]).toEqual([2, 'ERR_CONFIG_INVALID']);
    expect((await world.client.call({ path: `/v1/intents/${id}` })).json.answers).toEqual([]);
  });

  it.each([
    ['an id of another form', 'x', 2, 'ERR_INTENT_NOT_FOUND'],
    ['an id nobody gave', 'there-never-was-one00', 2, 'ERR_INTENT_NOT_FOUND'],
  ])('cannot answer %s', async (_name, id, status, code) => {
    const ended = await as(ALICE, 'approve', id, '--yes');
    expect([ended.status, ended.json.code]).toEqual([status, code]);
  });

  it('keep their key to themselves', async () => {
    const file = join(directory, 'open.pem');
    writeKey(ALICE, file);
    chmodSync(file, 0o644);
    const open = await configured('pending', '--key', file);
    expect([open.status, open.json.code]).toEqual([2, 'ERR_CONFIG_INVALID']);
    for (const output of [open.stderr, JSON.stringify(open.json)]) {
      expect(output).not.toContain('PRIVATE KEY');
    }
  });

  it('make a key of their own', async () => {
    const file = join(directory, 'carol.pem');
    const made = await run('approver-key', file);
    expect([made.status, made.json.publicKey]).toEqual([0, expect.stringMatching(/^MCowBQYDK2Vw/)]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toContain('BEGIN PRIVATE KEY');
    expect((await run('approver-key', file)).status).toBe(2);
    const unknown = await configured('pending', '--key', file);
    expect([unknown.status, unknown.json.details]).toEqual([
      2,
      expect.objectContaining({ field: '--approver' }),
    ]);
    const stranger = await configured('pending', '--key', file, '--approver', 'alice');
    expect([stranger.status, stranger.json.code]).toEqual([4, 'ERR_APPROVAL_INVALID']);
  });
});

describe('without a server', () => {
  it('freezes in the data directory, and stays frozen', async () => {
    await boundary.kill();
    const frozen = await configured('freeze', '--client', 'alpha');
    expect([frozen.status, frozen.json.scope]).toEqual([0, 'client:alpha']);
    expect(frozen.stderr).toContain('working in the ledger itself');
    const list = await configured('freezes');
    expect(list.json.freezes).toContainEqual({ scope: 'client:alpha', since: frozen.json.since });
    const wrong = await configured('freeze', '--client', 'nobody');
    expect([wrong.status, wrong.json.code]).toEqual([2, 'ERR_CONFIG_INVALID']);
    const unfreeze = await configured('unfreeze', '--client', 'alpha');
    expect([unfreeze.status, unfreeze.json.code]).toEqual([7, 'ERR_SIGNER_UNAVAILABLE']);
    const checked = await run('log', 'check', '--data-dir', boundary.dataDir);
    expect(checked.status).toBe(0);
  });
});
