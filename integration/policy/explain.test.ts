/**
 * `POST /v1/explain` of a real boundary: who gets an answer, what it says, and that asking leaves
 * nothing behind.
 *
 * @module
 */

import { openLedgerReader } from '@countersign/ledger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beAPatientFile } from '../crash/patience.ts';
import type { SignRequest } from '../wire/client/sign-request.ts';
import {
  type Answer,
  authHeaders,
  type Call,
  freshNonce,
  SIGN_PATH,
} from '../wire/client/wire-client.ts';
import { outcomeOf, payment, transfer } from './payments.ts';
import {
  CAP,
  PER_CALL,
  type PolicyBoundary,
  RENT,
  startPolicyBoundary,
} from './policy-boundary.ts';

beAPatientFile();

const PATH = '/v1/explain';
const asking = (body: SignRequest, call: Partial<Call> = {}): Call => ({
  method: 'POST',
  path: PATH,
  body,
  ...call,
});

let boundary: PolicyBoundary;

beforeAll(async () => {
  boundary = await startPolicyBoundary({
    policies: { rent: RENT, other: { ...RENT, name: 'other' } },
    clients: ['tenant', 'neighbour'],
    keysOf: { neighbour: ['other'] },
  });
});
afterAll(() => boundary.stop());

const explain = (request: SignRequest, client = 'tenant'): Promise<Answer> =>
  boundary.as(client).call(asking(request));

async function logSize(): Promise<number> {
  const answer = await boundary.as('tenant').call({ path: '/health/ready' });
  return Number(answer.json.logSize);
}

describe('an explanation', () => {
  it('of what would be signed names the rule and what it would count', async () => {
    const { status, json } = await explain(payment(5n));
    expect(status).toBe(200);
    expect(json).toMatchObject({
      outcome: 'allow',
      keyId: 'rent',
      policyHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      explanation: { policy: 'rent', complete: true, rules: ['pay the landlord'] },
      charges: [{ limit: 'hourly', amount: '5', max: `${CAP}`, exceeded: 'deny' }],
    });
  });

  it.each<readonly [string, Partial<SignRequest>, string, string]>([
    ['to somebody else', { calls: [transfer(1n, '0x9')] }, 'ERR_POLICY_NO_RULE', 'policy.no-rule'],
    [
      'of too much',
      { calls: [transfer(PER_CALL + 1n)] },
      'ERR_POLICY_LIMIT_EXCEEDED',
      'one payment',
    ],
    [
      'from a denied account',
      { accountAddress: '0xbad' },
      'ERR_POLICY_RULE_DENIED',
      'never this account',
    ],
    [
      'on another chain',
      { chainId: '0x534e5f4d41494e' },
      'ERR_POLICY_CHAIN_DENIED',
      'chain.listed',
    ],
  ])(
    'of a payment %s names the rule that would deny it, as signing does',
    async (_, changes, code, rule) => {
      const request = payment(1n, changes);
      const { status, json } = await explain(request);
      expect([status, json.outcome, json.code, json.rule]).toEqual([200, 'deny', code, rule]);
      const signed = await boundary.as('tenant').sign(request);
      expect([outcomeOf(signed), signed.json.rule]).toEqual([code, rule]);
    },
  );

  it('leaves the log as it was, and reserves nothing', async () => {
    const before = await logSize();
    for (let i = 0; i < 5; i++) {
      expect((await explain(payment(PER_CALL))).json).toMatchObject({ outcome: 'allow' });
    }
    expect((await explain(payment(1n, { accountAddress: '0xbad' }))).status).toBe(200);
    expect(await logSize()).toBe(before);
    const reader = openLedgerReader(boundary.dataDir);
    expect(reader.checkSpending().reservations).toBe(0);
    reader.close();
    for (const amount of [PER_CALL, CAP - PER_CALL]) {
      expect(outcomeOf(await boundary.as('tenant').sign(payment(amount)))).toBe('signed');
    }
  });
});

describe('no explanation', () => {
  it('for a stranger', async () => {
    const stranger = boundary.as('tenant').as({ secret: 'not-the-secret-of-anybody' });
    const { status, json } = await stranger.call(asking(payment(1n)));
    expect(status).toBe(401);
    expect(json).not.toHaveProperty('outcome');
  });

  it('for a request whose nonce was used', async () => {
    const nonce = freshNonce();
    const tenant = boundary.as('tenant');
    expect((await tenant.call(asking(payment(1n), { nonce }))).status).toBe(200);
    const again = await tenant.call(asking(payment(1n), { nonce }));
    expect(outcomeOf(again)).toBe('ERR_REQUEST_NONCE_USED');
  });

  it('for a request that was made to be signed', async () => {
    const tenant = boundary.as('tenant');
    const request = payment(1n);
    const [timestamp, nonce] = [String(Date.now()), freshNonce()];
    const call = { timestamp, nonce, method: 'POST', body: request };
    const signature = codeOf(SIGN_PATH, call);
    const moved = await tenant.call({ ...call, path: PATH, signature });
    expect(outcomeOf(moved)).toBe('ERR_AUTH_SIGNATURE_INVALID');
  });

  it('about a key that is not the client’s, but the same denial as when signing', async () => {
    const request = payment(1n, { keyId: 'rent' });
    const explained = await explain(request, 'neighbour');
    const signed = await boundary.as('neighbour').sign(request);
    for (const answer of [explained, signed]) {
      expect(outcomeOf(answer)).toBe('ERR_POLICY_KEY_DENIED');
      expect(answer.status).toBe(422);
    }
    expect(explained.json.error).toBe(signed.json.error);
  });

  it('for a body that is no request', async () => {
    const answer = await boundary.as('tenant').call({ method: 'POST', path: PATH, body: {} });
    expect(outcomeOf(answer)).toBe('ERR_REQUEST_INVALID');
  });
});

/** The code a client would send with a request to this path. */
function codeOf(path: string, call: Call): string {
  const secret = boundary.secretOf('tenant');
  const headers = authHeaders({ ...call, path }, { secret, clientId: 'tenant' });
  return headers['x-keyring-signature'] ?? '';
}
