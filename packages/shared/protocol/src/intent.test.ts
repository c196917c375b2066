import { describe, expect, it } from 'vitest';
import { isBoundaryError } from './errors.ts';
import { type Intent, intentDigest, intentDocument, parseIntent } from './intent.ts';
import { approverRequest, parseIntentAnswer } from './intent-answer.ts';
import type { JsonValue } from './strict-json.ts';

const HEAD = {
  id: '3uHt0yK1sVw6mO9xQeZb2A',
  required: [{ rules: ['stranger'], required: 2, approvers: ['alice', 'bob'] }],
  preparedAtMs: 1_770_984_000_000,
  expiresAtMs: 1_770_984_120_000,
};

const SIGN: Intent = {
  ...HEAD,
  type: 'sign',
  clientId: 'bot',
  chainId: 0x534e5f5345504f4c4941n,
  accountAddress: 0xacc0n,
  accountNonce: 0n,
  messageKind: 'outside-v2',
  keyId: 'trading',
  publicKey: 0xabn,
  validUntilSec: 1_770_984_300n,
  calls: [{ to: 1n, selector: 2n, calldata: [0n, 3n] }],
  caller: 4n,
  executeAfterSec: 5n,
  messageHash: 6n,
  policyHash: 'ab'.repeat(32),
  exceeded: [{ limit: 'hourly', bucket: 'b', amount: '10', max: '5' }],
};

const UNFREEZE: Intent = {
  ...HEAD,
  type: 'unfreeze',
  operatorId: 'ops',
  scope: 'all',
  sinceMs: 1_770_983_000_000,
};

function codeOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return isBoundaryError(error) ? error.code : error;
  }
}

describe.each([
  ['sign', SIGN],
  ['unfreeze', UNFREEZE],
] as const)('an intent to %s', (_type, intent) => {
  const document = intentDocument(intent);

  it('is read back as it was', () => {
    expect(parseIntent(document)).toEqual(intent);
  });

  it('is written in one way only', () => {
    const { format, ...rest } = JSON.parse(document);
    for (const other of [
      `${document} `,
      JSON.stringify({ ...rest, format }, null, 1),
      JSON.stringify({ format, ...rest, comment: '' }),
      JSON.stringify({ ...rest, format: 'countersign-intent/v2' }),
    ]) {
      expect(codeOf(() => parseIntent(other))).toBe('ERR_REQUEST_INVALID');
    }
  });

  it('loses no member', () => {
    for (const name of Object.keys(JSON.parse(document))) {
      const { [name]: _gone, ...rest } = JSON.parse(document);
      const outcome = codeOf(() => intentDigest(intentDocument(parseIntent(JSON.stringify(rest)))));
      // Members that may be absent make another intent, with another digest.
      expect(outcome).not.toBe(intentDigest(document));
    }
  });

  it('has another digest with any member changed', () => {
    const digests = new Set([intentDigest(document)]);
    const members = Object.entries(JSON.parse(document));
    for (const [name, value] of members) {
      const changed = { ...JSON.parse(document), [name]: [value] };
      digests.add(intentDigest(JSON.stringify(changed)));
    }
    expect(digests.size).toBe(members.length + 1);
  });
});

describe('a document is refused', () => {
  const change = (changes: object): string => {
    const members = { ...JSON.parse(intentDocument(SIGN)), ...changes };
    return JSON.stringify(
      Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1))),
    );
  };

  it.each([
    ['with an upper-case felt', { account: '0xACC0' }],
    ['with a zero in front', { account: '0x0acc0' }],
    ['with a number for a felt', { account: 44_224 }],
    ['with another kind', { kind: 'invoke-v3' }],
    ['with a short id', { id: 'short' }],
    ['with a policy that is no digest', { policy: 'x' }],
    ['with a time in another form', { expiresAt: '2026-02-13' }],
    ['with nobody required', { required: [{ rules: [], required: 0, approvers: [] }] }],
    ['with a validity that is no number', { validUntil: '1e9' }],
    ['without calls', { calls: undefined }],
  ])('%s', (_name, changes) => {
    expect(codeOf(() => parseIntent(change(changes)))).toBe('ERR_REQUEST_INVALID');
  });

  it('and the unchanged one is not', () => {
    expect(parseIntent(change({}))).toEqual(SIGN);
  });
});

describe('an answer', () => {
  const ANSWER = { approver: 'alice', answer: 'approve', signature: 'AAAA' };
  const PASSKEY = { authenticatorData: 'AA', clientDataJSON: 'AA', signature: 'AA' };

  it.each<[string, JsonValue]>([
    ['nothing', null],
    ['no approver', { ...ANSWER, approver: '' }],
    ['another answer', { ...ANSWER, answer: 'yes' }],
    ['no evidence', { approver: 'alice', answer: 'approve' }],
    ['two kinds of evidence', { ...ANSWER, passkey: PASSKEY }],
    ['base64 with padding', { ...ANSWER, signature: 'AA==' }],
    ['a part of a passkey', { approver: 'alice', answer: 'deny', passkey: { signature: 'AA' } }],
    ['more members', { ...ANSWER, reason: 'fine' }],
    ['too much', { ...ANSWER, signature: 'A'.repeat(8_193) }],
  ])('with %s is refused', (_name, body) => {
    expect(codeOf(() => parseIntentAnswer(body))).toBe('ERR_REQUEST_INVALID');
  });

  it('is read in both forms', () => {
    expect(parseIntentAnswer(ANSWER)).toEqual(ANSWER);
    const passkey = { approver: 'bob', answer: 'deny', passkey: PASSKEY };
    expect(parseIntentAnswer(passkey)).toEqual(passkey);
  });
});

describe('the request of an approver', () => {
  it('is four lines', () => {
    expect(Buffer.from(approverRequest('GET', '/v1/intents?status=pending', '17')).toString()).toBe(
      'countersign-approver-request/v1\nGET\n/v1/intents?status=pending\n17\n',
    );
  });

  it.each([
    ['a line feed in the target', 'GET', '/a\n/b', '1'],
    ['a blank in the target', 'GET', '/a b', '1'],
    ['a line feed in the time', 'GET', '/a', '1\n2'],
    ['a method in small letters', 'get', '/a', '1'],
    ['nothing for a time', 'GET', '/a', ''],
  ])('has no form with %s', (_name, method, target, timestamp) => {
    expect(() => approverRequest(method, target, timestamp)).toThrow(RangeError);
  });
});
