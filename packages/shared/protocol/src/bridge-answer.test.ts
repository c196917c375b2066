import { describe, expect, it } from 'vitest';
import { parseBridgeAnswer } from './bridge-answer.ts';
import { type BoundaryError, isBoundaryError } from './errors.ts';
import { FIELD_PRIME, toHex } from './felt.ts';
import { type JsonValue, parseStrictJson } from './strict-json.ts';

const VALID = {
  signatureMode: 'v2_snip12',
  signatureKind: 'Snip12',
  domainHash: '0x34f0c6639f0da8d88e2fadacd413b9961a35f92597558ba5d8f41aa4692ef12',
  messageHash: '0xebb2441c7730aa89644fb8713a30a665e81bdddb843101da568f7986ed0d8b',
  sessionPublicKey: '0x3924af0ca65af87200abdba798c5fde29a91d4b75e19430535cfd287fd16e10',
  signature: ['0x3924af0', '0x6d5f979', '0x1c1865e', '0xf4865700'],
};

const without = (key: keyof typeof VALID): JsonValue =>
  Object.fromEntries(Object.entries(VALID).filter(([name]) => name !== key));

function refusal(json: JsonValue): BoundaryError {
  try {
    parseBridgeAnswer(json);
  } catch (error) {
    if (isBoundaryError(error)) return error;
    throw error;
  }
  throw new Error('the answer was accepted');
}

describe('parseBridgeAnswer refuses', () => {
  const cases: readonly (readonly [string, JsonValue, string])[] = [
    ['null', null, 'expected an object'],
    ['an array', [VALID], 'expected an object'],
    ['a string', 'signed', 'expected an object'],
    ['a number no number can hold', parseStrictJson(Buffer.from('1.5')), 'expected an object'],
    ['an empty object', {}, 'signatureMode'],
    ['no mode', without('signatureMode'), 'signatureMode'],
    ['the older mode', { ...VALID, signatureMode: 'v1' }, 'signatureMode'],
    ['the mode in another case', { ...VALID, signatureMode: 'V2_SNIP12' }, 'signatureMode'],
    ['no kind', without('signatureKind'), 'signatureKind'],
    ['another kind', { ...VALID, signatureKind: 'Snip9' }, 'signatureKind'],
    ['no domain hash', without('domainHash'), 'domainHash'],
    ['a domain hash that is a number', { ...VALID, domainHash: 1 }, 'domainHash'],
    ['a decimal domain hash', { ...VALID, domainHash: '12' }, 'domainHash'],
    ['a domain hash with 0X', { ...VALID, domainHash: '0X12' }, 'domainHash'],
    ['a domain hash without digits', { ...VALID, domainHash: '0x' }, 'domainHash'],
    ['a domain hash with a line break', { ...VALID, domainHash: '0x1\n' }, 'domainHash'],
    ['a domain hash of P', { ...VALID, domainHash: toHex(FIELD_PRIME) }, 'domainHash'],
    ['no message hash', without('messageHash'), 'messageHash'],
    ['a negative message hash', { ...VALID, messageHash: '-0x1' }, 'messageHash'],
    ['no public key', without('sessionPublicKey'), 'sessionPublicKey'],
    ['a public key that is null', { ...VALID, sessionPublicKey: null }, 'sessionPublicKey'],
    ['no signature', without('signature'), 'signature: expected exactly 4'],
    ['a signature in one string', { ...VALID, signature: '0x1234' }, 'exactly 4'],
    ['a signature as an object', { ...VALID, signature: { length: 4, 0: '0x1' } }, 'exactly 4'],
    ['three felts', { ...VALID, signature: VALID.signature.slice(1) }, 'exactly 4'],
    ['five felts', { ...VALID, signature: [...VALID.signature, '0x1'] }, 'exactly 4'],
    ['a decimal felt', { ...VALID, signature: ['0x1', '2', '0x3', '0x4'] }, 'signature[1]'],
    ['a felt as a number', { ...VALID, signature: ['0x1', '0x2', '0x3', 4] }, 'signature[3]'],
    [
      'a felt of P',
      { ...VALID, signature: ['0x1', '0x2', toHex(FIELD_PRIME), '0x4'] },
      'signature[2]',
    ],
  ];

  it.each(cases)('%s', (_name, json, reason) => {
    const error = refusal(json);
    expect(error.code).toBe('ERR_CUSTODIAN_UNAVAILABLE');
    expect(error.details.reason).toContain(reason);
  });

  it('members that only a prototype has', () => {
    expect(refusal(Object.create(VALID) as JsonValue).code).toBe('ERR_CUSTODIAN_UNAVAILABLE');
  });

  it('the first thing that is wrong, in the order of the contract', () => {
    const order = ['signatureMode', 'signatureKind', 'domainHash', 'messageHash'] as const;
    const broken: Record<string, JsonValue> = { signature: [] };
    for (const key of [...order, 'sessionPublicKey', 'signature'] as const) {
      expect(refusal(broken).details.reason).toMatch(new RegExp(`^${key}:`));
      broken[key] = VALID[key];
    }
    expect(() => parseBridgeAnswer(broken)).not.toThrow();
  });

  it('without repeating what the bridge wrote', () => {
    const error = refusal({ ...VALID, messageHash: 'bearer-token-echo' });
    expect(JSON.stringify(error.details)).not.toContain('bearer-token-echo');
  });
});

describe('parseBridgeAnswer reads', () => {
  it('every felt as its number', () => {
    expect(parseBridgeAnswer(VALID)).toEqual({
      domainHash: BigInt(VALID.domainHash),
      messageHash: BigInt(VALID.messageHash),
      sessionPublicKey: BigInt(VALID.sessionPublicKey),
      signature: VALID.signature.map(BigInt),
    });
  });

  it('leading zeros of any number and digits of either case', () => {
    const padded = { ...VALID, domainHash: `0x${'0'.repeat(100)}aB` };
    expect(parseBridgeAnswer(padded).domainHash).toBe(0xabn);
  });

  it('the largest felt', () => {
    const answer = { ...VALID, domainHash: toHex(FIELD_PRIME - 1n) };
    expect(parseBridgeAnswer(answer).domainHash).toBe(FIELD_PRIME - 1n);
  });

  it('past unknown keys', () => {
    expect(parseBridgeAnswer({ ...VALID, walletId: 'wa-1', audit: {} })).toEqual(
      parseBridgeAnswer(VALID),
    );
  });
});
