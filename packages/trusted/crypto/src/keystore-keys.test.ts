import { CURVE_ORDER, Secret } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import {
  DEPS,
  keystorePath,
  NOW_MS,
  PASSPHRASE,
  refusalOf,
  savedKeystore,
} from '../test/keystore-fixture.ts';
import { createKeystore, openKeystore, saveKeystore } from './keystore.ts';
import { MAX_KEYS } from './keystore-entry.ts';
import { addKey, importKey, removeKey, restoreKey, rotateKey } from './keystore-keys.ts';
import type { Keystore } from './keystore-state.ts';
import { publicKeyX } from './stark-signature.ts';

const KINDS = ['invoke-v1'];
const ids = (keystore: Keystore): readonly string[] => keystore.entries().map(({ keyId }) => keyId);
const entry = (keystore: Keystore, id: string): unknown =>
  keystore.entries().find(({ keyId }) => keyId === id);
const secret = (keystore: Keystore, keyId: string): bigint =>
  keystore.privateKey(keyId, { retired: true }).reveal();

describe('adding', () => {
  it('makes a key in range whose public part fits', () => {
    const keystore = savedKeystore();
    const privateKey = keystore.privateKey('agent');
    expect(privateKey.reveal()).toBeGreaterThan(0n);
    expect(privateKey.reveal()).toBeLessThan(CURVE_ORDER);
    expect(entry(keystore, 'agent')).toEqual({
      keyId: 'agent',
      publicKey: publicKeyX(privateKey),
      createdAtMs: NOW_MS,
      messageKinds: ['invoke-v1', 'outside-v2'],
      generation: 1,
      retired: false,
      successor: undefined,
    });
  });

  it('leaves the keystore it was given as it was', () => {
    const keystore = savedKeystore();
    addKey(keystore, { keyId: 'third', messageKinds: KINDS });
    rotateKey(keystore, 'agent');
    removeKey(keystore, 'agent');
    expect(ids(keystore)).toEqual(['agent', 'backup']);
  });

  it.each([
    ['only zeros', 0x00, 1n],
    ['only ones', 0xff, (((1n << 320n) - 1n) % (CURVE_ORDER - 1n)) + 1n],
  ])('maps randomness of %s into the range', (_, byte, expected) => {
    const randomBytes = (size: number): Uint8Array => Buffer.alloc(size, byte);
    const empty = createKeystore({
      path: keystorePath(),
      protection: 'none',
      ...DEPS,
      randomBytes,
    });
    expect(secret(addKey(empty, { keyId: 'a', messageKinds: KINDS }), 'a')).toBe(expected);
  });

  it.each([
    ['a bad key id', { keyId: 'a b' }, 'keyId'],
    ['the name of a retired key', { keyId: 'agent@1' }, 'keyId'],
    ['a key id in use', { keyId: 'agent' }, 'keyId'],
    ['no message kinds', { messageKinds: [] }, 'messageKinds'],
  ])('refuses %s', (_, change, field) => {
    const error = refusalOf(() =>
      addKey(savedKeystore(), { keyId: 'third', messageKinds: KINDS, ...change }),
    );
    expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID', details: { field } });
  });

  it('keeps names of the prototype apart', () => {
    const keystore = ['__proto__', 'constructor', 'toString'].reduce(
      (at, keyId) => addKey(at, { keyId, messageKinds: KINDS }),
      savedKeystore(),
    );
    expect(ids(keystore)).toEqual(['__proto__', 'agent', 'backup', 'constructor', 'toString']);
    expect(refusalOf(() => keystore.privateKey('valueOf')).code).toBe('ERR_POLICY_KEY_UNKNOWN');
  });
});

