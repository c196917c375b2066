import {
  BoundaryError,
  ERROR_CODES,
  type ErrorDetails,
  WIRE_PROFILES,
} from '@countersign/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toWireError } from './wire-errors.ts';

const text = fc.string({ unit: 'binary', maxLength: 40 });

const details: fc.Arbitrary<ErrorDetails> = fc.dictionary(
  fc.constantFrom('field', 'expected', 'value', 'rule', 'text', 'call', 'patterns', 'reason'),
  fc.oneof(text, fc.integer(), fc.boolean(), fc.array(text, { maxLength: 3 })),
);

const quoted = fc.record(
  { clientId: text, keyId: text, account: text, chain: text, entrypoints: fc.array(text) },
  { requiredKeys: [] },
);

const error = fc
  .record({ code: fc.constantFrom(...ERROR_CODES), details })
  .map((given) => new BoundaryError(given.code, { details: given.details }));

it('writes any error with any details, in every profile, within the contract', () => {
  fc.assert(
    fc.property(
      error,
      fc.constantFrom(...WIRE_PROFILES),
      text,
      quoted,
      (given, profile, requestId, quotes) => {
        const { status, body } = toWireError(given, profile, requestId, quotes);
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThanOrEqual(599);
        expect(typeof body.error).toBe('string');
        if (status === 401 && given.code !== 'ERR_REQUEST_NONCE_USED') {
          expect(body.error).not.toMatch(/nonce|replay/i);
        }
        if (profile === 'strict') expect(Object.keys(body)).toHaveLength(4);
        if (profile === 'legacy') expect(body).not.toHaveProperty('errorCode');
        JSON.stringify(body);
      },
    ),
    { numRuns: 500 },
  );
});
