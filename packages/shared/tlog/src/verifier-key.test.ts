import { describe, expect, it } from 'vitest';
import { MISCONFIGURED, refusal } from './fixtures/refusals.ts';
import { createTestWitness } from './fixtures/test-log.ts';
import { readSignedNotes } from './fixtures/vectors.ts';
import {
  createVerifierKey,
  formatVerifierKey,
  KEY_TYPE,
  parseVerifierKey,
  verifyTextSignature,
} from './verifier-key.ts';

const { notes, cosigned } = readSignedNotes();
const published = [
  ...notes.flatMap((note) => note.verifierKeys),
  cosigned.logKey,
  ...cosigned.witnessKeys,
];
const [PETER = ''] = published;

describe('published keys', () => {
  it.each(published)('reads and writes %s', (text) => {
    const key = parseVerifierKey(text);
    expect(formatVerifierKey(key)).toBe(text);
    expect(key.publicKey).toHaveLength(32);
    expect(createVerifierKey(key.name, key.type, key.publicKey)).toEqual(key);
  });

  it('tells the two types apart', () => {
    expect(parseVerifierKey(PETER).type).toBe(KEY_TYPE.ed25519);
    expect(parseVerifierKey(cosigned.witnessKeys[0] ?? '').type).toBe(KEY_TYPE.cosignature);
  });
});

describe('key texts that are refused', () => {
  it('refuses every part of a key', () => {
    for (let start = 0; start <= PETER.length; start += 1) {
      for (let end = start; end <= PETER.length; end += 1) {
        if (end - start === PETER.length) continue;
        expect(() => parseVerifierKey(PETER.slice(start, end))).toThrow(MISCONFIGURED);
      }
    }
  });

  it('refuses every key with one character changed', () => {
    for (let at = 0; at < PETER.length; at += 1) {
      const next = String.fromCharCode(PETER.charCodeAt(at) + 1);
      const changed = `${PETER.slice(0, at)}${next}${PETER.slice(at + 1)}`;
      expect(() => parseVerifierKey(changed)).toThrow(MISCONFIGURED);
    }
  });

  it.each([
    [
      'a key that is not 32 bytes, with its own id',
      'key.example+64e84b39+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fIA==',
      'the public key is not 32 bytes',
    ],
    [
      'an unknown type, with its own id',
      'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
      'the signature type is neither Ed25519 nor its cosignature',
    ],
    ['an id in upper case', PETER.replace('c74f20a3', 'C74F20A3'), 'expected name+id+base64'],
    [
      'the id of another key',
      PETER.replace('c74f20a3', 'c74f20a4'),
      'the key id does not belong to this name and key',
    ],
    [
      'a name with a space',
      PETER.replace('PeterNeumann', 'Peter Neumann'),
      'empty, or has white space or a plus sign',
    ],
    ['a line after it', `${PETER}\n`, 'expected name+id+base64'],
    [
      'a secret key',
      'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz',
      'expected name+id+base64',
    ],
    ['nothing', '', 'expected name+id+base64'],
  ])('refuses %s', (_, text, reason) => {
    expect(() => parseVerifierKey(text)).toThrow(refusal('ERR_CONFIG_INVALID', reason));
  });

  it.each(['', 'a b', 'a+b', 'a\u00a0b', 'a\u0085b', 'a\u2003b', 'a\nb', 'a\u0007', '\ud800'])(
    'refuses the name %j',
    (name) => {
      const { publicKey } = parseVerifierKey(PETER);
      expect(() => createVerifierKey(name, KEY_TYPE.ed25519, publicKey)).toThrow(MISCONFIGURED);
    },
  );
});

describe('cosignatures', () => {
  const witness = createTestWitness('witness.example/w1', 2);
  const text = 'log.example\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
  const { signature } = witness.cosign(text);

  it('holds over the text and the time', () => {
    expect(verifyTextSignature(witness.key, text, signature)).toBe(true);
    expect(verifyTextSignature(witness.key, `${text}x\n`, signature)).toBe(false);
  });

  it('fails with any bit of time or signature flipped', () => {
    for (let bit = 0; bit < signature.length * 8; bit += 1) {
      const at = Math.floor(bit / 8);
      const flipped = signature.with(at, (signature[at] ?? 0) ^ (1 << (bit % 8)));
      expect(verifyTextSignature(witness.key, text, flipped)).toBe(false);
    }
  });

  it('takes times up to 2^63 - 1 and none beyond', () => {
    const last = witness.cosign(text, 2n ** 63n - 1n).signature;
    const beyond = witness.cosign(text, 2n ** 63n).signature;
    expect(verifyTextSignature(witness.key, text, last)).toBe(true);
    expect(verifyTextSignature(witness.key, text, beyond)).toBe(false);
  });

  it.each([0, 8, 63, 64, 71, 73])('fails with %i bytes', (length) => {
    const bytes = new Uint8Array(length);
    bytes.set(signature.subarray(0, length));
    expect(verifyTextSignature(witness.key, text, bytes)).toBe(false);
  });

  it('fails as a plain signature of the same key', () => {
    const plain = createVerifierKey('witness.example/w1', KEY_TYPE.ed25519, witness.key.publicKey);
    expect(verifyTextSignature(plain, text, signature)).toBe(false);
    expect(verifyTextSignature(plain, text, signature.subarray(8))).toBe(false);
  });

  it('fails, and does not throw, with a public key that is no point', () => {
    const broken = { ...witness.key, publicKey: new Uint8Array(32).fill(0xff) };
    expect(verifyTextSignature(broken, text, signature)).toBe(false);
    const short = { ...witness.key, publicKey: new Uint8Array(5) };
    expect(verifyTextSignature(short, text, signature)).toBe(false);
  });
});
