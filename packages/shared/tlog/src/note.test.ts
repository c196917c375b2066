import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { INVALID, MALFORMED, MISCONFIGURED, refusal } from './fixtures/refusals.ts';
import { createTestWitness, privateKeyFromSeed, privateKeyOf } from './fixtures/test-log.ts';
import { readSignedNotes, toHex } from './fixtures/vectors.ts';
import {
  createNoteSigner,
  MAX_NOTE_SIGNATURES,
  parseNote,
  serializeNote,
  signNote,
  verifyNote,
} from './note.ts';
import { parseVerifierKey } from './verifier-key.ts';

const vectors = readSignedNotes();
const signer = createNoteSigner('log.example', privateKeyOf(1));
const other = createNoteSigner('other.example', privateKeyOf(2));
const TEXT = 'a line\n\nand another\n';
const NOTE = signNote(TEXT, signer);
const LINE = NOTE.slice(TEXT.length + 1);

describe('published notes', () => {
  it.each(vectors.notes)('verifies $title', ({ note, verifierKeys, verified }) => {
    const result = verifyNote(parseNote(note), verifierKeys.map(parseVerifierKey));
    expect(result.verified).toEqual(verified);
    expect(result.unknown).toBe(0);
    expect(serializeNote(parseNote(note))).toBe(note);
  });

  it.each(vectors.notes)('verifies $title by its first key alone', ({ note, verifierKeys }) => {
    const [first = ''] = verifierKeys;
    const result = verifyNote(parseNote(note), [parseVerifierKey(first)]);
    expect(result.verified).toHaveLength(1);
    expect(result.unknown).toBe(verifierKeys.length - 1);
  });

  it.each(vectors.unverifiable)('reads $title', ({ note, text, signatures }) => {
    const read = parseNote(Buffer.from(note, 'utf8'));
    expect(read.text).toBe(text);
    expect(
      read.signatures.map(({ name, keyId, signature }) => ({
        name,
        keyId,
        bytes: signature.length,
      })),
    ).toEqual(signatures);
    expect(serializeNote(read)).toBe(note);
  });

  it('makes the published signature with the published key', () => {
    const { secretKey, text, note } = vectors.signer;
    const [, , name = '', keyId, ...encoded] = secretKey.split('+');
    const seed = Buffer.from(encoded.join('+'), 'base64').subarray(1);
    const peter = createNoteSigner(name, privateKeyFromSeed(seed));
    expect(peter.key.keyId).toBe(keyId);
    expect(signNote(text, peter)).toBe(note);
  });
});

