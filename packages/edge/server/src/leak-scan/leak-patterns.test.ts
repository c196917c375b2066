import { describe, expect, it } from 'vitest';
import { LEAK_PATTERNS } from './leak-patterns.ts';

/** Quantifiers of an expression, as written: `*`, `+`, `?`, `{1,3}`; classes and escapes removed. */
function quantifiers(source: string): readonly string[] {
  const plain = source.replace(/\\./g, 'e').replace(/\[(?:[^\]])*\]/g, 'c');
  return plain.match(/(?<!\()[*+?]|\{[0-9,]+\}/g) ?? [];
}

/** Groups with a quantifier behind them, innermost first. */
function quantifiedGroups(source: string): readonly string[] {
  const plain = source.replace(/\\./g, 'e').replace(/\[(?:[^\]])*\]/g, 'c');
  return plain.match(/\((?:[^()]|\([^()]*\))*\)(?:[*+?]|\{[0-9,]+\})/g) ?? [];
}

const EXPRESSIONS = LEAK_PATTERNS.flatMap(({ id, expressions }) =>
  expressions.map((expression) => ({ id, expression, source: expression.source })),
);

describe('every expression works in linear time', () => {
  it.each(EXPRESSIONS)(
    '$id: quantifiers are bounded, or a run of blanks: $source',
    ({ source }) => {
      const bounded = source.replaceAll('\\s*', '');
      expect(quantifiers(bounded).filter((q) => q === '*' || q === '+' || /,\}$/.test(q))).toEqual(
        [],
      );
      // after an unbounded run of blanks comes something that is no blank
      expect(source).not.toMatch(/\\s\*(?:\\s|\.|\[\^|\[[^\]]*\\s|\()/);
    },
  );

  it.each(EXPRESSIONS)('$id: no group repeats a repetition: $source', ({ source }) => {
    const nested = quantifiedGroups(source).filter((group) => {
      const inner = quantifiers(group.replace(/(?:[*+?]|\{[0-9,]+\})$/, ''));
      return !group.endsWith('?') && inner.length > 0;
    });
    expect(nested).toEqual([]);
  });

  it('notices an expression that does not', () => {
    expect(quantifiers('(?:a+)+')).toEqual(['+', '+']);
    expect(quantifiedGroups('x(?:a+)+')).toEqual(['(?:a+)+']);
    expect(quantifiers('[a+]{2,}b?')).toEqual(['{2,}', '?']);
  });
});

describe('the table', () => {
  it('starts with the six ids of the older scanner, in its order', () => {
    expect(LEAK_PATTERNS.slice(0, 6).map(({ id }) => id)).toEqual([
      'env.starknet_private_key',
      'env.session_private_key',
      'env.keyring_hmac_secret',
      'json.private_key',
      'kv.private_key',
      'pem.private_key',
    ]);
  });

  it('names every row once', () => {
    expect(new Set(LEAK_PATTERNS.map(({ id }) => id)).size).toBe(LEAK_PATTERNS.length);
  });

  it('keeps no state between texts', () => {
    expect(EXPRESSIONS.filter(({ expression }) => expression.global || expression.sticky)).toEqual(
      [],
    );
  });

  it('writes anchors in lower case', () => {
    const anchors = LEAK_PATTERNS.flatMap((pattern) => pattern.anchors);
    expect(anchors).toEqual(anchors.map((anchor) => anchor.toLowerCase()));
  });
});
