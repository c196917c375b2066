import { describe, expect, it } from 'vitest';
import { refusalOf } from '../test/keystore-fixture.ts';
import {
  arrangeEntries,
  assertKeyId,
  baseKeyId,
  MAX_KEYS,
  nextGeneration,
  parseEntries,
  toMessageKinds,
  toPublicPart,
} from './keystore-entry.ts';

type Json = Record<string, unknown>;

const json = (keyId: string, generation: number, changes: Json = {}): Json => ({
  keyId,
  publicKey: `0x${generation}${keyId.length}`,
  createdAt: '2026-01-31T12:00:00.000Z',
  messageKinds: ['invoke-v1', 'outside-v2'],
  generation,
  retired: keyId.includes('@'),
  successor: null,
  ...changes,
});
const KEYS: readonly Json[] = [
  json('agent', 3),
  json('agent@1', 1, { successor: 'agent@2' }),
  json('agent@2', 2, { successor: 'agent', publicKey: '0xabc' }),
  json('backup', 1),
];
const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];
const changed = (index: number, changes: Json): unknown => ({
  keys: KEYS.map((key, at) => (at === index ? { ...key, ...changes } : key)),
});

describe('public part', () => {
  it('comes back as it was written', () => {
    expect(toPublicPart(parseEntries({ keys: KEYS }))).toEqual({ keys: KEYS });
    expect(parseEntries({ keys: [] })).toEqual([]);
  });

  it.each([
    ['an upper-case public key', 0, { publicKey: '0xA' }, 'publicKey'],
    ['a public key with a leading zero', 0, { publicKey: '0x0a' }, 'publicKey'],
    ['a public key of zero', 0, { publicKey: '0x0' }, 'publicKey'],
    ['a decimal public key', 0, { publicKey: '10' }, 'publicKey'],
    ['a public key as a number', 0, { publicKey: 10 }, 'publicKey'],
    [
      'a public key at the field prime',
      0,
      { publicKey: '0x800000000000011000000000000000000000000000000000000000000000001' },
      'publicKey',
    ],
    ['a local time', 0, { createdAt: '2026-01-31T12:00:00.000+01:00' }, 'createdAt'],
    ['a time without milliseconds', 0, { createdAt: '2026-01-31T12:00:00Z' }, 'createdAt'],
    ['the 30th of February', 0, { createdAt: '2026-02-30T12:00:00.000Z' }, 'createdAt'],
    ['the 25th hour', 0, { createdAt: '2026-01-31T25:00:00.000Z' }, 'createdAt'],
    ['no message kinds', 0, { messageKinds: [] }, 'messageKinds'],
    ['message kinds out of order', 0, { messageKinds: ['b', 'a'] }, 'messageKinds'],
    ['a message kind twice', 0, { messageKinds: ['a', 'a'] }, 'messageKinds'],
    ['an upper-case message kind', 0, { messageKinds: ['A'] }, 'messageKinds[0]'],
    ['seventeen message kinds', 0, { messageKinds: LETTERS.slice(0, 17) }, 'messageKinds'],
    ['message kinds as text', 0, { messageKinds: 'a' }, 'messageKinds'],
    ['a generation of zero', 3, { generation: 0 }, 'generation'],
    ['a generation as text', 3, { generation: '1' }, 'generation'],
    ['a generation below a retired one', 0, { generation: 1 }, 'generation'],
    ['the generation of a retired one', 0, { generation: 2 }, 'generation'],
    ['retired as a number', 0, { retired: 0 }, 'retired'],
    ['a retired key under an active name', 3, { retired: true }, 'keyId'],
    ['an active key under a retired name', 1, { retired: false }, 'keyId'],
    ['another generation than the name says', 2, { generation: 1 }, 'keyId'],
    ['a successor of an active key', 3, { successor: 'agent' }, 'successor'],
    ['a missing successor', 1, { successor: null }, 'successor'],
    ['a successor that is skipped', 1, { successor: 'agent' }, 'successor'],
    ['a key id with a blank', 3, { keyId: 'back up' }, 'keyId'],
    ['an empty key id', 3, { keyId: '' }, 'keyId'],
    ['a key id of 65 characters', 3, { keyId: 'b'.repeat(65) }, 'keyId'],
    ['a key id with generation zero', 2, { keyId: 'agent@0' }, 'keyId'],
    ['a key id with two generations', 2, { keyId: 'agent@2@2' }, 'keyId'],
  ])('refuses %s', (_, index, changes, field) => {
    const error = refusalOf(() => parseEntries(changed(index, changes)));
    expect(error).toMatchObject({
      code: 'ERR_KEYSTORE_MALFORMED',
      details: { field: `public.keys[${index}].${field}` },
    });
  });

  it.each([
    ['an unknown field', changed(0, { note: 1 }), 'public.keys[0]'],
    ['an unknown field beside the keys', { keys: [], note: 1 }, 'public'],
    ['an entry that is no object', { keys: [null] }, 'public.keys[0]'],
    ['entries that are no list', { keys: {} }, 'public.keys'],
    ['entries out of order', { keys: [KEYS[3], ...KEYS.slice(0, 3)] }, 'public.keys'],
    ['a key id twice', changed(3, { keyId: 'agent', generation: 4 }), 'public.keys'],
    ['a key under two ids', changed(3, { publicKey: KEYS[0]?.publicKey }), 'public.keys'],
    ['a list', [], 'public'],
    ['null', null, 'public'],
  ])('refuses %s', (_, value, field) => {
    const error = refusalOf(() => parseEntries(value));
    expect(error).toMatchObject({ code: 'ERR_KEYSTORE_MALFORMED', details: { field } });
  });

  it('refuses more entries than allowed', () => {
    const keys = Array.from({ length: MAX_KEYS + 1 }, (_, index) =>
      json(`k${`${index}`.padStart(4, '0')}`, 1, { publicKey: `0x${(index + 1).toString(16)}` }),
    );
    expect(parseEntries({ keys: keys.slice(1) })).toHaveLength(MAX_KEYS);
    expect(refusalOf(() => parseEntries({ keys })).details.field).toBe('public.keys');
  });

  it.each(Object.keys(KEYS[0] ?? {}))('refuses an entry without %s', (name) => {
    const entry = Object.fromEntries(Object.entries(KEYS[0] ?? {}).filter(([at]) => at !== name));
    const error = refusalOf(() => parseEntries({ keys: [entry] }));
    expect(error.details.field).toBe(`public.keys[0].${name}`);
  });
});