describe('importing', () => {
  const privateKey = new Secret(0x1234n);

  it('takes a key and derives its public part', () => {
    const publicKey = publicKeyX(privateKey);
    const keystore = importKey(savedKeystore(), {
      keyId: 'old',
      messageKinds: KINDS,
      privateKey,
      publicKey,
    });
    expect(secret(keystore, 'old')).toBe(0x1234n);
    expect(entry(keystore, 'old')).toMatchObject({ publicKey, generation: 1 });
  });

  it.each([
    ['zero', 0n],
    ['the order', CURVE_ORDER],
    ['a negative number', -1n],
  ])('refuses %s', (_, value) => {
    const error = refusalOf(() =>
      importKey(savedKeystore(), {
        keyId: 'old',
        messageKinds: KINDS,
        privateKey: new Secret(value),
      }),
    );
    expect(error.code).toBe('ERR_KEY_INVALID');
  });

  it('refuses a public key of another key', () => {
    const key = { keyId: 'old', messageKinds: KINDS, privateKey, publicKey: 5n };
    expect(refusalOf(() => importKey(savedKeystore(), key))).toMatchObject({
      code: 'ERR_KEY_INVALID',
      details: { field: 'publicKey' },
    });
  });

  it('refuses a key that is here under another id', () => {
    const keystore = savedKeystore();
    const key = { keyId: 'again', messageKinds: KINDS, privateKey: keystore.privateKey('agent') };
    expect(refusalOf(() => importKey(keystore, key))).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      details: { field: 'privateKey' },
    });
  });

  it('refuses the negative of a key that is here: it signs under the same public key', () => {
    const keystore = savedKeystore();
    const negative = new Secret(CURVE_ORDER - secret(keystore, 'agent'));
    const key = { keyId: 'again', messageKinds: KINDS, privateKey: negative };
    expect(refusalOf(() => importKey(keystore, key)).code).toBe('ERR_CONFIG_INVALID');
  });
});

describe('rotating', () => {
  it('puts a new key under the id and keeps the old one', () => {
    const before = savedKeystore();
    const after = rotateKey(before, 'agent');
    expect(ids(after)).toEqual(['agent', 'agent@1', 'backup']);
    expect(secret(after, 'agent')).not.toBe(secret(before, 'agent'));
    expect(secret(after, 'agent@1')).toBe(secret(before, 'agent'));
    expect(entry(after, 'agent')).toMatchObject({ generation: 2, retired: false });
    expect(entry(after, 'agent@1')).toMatchObject({ retired: true, successor: 'agent' });
  });

  it('chains successors over several rotations', () => {
    const keystore = rotateKey(rotateKey(savedKeystore(), 'agent'), 'agent');
    expect(keystore.entries().map(({ keyId, successor }) => [keyId, successor])).toEqual([
      ['agent', undefined],
      ['agent@1', 'agent@2'],
      ['agent@2', 'agent'],
      ['backup', undefined],
    ]);
  });

  it('keeps kinds and takes the time of the rotation', () => {
    const path = keystorePath();
    let nowMs = NOW_MS;
    const keystore = savedKeystore(path, { ...DEPS, now: () => nowMs });
    nowMs += 1000;
    const after = rotateKey(keystore, 'agent');
    expect(entry(after, 'agent')).toMatchObject({
      createdAtMs: NOW_MS + 1000,
      messageKinds: ['invoke-v1', 'outside-v2'],
    });
    expect(entry(after, 'agent@1')).toMatchObject({ createdAtMs: NOW_MS });
  });

  it('hands out a retired key only to whoever asks for retired ones', () => {
    const keystore = rotateKey(savedKeystore(), 'agent');
    expect(refusalOf(() => keystore.privateKey('agent@1')).code).toBe('ERR_POLICY_KEY_UNKNOWN');
    expect(() => keystore.privateKey('agent@1', { retired: true })).not.toThrow();
  });

  it.each(['nobody', 'agent@1', 'agent@9'])('refuses `%s`', (keyId) => {
    const keystore = rotateKey(savedKeystore(), 'agent');
    expect(refusalOf(() => rotateKey(keystore, keyId)).code).toBe('ERR_POLICY_KEY_UNKNOWN');
  });

  it('never uses a generation twice, not even after a removal', () => {
    const rotated = rotateKey(savedKeystore(), 'agent');
    const again = addKey(removeKey(rotated, 'agent'), { keyId: 'agent', messageKinds: KINDS });
    expect(entry(again, 'agent')).toMatchObject({ generation: 2 });
    expect(ids(rotateKey(again, 'agent'))).toEqual(['agent', 'agent@1', 'agent@2', 'backup']);
    const thinned = rotateKey(removeKey(rotated, 'agent@1'), 'agent');
    expect(ids(thinned)).toEqual(['agent', 'agent@2', 'backup']);
  });
});

