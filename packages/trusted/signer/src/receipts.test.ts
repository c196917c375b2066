import { decisionEntryBytes } from '@countersign/protocol';
import { parseReceipt, parseVerifierKey, verifyReceipt } from '@countersign/tlog';
import { describe, expect, it } from 'vitest';
import { createTestClock, newDataDir, openTestLedger } from '../test/pipeline-world.ts';
import { refusalLater } from '../test/refusal.ts';
import { signedRequest } from '../test/request.ts';
import { AGENT, NOW_MS, OTHER, signerSettings } from '../test/settings.ts';
import { findReceipt, type ReceiptQuestion } from './receipts.ts';
import { createRequestCheck } from './request-check.ts';

const EMPTY = new Uint8Array(0);
const check = createRequestCheck(signerSettings());

function entryOf(clientId: string): Uint8Array {
  return decisionEntryBytes({
    timeMs: NOW_MS,
    requestId: 'r',
    clientId,
    method: 'POST',
    target: '/v1/sign/session-transaction',
    bodySha256: '00'.repeat(32),
    policyHash: '00'.repeat(32),
    outcome: 'deny',
    code: 'ERR_POLICY_SELF_CALL',
  });
}

function openLog(...entries: readonly Uint8Array[]): ReturnType<typeof openTestLedger> {
  const ledger = openTestLedger(newDataDir(), createTestClock());
  ledger.append(entries);
  return ledger;
}

function ask(
  index: number,
  client: { readonly clientId: string; readonly secret: string } = AGENT,
): ReceiptQuestion {
  const wish = { client, method: 'GET', target: `/v1/receipts/${index}`, body: EMPTY };
  return { op: 'receipt', id: 7, request: signedRequest(wish).request, index };
}

describe('the client that caused an entry', () => {
  it('gets it with a proof that holds', async () => {
    const entry = entryOf(AGENT.clientId);
    const log = openLog(entryOf(OTHER.clientId), entry);
    const { answer, body } = await findReceipt(log, check, ask(1), EMPTY, NOW_MS);
    expect(answer).toEqual({ outcome: 'document', id: 7 });
    expect(Buffer.from(parseReceipt(body).entry)).toEqual(Buffer.from(entry));
    const logKeys = [parseVerifierKey(log.verifierKey())];
    expect(verifyReceipt({ receipt: body, logKeys })).toMatchObject({ index: 1, size: 2 });
  });

  it('needs no request nonce of its own: asking twice answers twice', async () => {
    const log = openLog(entryOf(AGENT.clientId));
    const question = ask(0);
    await findReceipt(log, check, question, EMPTY, NOW_MS);
    expect((await findReceipt(log, check, question, EMPTY, NOW_MS)).answer.outcome).toBe(
      'document',
    );
    expect(log.size()).toBe(1);
  });
});

describe('nobody else learns of an entry', () => {
  const log = (): ReturnType<typeof openTestLedger> =>
    openLog(entryOf(OTHER.clientId), Buffer.from('{"type":"note"}'), Buffer.from('[]'));

  it('another client’s entry answers like one that does not exist', async () => {
    const ledger = log();
    const others = await refusalLater(() => findReceipt(ledger, check, ask(0), EMPTY, NOW_MS));
    const missing = await refusalLater(() => findReceipt(ledger, check, ask(99), EMPTY, NOW_MS));
    expect(others).toEqual(missing);
    expect({ code: others.code, details: others.details }).toEqual({
      code: 'ERR_NOT_FOUND',
      details: {},
    });
  });

  it.each([1, 2])('an entry that names no client is nobody’s (%i)', async (index) => {
    const ledger = log();
    const refusal = await refusalLater(() => findReceipt(ledger, check, ask(index), EMPTY, NOW_MS));
    expect(refusal.code).toBe('ERR_NOT_FOUND');
  });

  it('a request without a valid code is refused before the log is read', async () => {
    const untouched = {
      entry: () => {
        throw new Error('the log was read');
      },
      receipt: () => undefined,
    };
    const question = ask(0);
    const forged = { ...question, request: { ...question.request, signature: '00'.repeat(32) } };
    const refusal = await refusalLater(() => findReceipt(untouched, check, forged, EMPTY, NOW_MS));
    expect(refusal.code).toBe('ERR_AUTH_SIGNATURE_INVALID');
  });

  it('an entry without a proof is not shown', async () => {
    const bare = { entry: () => entryOf(AGENT.clientId), receipt: () => undefined };
    const refusal = await refusalLater(() => findReceipt(bare, check, ask(0), EMPTY, NOW_MS));
    expect(refusal.code).toBe('ERR_NOT_FOUND');
  });
});
