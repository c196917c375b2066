/**
 * `countersign policy`, as an operator uses it: statuses, JSON and nothing else on standard output,
 * words on standard error.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCountersign, temporaryDirectory } from '@countersign/testing-keyring-process';
import { beforeAll, describe, expect, it } from 'vitest';
import { beAPatientFile } from '../crash/patience.ts';

beAPatientFile();

const EXAMPLES = join(import.meta.dirname, '../../examples/policies');
const RENT = join(EXAMPLES, 'rent.yaml');
const STRK = '0x04718f5a0fc34cc1af16a1cdee98ffb20c31f5cd61d6ab07201858f4287c938d';
const NOON = ['--at', '2026-12-01T12:00:00Z'];

type Json = Readonly<Record<string, unknown>>;

let directory: string;

beforeAll(() => {
  directory = temporaryDirectory();
});

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const policy = (...args: readonly string[]): Promise<Ran> =>
  runCountersign({ args: ['policy', ...args], cwd: directory });

async function json(...args: readonly string[]): Promise<{ status: number | null; value: Json }> {
  const { status, stdout } = await policy(...args, '--json');
  expect(stdout.trim().split('\n')).toHaveLength(1);
  return { status, value: JSON.parse(stdout) };
}

function write(name: string, value: unknown): string {
  const file = join(directory, name);
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
}

/** The rent policy with its text changed. */
function rentWith(name: string, from: string, to: string): string {
  const text = readFileSync(RENT, 'utf8');
  expect(text).toContain(from);
  return write(name, text.replace(from, to));
}

const ask = (recipient: string, changes: object = {}): object => ({
  accountAddress: '0xacc0',
  chainId: '0x534e5f5345504f4c4941',
  nonce: '0x1',
  validUntil: Date.parse('2026-12-01T12:05:00Z') / 1000,
  calls: [{ contractAddress: STRK, entrypoint: 'transfer', calldata: [recipient, '5', '0'] }],
  ...changes,
});

describe('policy check', () => {
  it('says what a policy is', async () => {
    const { status, value } = await json('check', RENT);
    expect(status).toBe(0);
    expect(value).toMatchObject({
      ok: true,
      name: 'rent',
      profile: 'strict',
      documentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      rules: [{ name: 'pay the landlord' }, { name: 'not in the night', action: 'DENY' }],
      limits: [{ name: 'one payment' }, { name: 'monthly' }, { name: 'pace' }],
      governedTokens: [`0x${BigInt(STRK).toString(16)}`],
    });
    const { stdout, stderr } = await policy('check', RENT);
    expect(stdout).toBe('');
    expect(stderr).toContain('amount of STRK per window, 2592000 s sliding, each key apart');
  });

  it('names every problem on a line of its own, with the nearest word', async () => {
    const text = readFileSync(RENT, 'utf8')
      .replace('ALLOW', 'ALOW')
      .replace('operator: lt', 'operator: lx');
    const { status, stdout, stderr } = await policy('check', write('bad.yaml', text));
    expect([status, stdout]).toEqual([2, '']);
    const lines = stderr.split('\n').filter((line) => line.startsWith('    '));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^ {4}rules\[0\]\.action: found "ALOW", .*did you mean "ALLOW"\?$/);
    expect(lines[1]).toContain('rules[1].conditions[0].operator');
    expect(stderr).toContain('next: ');
  });

  it.each([
    [['check', 'missing.yaml'], 2],
    [['check', RENT, '--profile', 'loose'], 2],
    [['check'], 2],
    [['chekc', RENT], 2],
  ])('%j ends with %i', async (args, status) => {
    expect((await policy(...args)).status).toBe(status);
  });
});

describe('policy test', () => {
  it('finds every case of the example as it says', async () => {
    const { status, stdout, stderr } = await policy('test', RENT);
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/^ok pays the landlord: allow by "pay the landlord"$/m);
    expect(stderr).toMatch(/^1[0-9] cases, all as expected$/m);
  });

  it('ends with 3 when a case turns out otherwise, and says how', async () => {
    const cases = readFileSync(join(EXAMPLES, 'rent.cases.yaml'), 'utf8');
    const file = write('turned.yaml', cases.replace('expect: allow', 'expect: deny'));
    const { status, value } = await json('test', RENT, '--cases', file);
    expect(status).toBe(3);
    expect(value).toMatchObject({ ok: false, failed: 1 });
    expect((value.cases as readonly Json[])[0]).toEqual({
      name: 'pays the landlord',
      ok: false,
      expected: { outcome: 'deny', rule: 'pay the landlord' },
      observed: { outcome: 'allow', rules: ['pay the landlord'] },
    });
    const { stderr } = await policy('test', RENT, '--cases', file);
    expect(stderr).toContain(
      'x  pays the landlord: expected deny by "pay the landlord", found allow',
    );
  });

  it('refuses cases that cannot be read, line by line', async () => {
    const file = write('cases.yaml', { version: 1, cases: [{ name: 'x', expect: 'alow' }] });
    const { status, stderr } = await policy('test', RENT, '--cases', file);
    expect(status).toBe(2);
    expect(stderr).toContain('cases[0].expect: found "alow"');
  });
});

