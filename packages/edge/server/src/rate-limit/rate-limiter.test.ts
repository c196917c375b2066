import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientPart, rateLimitKey } from './rate-limiter.ts';

describe('rateLimitKey', () => {
  it('is what a peer writes for ordinary ids', () => {
    expect(rateLimitKey('mcp-tests', 0xabcn, 'default')).toBe('mcp-tests:0xabc:default');
  });

  it('has one spelling per account', () => {
    expect(rateLimitKey('a', BigInt('0x0111'), 'k')).toBe(rateLimitKey('a', BigInt('0X111'), 'k'));
  });

  it('keeps ids with delimiters apart', () => {
    expect(rateLimitKey('a:0x1', 2n, 'k')).toBe('a%3A0x1:0x2:k');
    expect(rateLimitKey('a%3A0x1', 2n, 'k')).toBe('a%253A0x1:0x2:k');
  });

  it('never gives two triples one key', () => {
    const id = fc.string({ unit: fc.constantFrom('a', ':', '%', '3', 'A', '2', '5', '0', 'x') });
    const triple = fc.tuple(id, fc.bigInt({ min: 0n, max: 300n }), id);
    fc.assert(
      fc.property(triple, triple, (one, two) => {
        const same = rateLimitKey(...one) === rateLimitKey(...two);
        expect(same).toBe(one.every((part, i) => part === two[i]));
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives its client part back whole', () => {
    expect(clientPart(rateLimitKey('a:b', 1n, 'c:d'))).toBe('a%3Ab');
    expect(clientPart('no delimiter')).toBe('no delimiter');
  });
});
