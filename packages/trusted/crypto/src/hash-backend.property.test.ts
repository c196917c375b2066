/** Every backend against the reference, on lists of every length a request can have. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { felt } from './fixtures/arbitraries.ts';
import { createAllBackends } from './fixtures/backends.ts';
import { createScureHashBackend } from './scure-hash-backend.ts';

const reference = createScureHashBackend();
const others = createAllBackends().filter(({ name }) => name !== 'scure');

describe.each(others)('backend $name hashes as the reference does', (backend) => {
  it('2,000 short lists', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.array(felt, { maxLength: 9 }), (values) => {
        expect(backend.hashMany(values)).toBe(reference.hashMany(values));
      }),
      { numRuns: 2_000 },
    );
  });

  it('every length up to 70, and the longest a request can have', { timeout: 120_000 }, () => {
    const [values = []] = fc.sample(fc.array(felt, { minLength: 2_244, maxLength: 2_244 }), 1);
    for (let length = 0; length <= 70; length += 1) {
      const list = values.slice(length, 2 * length);
      expect(backend.hashMany(list)).toBe(reference.hashMany(list));
    }
    expect(backend.hashMany(values)).toBe(reference.hashMany(values));
    expect(backend.hashMany(values.slice(1))).toBe(reference.hashMany(values.slice(1)));
  });
});
