import { selectorOf } from '@countersign/crypto';
import {
  type CanonicalValue,
  type Intent,
  intentDigest,
  intentDocument,
  isBoundaryError,
  type JsonValue,
  type SignIntent,
} from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../server/ask-server.ts';
import { intentLine, intentRows, inUnits } from './intent-words.ts';
import { readShownIntent, type ShownIntent } from './shown-intent.ts';

const TOKEN = 0x10cen;
const TOKENS = [{ address: '0x10ce', symbol: 'STRK', decimals: 18 }];

const HEAD = {
  id: '3uHt0yK1sVw6mO9xQeZb2A',
  required: [{ rules: ['stranger'], required: 2, approvers: ['alice', 'bob'] }],
  preparedAtMs: 1_770_984_000_000,
  expiresAtMs: 1_770_984_120_000,
};

const INTENT: SignIntent = {
  ...HEAD,
  type: 'sign',
  clientId: 'bot',
  chainId: 0x534e5f5345504f4c4941n,
  accountAddress: 0xacc0n,
  accountNonce: 7n,
  messageKind: 'invoke-v2',
  keyId: 'trading',
  publicKey: 0xabn,
  validUntilSec: 1_770_984_300n,
  calls: [
    { to: TOKEN, selector: selectorOf('transfer'), calldata: [0x57a29en, 15n * 10n ** 17n, 0n] },
  ],
  messageHash: 6n,
  policyHash: 'ab'.repeat(32),
  exceeded: [{ limit: 'hourly', bucket: 'b', amount: '10', max: '5' }],
};

const UNFREEZE: Intent = {
  ...HEAD,
  type: 'unfreeze',
  operatorId: 'ops',
  scope: 'client:bot',
  sinceMs: 1_770_983_000_000,
};

function viewOf(intent: Intent, changes: Readonly<Record<string, JsonValue>> = {}): JsonObject {
  const text = intentDocument(intent);
  return {
    intentId: intent.id,
    digest: intentDigest(text),
    status: 'pending',
    answers: [],
    document: JSON.parse(text) as JsonValue,
    ...changes,
  };
}

const shown = (changes: Partial<SignIntent> = {}): ShownIntent =>
  readShownIntent(viewOf({ ...INTENT, ...changes }));

function codeOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return isBoundaryError(error) ? error.code : error;
  }
}

describe('what a server shows is refused', () => {
  const document = JSON.parse(intentDocument(INTENT)) as Record<string, CanonicalValue>;

  it.each<[string, Readonly<Record<string, JsonValue>>]>([
    ['under another id', { intentId: 'another-id-0123456789' }],
    ['with another digest', { digest: 'ab'.repeat(32) }],
    ['with another document', { document: { ...document, account: '0xbad' } as JsonValue }],
    ['with more in the document', { document: { ...document, note: 'fine' } as JsonValue }],
    ['without a document', { document: null }],
    ['with a document that is no intent', { document: { format: 'countersign-intent/v1' } }],
  ])('%s', (_name, changes) => {
    expect(codeOf(() => readShownIntent(viewOf(INTENT, changes)))).toBe('ERR_PROOF_INVALID');
  });

  it('also when it comes with a digest that fits', () => {
    const altered = intentDocument({ ...INTENT, id: 'another-id-0123456789' });
    const view = viewOf(INTENT, {
      document: JSON.parse(altered) as JsonValue,
      digest: intentDigest(altered),
    });
    expect(codeOf(() => readShownIntent(view))).toBe('ERR_PROOF_INVALID');
  });
});

describe('an intent in words', () => {
  it('says everything that would be signed', () => {
    expect(intentRows(shown(), TOKENS)).toEqual({
      asks: 'client bot',
      wants: 'a signature by key trading (invoke-v2)',
      account: '0xacc0 on SN_SEPOLIA',
      nonce: '0x7',
      'valid until': '2026-02-13T12:05:00.000Z',
      'call 1': 'transfer of 1.5 STRK (1500000000000000000 base units of 0x10ce) to 0x57a29e',
      'beyond 1': 'limit hourly: 10 does not fit, at most 5 may count',
      fee: 'not part of the signature; the account decides',
      needs: '2 of alice, bob (stranger)',
      answered: 'nobody yet',
      expires: '2026-02-13T12:02:00.000Z',
      status: 'pending',
      intent: HEAD.id,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('shows base units alone of a token nobody named', () => {
    expect(intentRows(shown(), [])['call 1']).toBe(
      'transfer of 1500000000000000000 base units of 0x10ce to 0x57a29e',
    );
  });

  it('shows the felts of a call nobody can read', () => {
    const calls = [{ to: 0xden, selector: 0x99n, calldata: [1n, 2n] }];
    expect(intentRows(shown({ calls }), TOKENS)['call 1']).toBe(
      '0x99 on 0xde, nobody here can read it: [0x1 0x2]',
    );
  });

  it('says whose tokens a transfer_from takes', () => {
    const calls = [
      { to: TOKEN, selector: selectorOf('transfer_from'), calldata: [0xan, 0xbn, 1n, 0n] },
    ];
    expect(intentRows(shown({ calls }), [])['call 1']).toBe(
      'transfer_from of 1 base units of 0x10ce from 0xa to 0xb',
    );
  });

  it('says who may send an outside execution, and from when', () => {
    const outside = { messageKind: 'outside-v2' as const, caller: 0xcan, executeAfterSec: 0n };
    expect(intentRows(shown(outside), [])).toMatchObject({
      'sent by': '0xca',
      'not before': '1970-01-01T00:00:00.000Z',
    });
  });

  it('names a freeze that would end', () => {
    expect(intentRows(readShownIntent(viewOf(UNFREEZE)), [])).toMatchObject({
      asks: 'operator ops',
      wants: 'end the freeze of client:bot, frozen since 2026-02-13T11:43:20.000Z',
    });
  });

  it('steers no terminal', () => {
    const hostile = '\u001b[2J\u202efun';
    const rows = intentRows(shown({ clientId: hostile, keyId: hostile }), []);
    const line = intentLine(shown({ clientId: hostile }), []);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
    expect(JSON.stringify([rows, line])).not.toMatch(/\\u001b|\u001b|\u202e/);
  });

  it('fits on a line', () => {
    expect(intentLine(shown(), TOKENS)).toBe(
      `${HEAD.id}  2026-02-13T12:02:00.000Z  bot  transfer of 1.5 STRK (1500000000000000000 base units of 0x10ce) to 0x57a29e`,
    );
  });
});

it.each([
  [0n, 18, '0'],
  [1n, 18, '0.000000000000000001'],
  [10n ** 18n, 18, '1'],
  [1_500_000n, 6, '1.5'],
  [123n, 0, '123'],
  [2n ** 256n - 1n, 0, String(2n ** 256n - 1n)],
])('%s with %s decimals is %s', (amount, decimals, text) => {
  expect(inUnits(amount, decimals)).toBe(text);
});