describe('reading', () => {
  it('splits at the last empty line', () => {
    expect(parseNote(NOTE).text).toBe(TEXT);
    expect(parseNote(signNote('\n\n\n', signer)).text).toBe('\n\n\n');
    expect(parseNote(signNote('\u2014 log.example AAAA\n', signer)).text).toContain('AAAA');
  });

  it('reads bytes and text alike', () => {
    expect(parseNote(Buffer.from(NOTE, 'utf8'))).toEqual(parseNote(NOTE));
  });

  it('keeps a byte order mark as part of the text', () => {
    const marked = signNote('\ufeffa\n', signer);
    expect(parseNote(Buffer.from(marked, 'utf8')).text).toBe('\ufeffa\n');
  });

  it.each([1, 16, 17, MAX_NOTE_SIGNATURES])('accepts %i signatures', (count) => {
    expect(parseNote(`${TEXT}\n${LINE.repeat(count)}`).signatures).toHaveLength(count);
  });

  it('accepts a signature of 5000 bytes of another type', () => {
    const long = Buffer.alloc(5004, 7).toString('base64');
    const note = parseNote(`${NOTE}\u2014 pq.example ${long}\n`);
    expect(verifyNote(note, [signer.key])).toMatchObject({ verified: ['log.example'], unknown: 1 });
  });

  const encoded = LINE.split(' ')[2]?.trim() ?? '';
  it.each([
    ['nothing', ''],
    ['no signatures', TEXT],
    ['an empty signature part', `${TEXT}\n`],
    ['no empty line', `a\n${LINE}`],
    ['no last newline', NOTE.slice(0, -1)],
    ['65 signatures', `${TEXT}\n${LINE.repeat(MAX_NOTE_SIGNATURES + 1)}`],
    ['a line that is not a signature', `${NOTE}an odd line\n`],
    ['an empty last line', `${NOTE}\n`],
    ['a hyphen for the dash', NOTE.replace('\u2014', '-')],
    ['a blank for the space after the dash', NOTE.replace('\u2014 ', '\u2014\u00a0')],
    ['a second blank', NOTE.replace('\u2014 ', '\u2014  ')],
    ['no name', `${TEXT}\n\u2014 ${encoded}\n`],
    ['an empty name', `${TEXT}\n\u2014  ${encoded}\n`],
    ['a name with a plus sign', NOTE.replace('log.example', 'log+example')],
    ['a name with a wide space', NOTE.replace('log.example', 'log\u2003example')],
    ['a fourth field', NOTE.replace(/\n$/, ' x\n')],
    ['base64 without padding', NOTE.replace('==\n', '\n').replace('=\n', '\n')],
    ['base64 of the URL alphabet', `${TEXT}\n\u2014 a ${'-_'.repeat(46)}\n`],
    ['base64 with loose bits', `${TEXT}\n\u2014 a AAAAAAB=\n`],
    ['a signature of no bytes', `${TEXT}\n\u2014 a AAAAAA==\n`],
    ['a tab', NOTE.replace('a line', 'a\tline')],
    ['a carriage return', NOTE.replaceAll('\n', '\r\n')],
    ['a NUL', NOTE.replace('a line', 'a\0line')],
    ['a lone surrogate', NOTE.replace('a line', '\ud800')],
    ['more than 1 MiB', `${'a'.repeat(1_048_576)}\n\n${LINE}`],
  ])('refuses %s', (_, text) => {
    expect(() => parseNote(text)).toThrow(MALFORMED);
  });

  it.each([
    ['an overlong form', [0xc0, 0x8a]],
    ['a lone continuation', [0x80]],
    ['an encoded surrogate', [0xed, 0xa0, 0x80]],
    ['a cut-off character', [0xe2, 0x80]],
  ])('refuses bytes with %s', (_, bytes) => {
    const note = Buffer.concat([Buffer.from(bytes), Buffer.from(NOTE, 'utf8')]);
    expect(() => parseNote(note)).toThrow(refusal('ERR_PROOF_MALFORMED', 'not valid UTF-8'));
  });
});

describe('writing', () => {
  it.each([
    ['a text without a last newline', 'a'],
    ['a text that would end in a signature', `${TEXT}\n${LINE.trimEnd()}`],
    ['no text', ''],
    ['a text with a carriage return', 'a\r\n'],
    ['a text with a lone surrogate', '\udc00\n'],
  ])('refuses to sign %s', (_, text) => {
    expect(() => signNote(text, signer)).toThrow(MALFORMED);
  });

  it.each([
    ['no signature', []],
    ['a name that is two lines', [{ name: 'a\n', keyId: '00000000', signature: Uint8Array.of(1) }]],
    [
      'a name with more behind it',
      [{ name: 'a AAAAAAA=\n\u2014 b', keyId: '00000000', signature: Uint8Array.of(1) }],
    ],
    ['a key id in capitals', [{ name: 'a', keyId: 'ABCDEF00', signature: Uint8Array.of(1) }]],
    ['a short key id', [{ name: 'a', keyId: '0000', signature: Uint8Array.of(1, 2, 3) }]],
    ['a key id that is not hex', [{ name: 'a', keyId: 'zzzzzzzz', signature: new Uint8Array(9) }]],
    ['an empty signature', [{ name: 'a', keyId: '00000000', signature: new Uint8Array(0) }]],
  ])('refuses to write %s', (_, signatures) => {
    expect(() => serializeNote({ text: TEXT, signatures })).toThrow(MALFORMED);
  });

  it('refuses a signing key that is not a private Ed25519 key', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { publicKey: ed25519Public } = generateKeyPairSync('ed25519');
    for (const key of [privateKey, publicKey, ed25519Public]) {
      expect(() => createNoteSigner('log.example', key)).toThrow(MISCONFIGURED);
    }
    expect(() => createNoteSigner('a b', privateKeyOf(1))).toThrow(MISCONFIGURED);
  });

  it('never shows the key in the signer', () => {
    const seed = toHex(new Uint8Array(32).fill(1));
    expect(JSON.stringify(signer)).not.toContain(seed);
  });
});

