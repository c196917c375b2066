import { Secret } from '@countersign/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDenialText } from './denial-text.ts';

const TOKEN = 'tok-123';
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const isSafe = (text: string): boolean =>
  text.length > 0 &&
  text.length <= 512 &&
  text.isWellFormed() &&
  !FORBIDDEN.test(text) &&
  !text.includes(TOKEN);

describe('readDenialText is safe to show', () => {
  it('for any text, credentials mixed in', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(TOKEN, '\u202e', '\r\n', 'tok', '-123', '\u200b'),
    );
    const error = fc.array(piece, { maxLength: 200 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(error, (text) => {
        const body = Buffer.from(JSON.stringify({ error: text }));
        expect(isSafe(readDenialText(body, [new Secret(TOKEN)]))).toBe(true);
      }),
    );
  });

  it('for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (body) => {
        expect(isSafe(readDenialText(body, [new Secret(TOKEN)]))).toBe(true);
      }),
    );
  });
});
