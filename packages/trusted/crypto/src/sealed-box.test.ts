import { Secret } from '@countersign/protocol';
import { describe, expect, it, vi } from 'vitest';
import { CHEAP, PASSPHRASE, refusalOf } from '../test/keystore-fixture.ts';
import { openBytes, readPublicPart, sealBytes } from './sealed-box.ts';
import { createSealingKey } from './sealing-key.ts';

const scrypt = vi.hoisted(() => ({ calls: 0 }));
vi.mock('node:crypto', async (load) => {
  const real = await load<typeof import('node:crypto')>();
  const scryptSync: typeof real.scryptSync = (...args) => {
    scrypt.calls += 1;
    return real.scryptSync(...args);
  };
  return { ...real, scryptSync };
});

type Json = Record<string, unknown>;

const KEY = createSealingKey(PASSPHRASE, { cost: CHEAP });
const PLAIN = Buffer.from('thirty-two bytes of key material');
const PUBLIC = { keys: [{ keyId: 'agent', limit: 3 }], note: 'ö' };
const SEALED = sealBytes(PLAIN, { purpose: 'test', sealWith: KEY, publicPart: PUBLIC });
const OPEN = sealBytes(PLAIN, { purpose: 'test', sealWith: 'none', publicPart: PUBLIC });

const PROTOTYPE: unknown = JSON.parse('{ "__proto__": 1 }');

const open = (bytes: Uint8Array): ReturnType<typeof openBytes> =>
  openBytes(bytes, { purpose: 'test', passphrase: PASSPHRASE });
const openPlain = (bytes: Uint8Array): ReturnType<typeof openBytes> =>
  openBytes(bytes, { purpose: 'test' });
const toJson = (bytes: Uint8Array): Json => JSON.parse(Buffer.from(bytes).toString());
const toBytes = (json: unknown): Uint8Array => Buffer.from(`${JSON.stringify(json, null, 2)}\n`);
const altered = (bytes: Uint8Array, change: (json: Json) => unknown): Uint8Array => {
  const json = toJson(bytes);
  return toBytes(change(json) ?? json);
};
const set = (path: string, value: unknown) => (json: Json) => {
  const names = path.split('.');
  const last = names.pop() ?? '';
  const parent = names.reduce<Json>((at, name) => at[name] as Json, json);
  parent[last] = value;
};

// Passphrase of the fixture, salt and IV of zeros. Recomputed with Python's hashlib and cryptography.
const VERSION_1 = `{
  "format": "countersign-sealed-box",
  "version": 1,
  "purpose": "test",
  "protection": "passphrase",
  "kdf": {
    "name": "scrypt",
    "N": 1024,
    "r": 1,
    "p": 1,
    "salt": "0000000000000000000000000000000000000000000000000000000000000000"
  },
  "cipher": {
    "name": "aes-256-gcm",
    "iv": "000000000000000000000000"
  },
  "public": {
    "a": 1
  },
  "sealed": "9ac31393d5b1",
  "tag": "33bdfde6f5eb8f99557a242707b07790"
}
`;

describe('round trip', () => {
  it('gives back payload and public part', () => {
    const box = open(SEALED);
    expect(Buffer.from(box.plain.reveal())).toEqual(PLAIN);
    expect(box.publicPart).toEqual(PUBLIC);
    expect(Buffer.from(SEALED).includes(PLAIN.toString('hex'))).toBe(false);
  });

  it('keeps an empty payload and a public part of any form', () => {
    const bytes = sealBytes(new Uint8Array(), { purpose: 'test', sealWith: KEY });
    expect(open(bytes).plain.reveal()).toHaveLength(0);
    expect(open(bytes).publicPart).toEqual({});
  });

  it('gives the key for the next write, which needs no derivation', () => {
    const { sealedWith } = open(SEALED);
    const before = scrypt.calls;
    const again = sealBytes(PLAIN, { purpose: 'test', sealWith: sealedWith });
    expect(scrypt.calls).toBe(before);
    expect(Buffer.from(open(again).plain.reveal())).toEqual(PLAIN);
  });

  it('uses a new IV for each write', () => {
    const ivs = [1, 2].map(
      () => toJson(sealBytes(PLAIN, { purpose: 'test', sealWith: KEY })).cipher,
    );
    expect(ivs[0]).not.toEqual(ivs[1]);
  });

  it('keeps the payload readable without protection, and says so', () => {
    const json = toJson(OPEN);
    expect(json).toMatchObject({ protection: 'none', plain: PLAIN.toString('hex') });
    expect(openPlain(OPEN).sealedWith).toBe('none');
    expect(Buffer.from(openPlain(OPEN).plain.reveal())).toEqual(PLAIN);
  });

  it('reads the public part without a passphrase and without deriving', () => {
    const before = scrypt.calls;
    const found = readPublicPart(SEALED, 'test');
    expect(found).toEqual({ protection: 'passphrase', publicPart: PUBLIC });
    expect(scrypt.calls).toBe(before);
  });

  it('opens the file that version 1 wrote', () => {
    const box = open(Buffer.from(VERSION_1));
    expect(Buffer.from(box.plain.reveal()).toString()).toBe('pinned');
    expect(box.publicPart).toEqual({ a: 1 });
  });

  it('still writes it byte for byte', () => {
    const randomBytes = (size: number): Uint8Array => new Uint8Array(size);
    const sealWith = createSealingKey(PASSPHRASE, { cost: CHEAP, randomBytes });
    const options = { purpose: 'test', sealWith, publicPart: { a: 1 }, randomBytes };
    const bytes = sealBytes(Buffer.from('pinned'), options);
    expect(Buffer.from(bytes).toString()).toBe(VERSION_1);
  });
});

