/**
 * Written policies against a real boundary over HTTP: what they deny and by which rule, what counts
 * against a cap, what a crash and many clients at once cannot change.
 *
 * `COUNTERSIGN_POLICY_ROUNDS` sets how often each of the many clients asks; 20 when left out.
 *
 * @module
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLedgerReader } from '@countersign/ledger';
import {
  eventually,
  runCountersign,
  temporaryDirectory,
} from '@countersign/testing-keyring-process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beAPatientFile } from '../crash/patience.ts';
import { type SignRequest, transferCall } from '../wire/client/sign-request.ts';
import { type Answer, freshNonce } from '../wire/client/wire-client.ts';
import { outcomeOf, payment, transfer } from './payments.ts';
import {
  CAP,
  LANDLORD,
  PER_CALL,
  type PolicyBoundary,
  poolPolicy,
  RENT,
  startPolicyBoundary,
  TOKEN,
} from './policy-boundary.ts';

beAPatientFile();

const ROUNDS = Number(process.env.COUNTERSIGN_POLICY_ROUNDS ?? '20');
const CLIENTS = 64;
const MOST = 97n;
/** About half of what the many clients ask for. */
const POOL = (BigInt(CLIENTS * ROUNDS) * MOST) / 4n;

let boundary: PolicyBoundary;

beforeAll(async () => {
  const many = Array.from({ length: CLIENTS }, (_, i) => `many${i}`);
  boundary = await startPolicyBoundary({
    policies: { rent: RENT, pool: poolPolicy(POOL), crowd: poolPolicy(1_000n) },
    clients: ['tenant', 'careful', 'repeating', 'crashing', 'second', ...many],
  });
});
afterAll(() => boundary.stop());

const pay = (client: string, amount: bigint, changes: Partial<SignRequest> = {}): Promise<Answer> =>
  boundary.as(client).sign(payment(amount, changes));
const call = (entrypoint: string, ...calldata: string[]) =>
  transferCall({ contractAddress: TOKEN, entrypoint, calldata });

describe('a written policy', () => {
  it('allows what a rule allows', async () => {
    expect(outcomeOf(await pay('tenant', 1n))).toBe('signed');
  });

  it.each<readonly [string, Partial<SignRequest>, string, string | undefined]>([
    ['a rule denies', { accountAddress: '0xbad' }, 'ERR_POLICY_RULE_DENIED', 'never this account'],
    ['no rule allows', { calls: [transfer(1n, '0x9')] }, 'ERR_POLICY_NO_RULE', 'policy.no-rule'],
    [
      'hides in a batch',
      { calls: [transfer(1n), transfer(1n, '0x9')] },
      'ERR_POLICY_NO_RULE',
      'policy.no-rule',
    ],
    [
      'cannot be read',
      { calls: [call('transfer', LANDLORD)] },
      'ERR_POLICY_EVALUATION_FAILED',
      'pay the landlord',
    ],
    [
      'moves a token in an unknown way',
      { calls: [call('sweep', '0x1')] },
      'ERR_POLICY_CALL_UNDECODABLE',
      'policy.undecodable',
    ],
    [
      'exceeds a call',
      { calls: [transfer(PER_CALL + 1n)] },
      'ERR_POLICY_LIMIT_EXCEEDED',
      'one payment',
    ],
    [
      'exceeds the window alone',
      { calls: [transfer(PER_CALL), transfer(PER_CALL)] },
      'ERR_POLICY_LIMIT_EXCEEDED',
      'hourly',
    ],
    [
      'has to be approved',
      { calls: [call('approve', LANDLORD, '1', '0')] },
      'ERR_POLICY_APPROVAL_REQUIRED',
      'let others spend',
    ],
    [
      'counts towards too many limits',
      {
        keyId: 'crowd',
        calls: Array.from({ length: 40 }, (_, i) => transfer(1n, `0x${(i + 1).toString(16)}`)),
      },
      'ERR_POLICY_CHARGES_TOO_MANY',
      undefined,
    ],
  ])('denies what %s, and names the rule', async (_, changes, code, rule) => {
    const answer = await pay('tenant', 1n, changes);
    expect(answer.status).toBe(422);
    expect(answer.headers['x-countersign-code']).toBe(code);
    expect(answer.json.rule).toBe(rule);
    expect(answer.headers['x-countersign-receipt']).toBeTypeOf('string');
  });
});