describe('policy explain', () => {
  it('shows the tree of what is allowed and of what is denied', async () => {
    const mine = write('ask.json', JSON.stringify(ask('0x0658f8d2f3f6')));
    const allowed = await policy('explain', RENT, '--request', mine, ...NOON);
    expect([allowed.status, allowed.stdout]).toEqual([0, '']);
    expect(allowed.stderr).toMatch(/^allowed by "pay the landlord"$/m);
    const theirs = write('bad-ask.json', JSON.stringify(ask('0xbad')));
    const { status, value } = await json('explain', RENT, '--request', theirs, ...NOON);
    expect(status).toBe(0);
    expect(value).toMatchObject({
      ok: true,
      outcome: 'deny',
      code: 'ERR_POLICY_NO_RULE',
      rule: 'policy.no-rule',
      fixedRules: [],
      lines: expect.arrayContaining([expect.stringContaining('transfer.recipient')]),
    });
  });

  it('shows the fixed rules first with everything a configuration says', async () => {
    const config = write('countersign.yaml', {
      version: 1,
      dataDir: 'data',
      clients: [{ id: 'tenant', secrets: [{ env: 'NOT_SET' }], keys: 'all', accounts: 'all' }],
      keys: [{ id: 'home', policy: 'rent' }],
      policies: [{ id: 'rent', file: RENT }],
      policy: { chains: ['SN_SEPOLIA'] },
    });
    const mine = write('ask.json', JSON.stringify(ask('0x0658f8d2f3f6')));
    const by = ['explain', '--config', config, '--request', mine];
    const allowed = await policy(...by, ...NOON);
    expect(allowed.stderr.split('\n').slice(0, 3)).toEqual([
      'allowed by "pay the landlord"',
      '  fixed rules',
      '    validity.expired: holds',
    ]);
    const late = await json(...by, '--at', '2026-12-02T12:00:00Z');
    expect(late.value).toMatchObject({ outcome: 'deny', rule: 'validity.expired' });
    const stranger = await json(...by, ...NOON, '--client', 'stranger');
    expect(stranger.value).toMatchObject({ outcome: 'deny', rule: 'client.key' });
    const key = await json(...by, ...NOON, '--key', 'none');
    expect(key.value).toMatchObject({ outcome: 'deny', code: 'ERR_POLICY_KEY_UNKNOWN' });
  });

  it.each([
    [['explain', '--request', 'ask.json']],
    [['explain', RENT, '--config', 'countersign.yaml', '--request', 'ask.json']],
    [['explain', RENT, '--request', 'missing.json']],
    [['explain', RENT, '--request', 'ask.json', '--at', 'noon']],
    [['explain', RENT]],
  ])('%j is wrong use', async (args) => {
    const { status, stdout } = await policy(...args);
    expect([status, stdout]).toEqual([2, '']);
  });
});

describe('policy diff', () => {
  it('says what changed, and fails on widening when asked to', async () => {
    const wider = rentWith('wider.yaml', 'max: "20"', 'max: "30"');
    const { status, value } = await json('diff', RENT, wider);
    expect([status, value.widening]).toEqual([0, 1]);
    expect(value.changes).toEqual([
      { subject: 'limit "pace"', text: 'at most 30 instead of 20', effect: 'widens' },
    ]);
    expect((await policy('diff', RENT, wider, '--fail-on-widening')).status).toBe(3);
    expect((await policy('diff', wider, RENT, '--fail-on-widening')).status).toBe(0);
    expect((await policy('diff', RENT, RENT)).stderr).toBe('ok no difference\n');
  });

  it('fails on what may widen, too', async () => {
    const unclear = rentWith('unclear.yaml', 'value: "0x0658f8d2f3f6"', 'value: "0x0123"');
    expect((await policy('diff', RENT, unclear, '--fail-on-widening')).status).toBe(3);
  });
});

describe('policy compile', () => {
  it('says who enforces what, and what to grant', async () => {
    const { status, value } = await json('compile', RENT);
    expect([status, value.unenforced]).toEqual([0, 0]);
    expect(value.grant).toEqual({
      entrypoints: [
        {
          name: 'transfer',
          selector: '0x83afd3f4caedc6eebf44246fe54e38c95e3179a5ec9ea81740eca5b482d12e',
        },
      ],
      spendingPolicies: [],
    });
    expect((value.clauses as readonly Json[]).map(({ enforcedBy }) => enforcedBy)).not.toContain(
      'nobody',
    );
  });

  it('ends with 3 when nobody enforces a clause, unless that is acknowledged', async () => {
    const fee = rentWith(
      'fee.yaml',
      'field_source: system\n        field: utc_hour',
      'field_source: starknet_transaction\n        field: max_fee',
    );
    expect((await policy('compile', fee)).status).toBe(3);
    expect((await policy('compile', fee, '--acknowledge')).status).toBe(0);
  });
});

describe('policy replay', () => {
  it.each([
    [['replay', RENT], 2],
    [['replay', RENT, '--data-dir', 'empty'], 2],
    [['replay', RENT, '--data-dir', 'empty', '--from', 'x'], 2],
  ])('%j ends with %i', async (args, status) => {
    expect((await policy(...args)).status).toBe(status);
  });
});

it.each(['check', 'test', 'explain', 'replay', 'diff', 'compile'])(
  'policy %s --help has an example',
  async (name) => {
    const { status, stdout } = await policy(name, '--help');
    expect(status).toBe(0);
    expect(stdout).toContain(`$ countersign policy ${name}`);
  },
);