describe('refusals before any derivation', () => {
  const cases: readonly (readonly [string, string, (json: Json) => unknown])[] = [
    ['another format', 'format', set('format', 'countersign-sealed-boxes')],
    ['a version from the future', 'version', set('version', 2)],
    ['the version as text', 'version', set('version', '1')],
    ['another purpose', 'purpose', set('purpose', 'keystore')],
    ['an unknown protection', 'protection', set('protection', 'rot13')],
    ['another cipher', 'cipher.name', set('cipher.name', 'aes-128-gcm')],
    ['a short IV', 'cipher.iv', set('cipher.iv', '00'.repeat(8))],
    ['a long IV', 'cipher.iv', set('cipher.iv', '00'.repeat(16))],
    ['a short tag', 'tag', set('tag', '00'.repeat(4))],
    ['a tag of another type', 'tag', set('tag', 7)],
    ['an odd number of hex digits', 'sealed', set('sealed', '000')],
    ['upper-case hex', 'sealed', set('sealed', 'AB')],
    ['scrypt with N for 1 TiB', 'kdf.N', set('kdf.N', 2 ** 30)],
    ['scrypt with r for 16 GiB', 'kdf.r', set('kdf.r', 1024)],
    ['scrypt with p for an hour', 'kdf.p', set('kdf.p', 10_000)],
    ['an unknown field', '', set('comment', 'x')],
    ['an unknown field of the cipher', 'cipher', set('cipher.aad', '')],
    ['a missing field', 'tag', ({ tag: _, ...rest }) => rest],
    ['a list', 'format', () => []],
    ['a text', 'file', () => 'null'],
    ['a number', 'file', () => 1],
  ];
  it.each(cases)('%s', (_, field, change) => {
    const before = scrypt.calls;
    const error = refusalOf(() => open(altered(SEALED, change)));
    expect(error).toMatchObject({ code: 'ERR_KEYSTORE_MALFORMED', details: { field } });
    expect(scrypt.calls).toBe(before);
  });

  const text = Buffer.from(SEALED).toString();
  it.each([
    ['nothing', ''],
    ['half a file', text.slice(0, text.length / 2)],
    ['a missing last byte', text.slice(0, -1)],
    ['text after the end', `${text}x`],
    ['a blank after the end', `${text} `],
    ['a byte order mark', `\ufeff${text}`],
    ['other blanks', JSON.stringify(JSON.parse(text))],
    ['another order of fields', text.replace(/( {2}"format".*\n)( {2}"version".*\n)/, '$2$1')],
    ['a key twice', text.replace('"version": 1,', '"version": 1,\n  "version": 1,')],
    ['a second spelling of a number', text.replace('"N": 1024', '"N": 1.024e3')],
    ['a second spelling of a character', text.replace('"purpose"', '"p\\u0075rpose"')],
    ['a field of the prototype', text.replace('  "version"', '  "__proto__": 1,\n  "version"')],
    ['a million open brackets', '['.repeat(1_000_000)],
    [
      'a public part a hundred thousand levels deep',
      text.replace('"ö"', '['.repeat(100_000) + ']'.repeat(100_000)),
    ],
  ])('%s', (_, content) => {
    const before = scrypt.calls;
    const error = refusalOf(() => open(Buffer.from(content)));
    expect(error.code).toBe('ERR_KEYSTORE_MALFORMED');
    expect(scrypt.calls).toBe(before);
  });

  it('a file above the limit, whatever is in it', () => {
    const error = refusalOf(() => open(Buffer.alloc(1_048_577, ' ')));
    expect(error.details).toEqual({ field: 'file', expected: 'at most 1048576 bytes' });
  });

  it('bytes that are not UTF-8', () => {
    const bytes = Buffer.from(SEALED);
    bytes[bytes.indexOf('ö')] = 0xff;
    expect(refusalOf(() => open(bytes)).code).toBe('ERR_KEYSTORE_MALFORMED');
  });
});

