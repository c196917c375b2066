/**
 * Approvals when the signer dies: what was approved stays approved, what was executed stays executed.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@countersign/testing-keyring-process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { beAPatientFile } from '../crash/patience.ts';
import { ALICE, BOB } from '../freeze/frozen-boundary.ts';
import type { Answer } from '../wire/client/wire-client.ts';
import { answerIntent, type ShownIntent, shownIntent } from './approver.ts';
import {
  type CarefulBoundary,
  execute,
  payment,
  STRANGER,
  startCarefulBoundary,
} from './careful-boundary.ts';

beAPatientFile();

const ROUNDS = 12;
const EXECUTIONS = 6;

let world: CarefulBoundary;

beforeAll(async () => {
  world = await startCarefulBoundary();
});
afterAll(() => world.stop());

/** Kills the signer and waits for the next one to answer. */
async function killSigner(): Promise<void> {
  const { signer } = world.boundary.children();
  if (signer !== undefined) process.kill(signer, 'SIGKILL');
  await eventually('another signer answers', async () => {
    const next = world.boundary.children().signer;
    if (next === undefined || next === signer) return false;
    const response = await fetch(`${world.boundary.url}/health/ready`).catch(() => undefined);
    return response?.status === 200;
  });
}

async function approved(): Promise<ShownIntent> {
  const answer = await world.client.sign(payment(STRANGER));
  expect(answer.status).toBe(202);
  const intent = shownIntent(answer.json);
  for (const person of [ALICE, BOB]) {
    expect((await answerIntent(world.boundary.url, person, intent, 'approve')).status).toBe(200);
  }
  return intent;
}

it('an approval that was acknowledged survives, and counts', async () => {
  const answer = await world.client.sign(payment(STRANGER));
  const intent = shownIntent(answer.json);
  for (const person of [ALICE, BOB]) {
    await answerIntent(world.boundary.url, person, intent, 'approve');
    await killSigner();
  }
  expect((await execute(world.client, intent.intentId)).status).toBe(200);
});

it(`is executed at most once in ${ROUNDS} deaths in the middle of it`, async () => {
  const signatures: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const intent = await approved();
    const attempts = Array.from({ length: EXECUTIONS }, () =>
      execute(world.client, intent.intentId).catch(() => undefined),
    );
    await sleep(Math.random() * 20);
    await killSigner();
    const answers = [
      ...(await Promise.all(attempts)),
      await execute(world.client, intent.intentId),
    ];
    const signed = answers.filter((one): one is Answer => one?.status === 200);
    expect(signed.length).toBeLessThanOrEqual(1);
    signatures.push(signed.length);
    // Whatever happened, from now on it is used.
    const { headers } = await execute(world.client, intent.intentId);
    expect(headers['x-countersign-code']).toBe('ERR_INTENT_USED');
  }
  expect(signatures).toContain(1);
});