describe('verifying', () => {
  const withBoth = serializeNote({ text: TEXT, signatures: [signer.sign(TEXT), other.sign(TEXT)] });
  const broken = { ...other.sign(TEXT), signature: new Uint8Array(64) };

  it('names each key once and counts unknown lines', () => {
    const signatures = [signer.sign(TEXT), other.sign(TEXT), signer.sign(TEXT), broken];
    const result = verifyNote({ text: TEXT, signatures }, [signer.key]);
    expect(result).toEqual({ text: TEXT, verified: ['log.example'], unknown: 2 });
  });

  it('refuses the whole note for one failing signature of a known key', () => {
    const signatures = [signer.sign(TEXT), broken];
    const verify = () => verifyNote({ text: TEXT, signatures }, [signer.key, other.key]);
    const reason = 'a signature of a known key does not hold';
    expect(verify).toThrow(refusal('ERR_PROOF_INVALID', reason));
  });

  it('refuses a second, failing signature of a key that signed well before', () => {
    const signatures = [signer.sign(TEXT), { ...signer.sign(TEXT), signature: new Uint8Array(64) }];
    expect(() => verifyNote({ text: TEXT, signatures }, [signer.key])).toThrow(INVALID);
  });

  it('refuses a note without a known key', () => {
    const reason = 'no signature of a known key';
    expect(() => verifyNote(parseNote(NOTE), [other.key])).toThrow(
      refusal('ERR_PROOF_INVALID', reason),
    );
    expect(() => verifyNote(parseNote(NOTE), [])).toThrow(refusal('ERR_PROOF_INVALID', reason));
  });

  it('ignores keys that share only the name or only the id', () => {
    const sameName = createNoteSigner('log.example', privateKeyOf(3));
    const sameId = { ...other.key, keyId: signer.key.keyId };
    for (const key of [sameName.key, sameId]) {
      expect(() => verifyNote(parseNote(NOTE), [key])).toThrow(INVALID);
      expect(verifyNote(parseNote(NOTE), [key, signer.key]).verified).toEqual(['log.example']);
    }
  });

  it('refuses the signature of another text', () => {
    const signatures = [signer.sign('another text\n')];
    expect(() => verifyNote({ text: TEXT, signatures }, [signer.key])).toThrow(INVALID);
  });

  it('takes a key given twice for one and refuses two keys under one name and id', () => {
    const twice = [signer.key, parseVerifierKey(vectors.cosigned.logKey), { ...signer.key }];
    expect(verifyNote(parseNote(NOTE), twice).verified).toEqual(['log.example']);
    const clash = { ...signer.key, publicKey: other.key.publicKey };
    for (const keys of [
      [signer.key, clash],
      [clash, signer.key],
    ]) {
      expect(() => verifyNote(parseNote(NOTE), keys)).toThrow(MISCONFIGURED);
    }
  });

  it('verifies plain signatures and cosignatures side by side', () => {
    const witness = createTestWitness('witness.example', 4);
    const note = {
      text: TEXT,
      signatures: [...parseNote(withBoth).signatures, witness.cosign(TEXT)],
    };
    const result = verifyNote(note, [witness.key, signer.key]);
    expect(result).toEqual({
      text: TEXT,
      verified: ['log.example', 'witness.example'],
      unknown: 1,
    });
  });
});