describe('a cap over time', () => {
  it('holds to the unit over several requests, and says what is left', async () => {
    expect(outcomeOf(await pay('careful', 60n))).toBe('signed');
    expect(await pay('careful', 41n)).toMatchObject({
      status: 422,
      json: {
        code: 'ERR_POLICY_LIMIT_EXCEEDED',
        rule: 'hourly',
        details: { limit: 'hourly', amount: '41', max: `${CAP}`, left: '40' },
      },
    });
    expect(outcomeOf(await pay('careful', 40n))).toBe('signed');
    expect(outcomeOf(await pay('careful', 1n))).toBe('ERR_POLICY_LIMIT_EXCEEDED');
  });

  it('counts each client apart, as the policy says', async () => {
    expect(outcomeOf(await pay('second', 60n))).toBe('signed');
  });

  it('counts the same request once, however often it is signed', async () => {
    const request = payment(60n);
    const client = boundary.as('repeating');
    const answers = await Promise.all([1, 2, 3].map(() => client.sign(request)));
    expect(answers.map(outcomeOf)).toEqual(['signed', 'signed', 'signed']);
    expect(new Set(answers.map(({ json }) => json.messageHash)).size).toBe(1);
    expect(outcomeOf(await pay('repeating', 40n))).toBe('signed');
    expect(outcomeOf(await pay('repeating', 1n))).toBe('ERR_POLICY_LIMIT_EXCEEDED');
    expect(outcomeOf(await client.sign(request))).toBe('signed');
  });

  it('counts no request whose nonce was used', async () => {
    const nonce = freshNonce();
    const client = boundary.as('second');
    expect(outcomeOf(await client.sign(payment(30n), { nonce }))).toBe('signed');
    const again = await client.sign(payment(1n), { nonce });
    expect(outcomeOf(again)).toBe('ERR_REQUEST_NONCE_USED');
    expect(outcomeOf(await pay('second', 10n))).toBe('signed');
  });

  it('still holds when the signer was killed', async () => {
    expect(outcomeOf(await pay('crashing', 60n))).toBe('signed');
    const { signer } = boundary.children();
    if (signer === undefined) throw new Error('no signer');
    process.kill(signer, 'SIGKILL');
    let after = 'ERR_SIGNER_UNAVAILABLE';
    await eventually('another signer decides', async () => {
      after = outcomeOf(await pay('crashing', 41n));
      return after !== 'ERR_SIGNER_UNAVAILABLE';
    });
    expect(after).toBe('ERR_POLICY_LIMIT_EXCEEDED');
    expect(outcomeOf(await pay('crashing', 40n))).toBe('signed');
    expect(outcomeOf(await pay('crashing', 1n))).toBe('ERR_POLICY_LIMIT_EXCEEDED');
  });
});

// Before the many clients: denials do not say their key, and theirs is another one.
describe('the log of all this, replayed', () => {
  async function replay(policy: object, ...options: string[]) {
    const file = join(temporaryDirectory(), 'next.json');
    writeFileSync(file, JSON.stringify(policy));
    const place = ['--data-dir', boundary.dataDir, '--key', 'rent', '--json'];
    const ended = await runCountersign({ args: ['policy', 'replay', file, ...place, ...options] });
    return { status: ended.status, report: JSON.parse(ended.stdout) };
  }

  it('is decided alike by the same policy', async () => {
    const { status, report } = await replay(RENT);
    expect([status, report.widens, report.narrows]).toEqual([0, [], []]);
    expect(report.compared).toBeGreaterThan(20);
    expect(report.skipped).toMatchObject({ notReplayable: 0, keyUnknown: 0 });
  });

  it('shows what a wider policy lets through, and fails unless that is acknowledged', async () => {
    const limits = RENT.limits.map((limit) => ({ ...limit, max: '1000' }));
    const { status, report } = await replay({ ...RENT, limits });
    expect(status).toBe(3);
    expect(report.ok).toBe(false);
    expect(report.widens.length).toBeGreaterThan(3);
    expect(report.widens[0]).toMatchObject({
      was: { outcome: 'deny', rule: 'hourly' },
      is: { outcome: 'allow', rule: 'pay the landlord' },
      asked: expect.stringContaining('transfer of'),
    });
    expect((await replay({ ...RENT, limits }, '--acknowledge-widening')).status).toBe(0);
  });

  it('shows what a narrower policy would have denied', async () => {
    const limits = RENT.limits.map((limit) => ({ ...limit, max: '50' }));
    const { status, report } = await replay({ ...RENT, limits });
    expect([status, report.widens]).toEqual([0, []]);
    expect(report.narrows.length).toBeGreaterThan(2);
  });
});

/** Amounts from 1 to `MOST`, the same in every run. */
function amountFor(client: number, round: number): bigint {
  return BigInt((client * 7_919 + round * 104_729) % Number(MOST)) + 1n;
}

interface Spent {
  readonly amount: bigint;
  readonly outcome: string;
}

async function spend(client: number): Promise<readonly Spent[]> {
  const connection = boundary.as(`many${client}`);
  const spent: Spent[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const amount = amountFor(client, round);
    const request = payment(amount, { keyId: 'pool', calls: [transfer(amount)] });
    spent.push({ amount, outcome: outcomeOf(await connection.sign(request)) });
  }
  return spent;
}

it(`one cap holds against ${CLIENTS} clients at once, ${ROUNDS} times each`, async () => {
  const all = (await Promise.all(Array.from({ length: CLIENTS }, (_, i) => spend(i)))).flat();
  expect(new Set(all.map(({ outcome }) => outcome))).toEqual(
    new Set(['signed', 'ERR_POLICY_LIMIT_EXCEEDED']),
  );
  const signed = all
    .filter(({ outcome }) => outcome === 'signed')
    .reduce((sum, { amount }) => sum + amount, 0n);
  expect(signed).toBeLessThanOrEqual(POOL);
  // What was denied would have gone beyond the cap with what had been signed until then.
  expect(signed).toBeGreaterThan(POOL - MOST);
  const reader = openLedgerReader(boundary.dataDir);
  expect(reader.checkSpending().fault).toBeUndefined();
  reader.close();
});