describe('restoring', () => {
  it('makes a retired key the active one and retires the other', () => {
    const before = savedKeystore();
    const rotated = rotateKey(before, 'agent');
    const after = restoreKey(rotated, 'agent@1');
    expect(secret(after, 'agent')).toBe(secret(before, 'agent'));
    expect(secret(after, 'agent@2')).toBe(secret(rotated, 'agent'));
    expect(ids(after)).toEqual(['agent', 'agent@2', 'backup']);
    expect(entry(after, 'agent')).toMatchObject({ generation: 3, createdAtMs: NOW_MS });
  });

  it.each(['agent', 'nobody', 'nobody@1', 'agent@2'])('refuses `%s`', (keyId) => {
    const keystore = rotateKey(savedKeystore(), 'agent');
    expect(refusalOf(() => restoreKey(keystore, keyId)).code).toBe('ERR_POLICY_KEY_UNKNOWN');
  });

  it('refuses when the active key was removed', () => {
    const keystore = removeKey(rotateKey(savedKeystore(), 'agent'), 'agent');
    expect(refusalOf(() => restoreKey(keystore, 'agent@1')).code).toBe('ERR_POLICY_KEY_UNKNOWN');
  });
});

describe('removing', () => {
  it('forgets one key and leaves the others', () => {
    const rotated = rotateKey(rotateKey(savedKeystore(), 'agent'), 'agent');
    const after = removeKey(rotated, 'agent@2');
    expect(ids(after)).toEqual(['agent', 'agent@1', 'backup']);
    expect(entry(after, 'agent@1')).toMatchObject({ successor: 'agent' });
  });

  it('leaves retired keys without a successor when the active one goes', () => {
    const after = removeKey(rotateKey(savedKeystore(), 'agent'), 'agent');
    expect(ids(after)).toEqual(['agent@1', 'backup']);
    expect(entry(after, 'agent@1')).toMatchObject({ successor: undefined });
  });

  it('refuses an unknown key and does not repeat what was typed', () => {
    const typed = '5ca1ab1e'.repeat(8);
    const error = refusalOf(() => removeKey(savedKeystore(), typed));
    expect(error.code).toBe('ERR_POLICY_KEY_UNKNOWN');
    expect(JSON.stringify(error.details)).not.toContain(typed);
  });
});

describe('room', () => {
  const longest = (index: number): { keyId: string; messageKinds: readonly string[] } => ({
    keyId: `${index}`.padStart(64, 'k'),
    messageKinds: Array.from({ length: 16 }, (_, i) => `${i}`.padStart(64, 'k')),
  });

  it('ends at 512 keys, retired ones included, and all of them fit the file', () => {
    let next = 0;
    const deps = { ...DEPS, now: () => NOW_MS };
    let keystore = createKeystore({ path: keystorePath(), passphrase: PASSPHRASE, ...deps });
    for (; next < MAX_KEYS - 1; next += 1) {
      const privateKey = new Secret(BigInt(next + 1));
      keystore = importKey(keystore, { ...longest(next), privateKey });
    }
    keystore = rotateKey(keystore, longest(0).keyId);
    for (const grow of [
      () => addKey(keystore, longest(next)),
      () => rotateKey(keystore, longest(1).keyId),
    ]) {
      expect(refusalOf(grow)).toMatchObject({
        code: 'ERR_CONFIG_INVALID',
        details: { field: 'keys' },
      });
    }
    const { path } = saveKeystore(keystore);
    expect(openKeystore({ path, passphrase: PASSPHRASE }).entries()).toHaveLength(MAX_KEYS);
  });
});
