/**
 * The chapter in which a person is asked.
 *
 * @module
 */

import { sign } from 'node:crypto';
import { approvalStatement } from '@countersign/crypto';
import { intentRows } from '../approvals/intent-words.ts';
import { readShownIntent, type ShownIntent } from '../approvals/shown-intent.ts';
import type { JsonObject } from '../server/ask-server.ts';
import { type Answer, SIGN_TARGET, send, signRequest } from './agent.ts';
import type { Story } from './story.ts';
import { ALICE, CAST, PICTURE, type World, wishBody } from './world.ts';

const TOKENS = [{ address: CAST.token, symbol: 'TOKEN', decimals: 18 }];

export async function tellApproval(story: Story, world: World): Promise<void> {
  story.chapter(
    'A person is asked',
    'Alice holds a key of her own. Neither the agent nor the model can say yes for her.',
  );
  let shown: ShownIntent | undefined;
  await story.step('a picture for 0.05 token', 'asked, not signed', async () => {
    const answer = await buy(world);
    if (answer.status !== 202) return codeOf(answer);
    shown = readShownIntent(answer.body as JsonObject);
    return 'signature' in answer.body ? 'signed' : 'asked, not signed';
  });
  await story.step('execute it without her', 'ERR_INTENT_PENDING', async () =>
    codeOf(await execute(world, shown)),
  );
  await story.step('the agent answers for her', 'ERR_APPROVAL_INVALID', async () =>
    codeOf(await answerWith(world, shown, Buffer.alloc(64, 1))),
  );
  await story.step('what Alice is shown', `transfer of 0.05 TOKEN to ${CAST.gallery}`, () =>
    shownCall(shown),
  );
  await story.step('Alice agrees', 'approved', async () => {
    if (shown === undefined) return 'nothing to agree to';
    const statement = {
      intentId: shown.intent.id,
      digest: shown.digest,
      answer: 'approve',
    } as const;
    const signature = sign(null, approvalStatement(statement), ALICE.privateKey);
    return String((await answerWith(world, shown, signature)).body.status);
  });
  await story.step('execute it, by its id alone', 'signed', async () =>
    codeOf(await execute(world, shown)),
  );
  await story.step('execute it again', 'ERR_INTENT_USED', async () =>
    codeOf(await execute(world, shown)),
  );
  story.decided({
    asked: 'a picture for 0.05 token',
    decided: 'signed',
    why: 'Alice agreed, once',
  });
}

/** What the first call does, as `countersign approve` prints it. */
function shownCall(shown: ShownIntent | undefined): string {
  if (shown === undefined) return 'nothing';
  const rows = Object.entries(intentRows(shown, TOKENS));
  const [, words = ''] = rows.find(([name]) => name.startsWith('call')) ?? [];
  const [, amount = words] = /transfer of ([0-9.]+ TOKEN)/.exec(words) ?? [];
  return words.includes(CAST.gallery) ? `transfer of ${amount} to ${CAST.gallery}` : words;
}

function buy(world: World): Promise<Answer> {
  const body = wishBody({
    keyId: 'shopping',
    recipient: CAST.gallery,
    amount: PICTURE,
    accountNonce: 500n,
  });
  return send(world.url, signRequest(world.agent, SIGN_TARGET, body));
}

function execute(world: World, shown: ShownIntent | undefined): Promise<Answer> {
  const target = `/v1/intents/${shown?.intent.id ?? 'none'}/execute`;
  return send(world.url, signRequest(world.agent, target, ''));
}

/** Answers an intent with a signature that is Alice's, or is not. */
function answerWith(
  world: World,
  shown: ShownIntent | undefined,
  signature: Buffer,
): Promise<Answer> {
  const body = { approver: 'alice', answer: 'approve', signature: signature.toString('base64url') };
  return send(world.url, {
    method: 'POST',
    target: `/v1/intents/${shown?.intent.id ?? 'none'}/answers`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

function codeOf({ status, code }: Answer): string {
  return status === 200 ? 'signed' : (code ?? `status ${status}`);
}
