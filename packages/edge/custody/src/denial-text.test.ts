import { Secret } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { readDenialText } from './denial-text.ts';

const SECRETS = [new Secret('tok-123'), new Secret('action+456')];
const NO_REASON = 'the custodian gave no reason';

const read = (body: string | Uint8Array): string => readDenialText(Buffer.from(body), SECRETS);
const readError = (error: unknown): string => read(JSON.stringify({ error }));

describe('readDenialText', () => {
  it('keeps a plain text', () => {
    expect(readError('limit of 5 € exceeded: “daily”')).toBe('limit of 5 € exceeded: “daily”');
  });

  const speechless: readonly (readonly [string, string | Uint8Array])[] = [
    ['no body', ''],
    ['HTML', '<html>no</html>'],
    ['bytes that are not UTF-8', new Uint8Array([0x7b, 0xff])],
    ['a JSON string', '"no"'],
    ['null', 'null'],
    ['an array', '["no"]'],
    ['no error member', '{"message":"no"}'],
    ['an error that is an object', '{"error":{"text":"no"}}'],
    ['an error that is a number', '{"error":7}'],
    ['the same key twice', '{"error":"no","error":"yes"}'],
    ['an empty error', '{"error":""}'],
    ['nothing but blanks and invisible characters', '{"error":" \\u200b\\t\\u0000"}'],
  ];

  it.each(speechless)('has a text of its own for %s', (_name, body) => {
    expect(read(body)).toBe(NO_REASON);
  });

  it('turns control characters and line breaks into one blank', () => {
    expect(readError('a\r\nINFO b\u0000\u001b[31mc\u0085d\u2028e')).toBe('a INFO b [31mc d e');
  });

  it('removes characters that reorder or hide text', () => {
    expect(readError('a\u202eb\u200bc\ufeffd')).toBe('abcd');
  });

  it('hides a credential the bridge echoes', () => {
    expect(readError('bad tok-123 and action+456, tok-123')).toBe(
      'bad [redacted] and [redacted], [redacted]',
    );
  });

  it('hides a credential that invisible characters tear apart', () => {
    expect(readError('bad tok\u200b-123')).toBe('bad [redacted]');
  });

  it('hides a credential with two blanks in it', () => {
    const body = Buffer.from('{"error":"bad a  b"}');
    expect(readDenialText(body, [new Secret('a  b')])).toBe('bad [redacted]');
  });

  it('keeps 512 characters', () => {
    expect(readError('x'.repeat(512))).toBe('x'.repeat(512));
    expect(readError('x'.repeat(513))).toBe('x'.repeat(512));
  });

  it('does not cut a character in half', () => {
    expect(readError(`${'x'.repeat(511)}😀`)).toBe('x'.repeat(511));
  });

  it('does not let a credential survive at the cut', () => {
    expect(readError(`${'x'.repeat(508)}tok-123`)).toBe(`${'x'.repeat(508)}[red`);
  });
});
