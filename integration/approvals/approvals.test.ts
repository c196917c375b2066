/**
 * Approvals against a real boundary: asked for, given, executed, and everything that must not work.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@countersign/testing-keyring-process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beAPatientFile } from '../crash/patience.ts';
import { ALICE, ALPHA, BOB, configuration, KEYS, newPerson } from '../freeze/frozen-boundary.ts';
import { expectGenuine } from '../wire/client/genuine.ts';
import type { Answer } from '../wire/client/wire-client.ts';
import { answerIntent, lookAs, type ShownIntent, shownIntent, signAnswer } from './approver.ts';
import {
  type CarefulBoundary,
  execute,
  FRIEND,
  HASTY_ACCOUNT,
  payment,
  policy,
  STRANGER,
  sections,
  startCarefulBoundary,
  writePolicy,
} from './careful-boundary.ts';

beAPatientFile();

let world: CarefulBoundary;
const url = (): string => world.boundary.url;

beforeAll(async () => {
  world = await startCarefulBoundary();
});
afterAll(() => world.stop());

const codeOf = ({ headers }: Pick<Answer, 'headers'>): string | undefined => {
  const code = headers['x-countersign-code'];
  return code === undefined ? undefined : String(code);
};

async function prepare(request: unknown = payment(STRANGER)): Promise<ShownIntent> {
  const answer = await world.client.sign(request);
  expect(answer.status).toBe(202);
  return shownIntent(answer.json);
}

async function approvedByBoth(request?: unknown): Promise<ShownIntent> {
  const intent = await prepare(request);
  for (const person of [ALICE, BOB]) {
    expect((await answerIntent(url(), person, intent, 'approve')).status).toBe(200);
  }
  return intent;
}

async function policyHash(): Promise<unknown> {
  return (await world.client.call({ path: '/health/ready' })).json.policyHash;
}

const show = (intentId: string, headers: Record<string, string> = {}): Promise<Answer> =>
  world.client.call({ path: `/v1/intents/${intentId}`, headers });

describe('a payment that needs approval', () => {
  it('is shown, approved, executed once, and is what was shown', async () => {
    const request = payment(STRANGER);
    const asked = await world.client.sign(request);
    expect(asked.status).toBe(202);
    expect(asked.json).not.toHaveProperty('signature');
    expect(asked.json).toMatchObject({
      status: 'pending',
      account: '0xacc0',
      accountNonce: request.nonce,
      keyId: 'first',
      receipt: asked.headers['x-countersign-receipt'],
    });
    const intent = shownIntent(asked.json);
    expect(intent.digest).toBe(asked.json.digest);
    expect(codeOf(await execute(world.client, intent.intentId))).toBe('ERR_INTENT_PENDING');
    for (const person of [BOB, ALICE]) await answerIntent(url(), person, intent, 'approve');
    const executed = await execute(world.client, intent.intentId);
    expectGenuine(executed, request, { privateKey: KEYS.first });
    expect(executed.json.messageHash).toBe(
      (asked.json.document as { messageHash: string }).messageHash,
    );
    expect(codeOf(await execute(world.client, intent.intentId))).toBe('ERR_INTENT_USED');
    expect((await show(intent.intentId)).json.status).toBe('executed');
  });

  it('has receipts of the question and of the execution', async () => {
    const intent = await approvedByBoth();
    const { receipt } = (await show(intent.intentId)).json;
    const executed = await execute(world.client, intent.intentId);
    for (const id of [receipt, executed.headers['x-countersign-receipt']]) {
      expect((await world.client.call({ path: `/v1/receipts/${String(id)}` })).status).toBe(200);
    }
  });

  it('can be waited for', async () => {
    const intent = await prepare();
    const waiting = show(intent.intentId, { prefer: 'wait=20' });
    await sleep(300);
    await answerIntent(url(), ALICE, intent, 'approve');
    expect((await waiting).json.answers).toEqual([{ approver: 'alice', answer: 'approve' }]);
    const startedAtMs = performance.now();
    expect((await show(intent.intentId, { prefer: 'wait=1' })).status).toBe(200);
    expect(performance.now() - startedAtMs).toBeGreaterThan(900);
  });

  it('because of a limit is lifted by those of the limit', async () => {
    const request = payment(FRIEND, 2n * 10n ** 18n);
    const intent = await prepare(request);
    expect(codeOf(await execute(world.client, intent.intentId))).toBe('ERR_INTENT_PENDING');
    await answerIntent(url(), ALICE, intent, 'approve');
    expectGenuine(await execute(world.client, intent.intentId), request, {
      privateKey: KEYS.first,
    });
  });
});

describe('nothing is signed', () => {
  it('for an intent somebody denied', async () => {
    const intent = await approvedByBoth();
    const another = await prepare();
    await answerIntent(url(), ALICE, another, 'deny');
    await answerIntent(url(), BOB, another, 'approve');
    expect(codeOf(await execute(world.client, another.intentId))).toBe('ERR_INTENT_DENIED');
    expect((await execute(world.client, intent.intentId)).status).toBe(200);
  });

  it('for an intent that is over', async () => {
    const intent = await approvedByBoth(payment(STRANGER, 1n, HASTY_ACCOUNT));
    await sleep(2_100);
    expect(codeOf(await execute(world.client, intent.intentId))).toBe('ERR_INTENT_EXPIRED');
    const late = await answerIntent(url(), ALICE, intent, 'approve');
    expect([late.status, (await show(intent.intentId)).json.status]).toEqual([200, 'expired']);
  });

  it('with an approval that was given to another intent', async () => {
    const [one, two] = [await prepare(), await prepare()];
    const signature = signAnswer(ALICE, one, 'approve');
    const replayed = await answerIntent(url(), ALICE, two, 'approve', { signature });
    expect([replayed.status, codeOf(replayed)]).toEqual([401, 'ERR_APPROVAL_INVALID']);
  });

  it('when the client approves for itself, in whatever name', async () => {
    const intent = await prepare();
    const asItself = newPerson(ALPHA.clientId);
    expect(codeOf(await answerIntent(url(), asItself, intent, 'approve'))).toBe(
      'ERR_INTENT_NOT_FOUND',
    );
    const asAlice = { ...newPerson('alice') };
    expect(codeOf(await answerIntent(url(), asAlice, intent, 'approve'))).toBe(
      'ERR_APPROVAL_INVALID',
    );
    // The request code of a client is worth nothing here.
    const body = { approver: 'alice', answer: 'approve', signature: 'AA' };
    const path = `/v1/intents/${intent.intentId}/answers`;
    const authenticated = await world.client.call({ method: 'POST', path, body });
    expect(codeOf(authenticated)).toBe('ERR_APPROVAL_INVALID');
  });

  it('for another client, which is told that there is nothing', async () => {
    const intent = await approvedByBoth();
    const answers = [
      await execute(world.other, intent.intentId),
      await world.other.call({ path: `/v1/intents/${intent.intentId}` }),
      await execute(world.client, 'there-never-was-one00'),
    ];
    expect(answers.map((one) => [one.status, codeOf(one)])).toEqual(
      Array(3).fill([404, 'ERR_INTENT_NOT_FOUND']),
    );
    expect((await execute(world.client, intent.intentId)).status).toBe(200);
  });

  it('when an execution carries a body', async () => {
    const intent = await approvedByBoth();
    const path = `/v1/intents/${intent.intentId}/execute`;
    const answer = await world.client.call({ method: 'POST', path, body: payment(STRANGER) });
    expect(codeOf(answer)).toBe('ERR_REQUEST_INVALID');
  });

  it('once the policy is another one', async () => {
    const intent = await approvedByBoth();
    const directory = world.boundary.configFile.replace(/\/[^/]+$/, '');
    writePolicy(directory, policy({ name: 'another' }));
    world.boundary.configure(configuration(sections()));
    const before = await policyHash();
    world.boundary.signal('SIGHUP');
    await eventually('the other policy is in force', async () => (await policyHash()) !== before);
    expect(codeOf(await execute(world.client, intent.intentId))).toBe('ERR_INTENT_STALE');
  });
});

describe('approvers', () => {
  it('see what waits for them, and strangers nothing', async () => {
    const intent = await prepare();
    const seen = await lookAs(url(), BOB);
    const ids = (seen.json.intents as readonly { intentId: string }[]).map((one) => one.intentId);
    expect(ids).toContain(intent.intentId);
    const one = await lookAs(url(), BOB, `/v1/intents/${intent.intentId}`);
    expect(one.json).toMatchObject({ intentId: intent.intentId, digest: intent.digest });
    for (const stranger of [newPerson('bob'), newPerson('dave')]) {
      const refused = await lookAs(url(), stranger);
      expect([refused.status, codeOf(refused)]).toEqual([401, 'ERR_APPROVAL_INVALID']);
    }
  });
});