describe('names', () => {
  it.each(['a', 'A-1_b.c', '.', '..', '__proto__', 'x'.repeat(64)])('accepts `%s`', (keyId) => {
    expect(() => assertKeyId(keyId)).not.toThrow();
  });

  it.each(['', 'x'.repeat(65), 'a@1', 'a b', 'a/b', 'ä', 'a\n', 'a\0'])('refuses %j', (keyId) => {
    const error = refusalOf(() => assertKeyId(keyId));
    expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID', details: { field: 'keyId' } });
  });

  it('tells the key id of a retired key', () => {
    expect([baseKeyId('agent@12'), baseKeyId('agent')]).toEqual(['agent', 'agent']);
  });

  it('counts on from retired keys whose active key is gone', () => {
    const entries = parseEntries({ keys: KEYS });
    expect(nextGeneration(entries, 'agent')).toBe(4);
    expect(
      nextGeneration(
        entries.filter(({ retired }) => retired),
        'agent',
      ),
    ).toBe(3);
    expect(nextGeneration(entries, 'other')).toBe(1);
  });

  it('points over a removed key to the next one', () => {
    const entries = parseEntries({ keys: KEYS }).filter(({ keyId }) => keyId !== 'agent@2');
    expect(arrangeEntries(entries)[1]?.successor).toBe('agent');
  });
});

describe('message kinds', () => {
  it('are sorted, each once', () => {
    expect(toMessageKinds(['b', 'a', 'b'])).toEqual(['a', 'b']);
  });

  it.each([
    ['none', []],
    ['too many', Array.from({ length: 17 }, (_, i) => `k${i}`)],
    ['an upper-case one', ['Invoke']],
    ['an empty one', ['']],
  ])('refuses %s', (_, kinds) => {
    const error = refusalOf(() => toMessageKinds(kinds));
    expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID', details: { field: 'messageKinds' } });
  });
});
