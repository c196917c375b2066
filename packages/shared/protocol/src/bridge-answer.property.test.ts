import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BRIDGE_SIGNATURE_KIND,
  BRIDGE_SIGNATURE_MODE,
  parseBridgeAnswer,
} from './bridge-answer.ts';
import { isBoundaryError } from './errors.ts';
import { FIELD_PRIME, toHex } from './felt.ts';
import { parseStrictJson } from './strict-json.ts';

const felt = fc.bigInt({ min: 0n, max: FIELD_PRIME - 1n });
const fieldOrJunk = fc.oneof(fc.jsonValue(), felt.map(toHex), fc.array(felt.map(toHex)));

const parsesOrRefuses = (text: string): void => {
  try {
    const answer = parseBridgeAnswer(parseStrictJson(Buffer.from(text)));
    for (const value of [answer.domainHash, answer.messageHash, ...answer.signature]) {
      expect(value >= 0n && value < FIELD_PRIME).toBe(true);
    }
  } catch (error) {
    expect(isBoundaryError(error) && error.code).toBe('ERR_CUSTODIAN_UNAVAILABLE');
  }
};

describe('parseBridgeAnswer', () => {
  it('returns every number the bridge wrote', () => {
    fc.assert(
      fc.property(fc.tuple(felt, felt, felt, felt), felt, felt, (signature, domain, message) => {
        const answer = parseBridgeAnswer({
          signatureMode: BRIDGE_SIGNATURE_MODE,
          signatureKind: BRIDGE_SIGNATURE_KIND,
          domainHash: toHex(domain),
          messageHash: toHex(message),
          sessionPublicKey: toHex(signature[0]),
          signature: signature.map(toHex),
        });
        expect(answer.domainHash).toBe(domain);
        expect(answer.messageHash).toBe(message);
        expect(answer.sessionPublicKey).toBe(signature[0]);
        expect(answer.signature).toEqual(signature);
      }),
    );
  });

  it('answers any JSON with felts or with one code', () => {
    fc.assert(fc.property(fc.json(), parsesOrRefuses));
  });

  it('answers objects of the right keys with felts or with one code', () => {
    const shape = fc.record({
      signatureMode: fc.constant(BRIDGE_SIGNATURE_MODE),
      signatureKind: fc.constant(BRIDGE_SIGNATURE_KIND),
      domainHash: fieldOrJunk,
      messageHash: fieldOrJunk,
      sessionPublicKey: fieldOrJunk,
      signature: fieldOrJunk,
    });
    fc.assert(fc.property(shape, (value) => parsesOrRefuses(JSON.stringify(value))));
  });
});
