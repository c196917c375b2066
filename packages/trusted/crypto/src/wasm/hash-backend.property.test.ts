/** Lists of random felts against scure, and against the module's own answer in another order. */

import { poseidonHashMany } from '@scure/starknet';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { felt } from '../fixtures/arbitraries.ts';
import { createWasmHashBackend } from './hash-backend.ts';

const backend = createWasmHashBackend();

it('hashes as scure does', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.array(felt, { maxLength: 12 }), (values) => {
      expect(backend.hashMany(values)).toBe(poseidonHashMany(values));
    }),
    { numRuns: 2_500 },
  );
});

it('gives the same answer whatever was hashed before', () => {
  fc.assert(
    fc.property(fc.array(felt), fc.array(felt), (a, b) => {
      const first = backend.hashMany(a);
      backend.hashMany(b);
      expect(backend.hashMany(a)).toBe(first);
    }),
    { numRuns: 500 },
  );
});