describe('what authentication finds', () => {
  const flipped = (hex: unknown, at = 0): string => {
    const text = String(hex);
    return text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1);
  };
  const cases: readonly (readonly [string, (json: Json) => unknown])[] = [
    ['another salt', (json) => set('kdf.salt', flipped((json.kdf as Json).salt))(json)],
    ['a higher cost', set('kdf.N', 2048)],
    ['a larger block', set('kdf.r', 2)],
    ['more lanes', set('kdf.p', 2)],
    ['another IV', (json) => set('cipher.iv', flipped((json.cipher as Json).iv))(json)],
    ['another public value', set('public.note', 'o')],
    ['another public number', set('public.keys.0.limit', 4)],
    ['one more public value', set('public.more', true)],
    ['a public field of the prototype', (json) => ({ ...json, public: PROTOTYPE })],
    ['an empty public part', set('public', {})],
    ['a shorter payload', (json) => set('sealed', String(json.sealed).slice(2))(json)],
    ['a longer payload', (json) => set('sealed', `${json.sealed}00`)(json)],
    ['an empty payload', set('sealed', '')],
  ];
  it.each(cases)('%s', (_, change) => {
    const error = refusalOf(() => open(altered(SEALED, change)));
    expect(error.code).toBe('ERR_KEYSTORE_LOCKED');
  });

  it.each(['sealed', 'tag'])('every altered digit of %s', (field) => {
    const { length } = String(toJson(SEALED)[field]);
    for (let at = 0; at < length; at += 1) {
      const bytes = altered(SEALED, (json) => set(field, flipped(json[field], at))(json));
      expect(refusalOf(() => open(bytes)).code).toBe('ERR_KEYSTORE_LOCKED');
    }
  });

  it('a purpose that was altered to fit', () => {
    const bytes = altered(SEALED, set('purpose', 'keystore'));
    const error = refusalOf(() =>
      openBytes(bytes, { purpose: 'keystore', passphrase: PASSPHRASE }),
    );
    expect(error.code).toBe('ERR_KEYSTORE_LOCKED');
  });

  it('a wrong passphrase', () => {
    const passphrase = new Secret('correct horse battery stapler');
    const error = refusalOf(() => openBytes(SEALED, { purpose: 'test', passphrase }));
    expect(error.code).toBe('ERR_KEYSTORE_LOCKED');
  });

  it('a missing passphrase', () => {
    const before = scrypt.calls;
    expect(refusalOf(() => openPlain(SEALED)).code).toBe('ERR_KEYSTORE_LOCKED');
    expect(scrypt.calls).toBe(before);
  });

  it('a plain file put in the place of a sealed one', () => {
    expect(refusalOf(() => open(OPEN))).toMatchObject({
      code: 'ERR_KEYSTORE_LOCKED',
      details: { reason: 'the file is not protected by a passphrase, although one was given' },
    });
  });
});

describe('accidents that a plain file shows', () => {
  it.each([
    ['payload', set('plain', '00'.repeat(32))],
    ['public part', set('public.note', 'o')],
    ['checksum', set('checksum', '00'.repeat(32))],
  ])('an altered %s', (_, change) => {
    expect(refusalOf(() => openPlain(altered(OPEN, change)))).toMatchObject({
      code: 'ERR_KEYSTORE_MALFORMED',
      details: { field: 'checksum' },
    });
  });

  it('a sealed file whose protection was altered to none', () => {
    const bytes = altered(SEALED, set('protection', 'none'));
    expect(refusalOf(() => openPlain(bytes)).code).toBe('ERR_KEYSTORE_MALFORMED');
  });
});

describe('writing', () => {
  it.each(['', 'Upper', 'with blank', 'x'.repeat(33)])('refuses the purpose `%s`', (purpose) => {
    const error = refusalOf(() => sealBytes(PLAIN, { purpose, sealWith: KEY }));
    expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID', details: { field: 'purpose' } });
  });

  it('refuses a file that it would not open again', () => {
    const large = new Uint8Array(524_288);
    const error = refusalOf(() => sealBytes(large, { purpose: 'test', sealWith: KEY }));
    expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID', details: { field: 'content' } });
  });

  it('refuses an IV of another length', () => {
    const randomBytes = (): Uint8Array => new Uint8Array(8);
    const error = refusalOf(() =>
      sealBytes(PLAIN, { purpose: 'test', sealWith: KEY, randomBytes }),
    );
    expect(error.code).toBe('ERR_INTERNAL');
  });
});
