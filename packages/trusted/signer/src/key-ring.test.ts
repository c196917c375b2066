import { inspect } from 'node:util';
import { publicKeyX, verifySignature } from '@countersign/crypto';
import { BoundaryError, Secret, type SignerSettings, toHex } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { refusalOf } from '../test/refusal.ts';
import {
  BRIDGE_PUBLIC_KEY,
  bridgeSettings,
  PRIVATE_KEY,
  PUBLIC_KEY,
  policySettings,
  signerSettings,
} from '../test/settings.ts';
import { createKeyRing, type PrivateKeySource } from './key-ring.ts';

type Keys = SignerSettings['keys'];
type Kinds = SignerSettings['policy']['keys'][number]['messageKinds'];

const STORED = new Secret(0x570aedn);
const PIN = toHex(BRIDGE_PUBLIC_KEY);

function noKeystore(): never {
  throw new Error('the keystore was opened');
}

/** A keystore with the key `stored`, which may sign `kinds`. */
function keystore(kinds: readonly string[] = ['invoke-v2']): PrivateKeySource {
  return {
    entries: () => [{ keyId: 'stored', messageKinds: kinds }],
    privateKey: (keyId) => {
      if (keyId === 'stored') return STORED;
      throw new BoundaryError('ERR_POLICY_KEY_UNKNOWN', { details: { keyId } });
    },
  };
}

function storedSettings(kinds: Kinds): SignerSettings {
  const [key] = policySettings().keys;
  if (key === undefined) throw new Error('no key');
  return signerSettings({
    keys: [{ keyId: 'stored', source: 'keystore' }],
    policy: policySettings({ keys: [{ ...key, keyId: 'stored', messageKinds: kinds }] }),
  });
}

describe('a key given inline', () => {
  const ring = createKeyRing(signerSettings(), noKeystore);

  it('is described by its public half', () => {
    const key = { keyId: 'default', publicKey: PUBLIC_KEY, bridge: false, local: true };
    expect(ring.get('default')).toEqual(key);
    expect(ring.all()).toEqual([key]);
  });

  it('signs', () => {
    const signature = ring.sign('default', 0x1234n);
    expect(verifySignature(0x1234n, signature, PUBLIC_KEY)).toBe(true);
  });

  it('does not print', () => {
    const text = inspect(ring, { depth: 10, showHidden: true }) + JSON.stringify(ring.all(), big);
    expect(text).not.toContain(PRIVATE_KEY.slice(2));
    expect(text).not.toContain(String(BigInt(PRIVATE_KEY)));
  });

  it.each(['0x0', 'not a key', '', '5ec4e7'])('is refused as `%s`', (privateKey) => {
    const keys: Keys = [{ keyId: 'default', source: 'inline', privateKey }];
    const refusal = refusalOf(() => createKeyRing(signerSettings({ keys }), noKeystore));
    expect(refusal.code).toBe('ERR_KEY_INVALID');
    expect(refusal.details.field).toBe('keys.default');
  });
});

describe('an id without a key', () => {
  const ring = createKeyRing(signerSettings(), noKeystore);

  it.each(['nobody', '__proto__', 'constructor', ''])('`%s` is not there', (keyId) => {
    expect(ring.get(keyId)).toBeUndefined();
    expect(refusalOf(() => ring.sign(keyId, 1n)).code).toBe('ERR_SIGNER_UNAVAILABLE');
  });
});

describe('a key in the keystore', () => {
  it('signs with what the keystore holds', () => {
    const ring = createKeyRing(storedSettings(['invoke-v2']), keystore);
    const signature = ring.sign('stored', 0x1234n);
    expect(verifySignature(0x1234n, signature, publicKeyX(STORED))).toBe(true);
  });

  it('has the keystore opened once, however many there are', () => {
    let opened = 0;
    const key = { keyId: 'stored', source: 'keystore' } as const;
    const settings = { ...storedSettings(['invoke-v2']), keys: [key, key] };
    createKeyRing(settings, () => {
      opened += 1;
      return keystore();
    });
    expect(opened).toBe(1);
  });

  it('passes on what opening the keystore throws', () => {
    const open = (): never => {
      throw new BoundaryError('ERR_KEYSTORE_LOCKED');
    };
    const refusal = refusalOf(() => createKeyRing(storedSettings(['invoke-v2']), open));
    expect(refusal.code).toBe('ERR_KEYSTORE_LOCKED');
  });

  it('may be narrowed by the policy', () => {
    const open = (): PrivateKeySource => keystore(['invoke-v1', 'invoke-v2', 'outside-v2']);
    expect(createKeyRing(storedSettings(['invoke-v2']), open).all()).toHaveLength(1);
  });

  it('may be used for all kinds it is stored for', () => {
    const open = (): PrivateKeySource => keystore(['invoke-v2', 'outside-v2']);
    expect(createKeyRing(storedSettings(['outside-v2', 'invoke-v2']), open).all()).toHaveLength(1);
  });

  it('may not be widened by the policy', () => {
    const refusal = refusalOf(() =>
      createKeyRing(storedSettings(['invoke-v2', 'outside-v2']), keystore),
    );
    expect(refusal.code).toBe('ERR_CONFIG_INVALID');
    expect(refusal.details).toEqual({
      field: 'keys.stored.messageKinds',
      expected: 'kinds the keystore allows (invoke-v2), found outside-v2',
    });
  });

  it('may not be widened in second place either', () => {
    const open = (): PrivateKeySource => keystore(['invoke-v1']);
    const kinds: Kinds = ['invoke-v1', 'invoke-v2'];
    expect(refusalOf(() => createKeyRing(storedSettings(kinds), open)).code).toBe(
      'ERR_CONFIG_INVALID',
    );
  });

  it('that is not there is refused by name', () => {
    const empty: PrivateKeySource = { ...keystore(), entries: () => [] };
    const refusal = refusalOf(() => createKeyRing(storedSettings(['invoke-v2']), () => empty));
    expect(refusal.details.expected).toBe(
      'kinds the keystore allows (none: no such key), found invoke-v2',
    );
  });
});

describe('a key held by the bridge', () => {
  it('is described by its pin', () => {
    const ring = createKeyRing(bridgeSettings(), noKeystore);
    const key = { keyId: 'default', publicKey: BRIDGE_PUBLIC_KEY, bridge: true, local: false };
    expect(ring.get('default')).toEqual(key);
  });

  it('cannot sign here', () => {
    const ring = createKeyRing(bridgeSettings(), noKeystore);
    const refusal = refusalOf(() => ring.sign('default', 1n));
    expect(refusal.code).toBe('ERR_SIGNER_UNAVAILABLE');
    expect(refusal.details).toEqual({ keyId: 'default' });
  });

  it('may be replaced by a local key only when it is the same key', () => {
    const local = { keyId: 'default', source: 'inline', privateKey: PRIVATE_KEY } as const;
    const pinned = (publicKey: string): Keys => [
      { keyId: 'default', source: 'bridge', publicKey },
      local,
    ];
    const same = createKeyRing(signerSettings({ keys: pinned(toHex(PUBLIC_KEY)) }), noKeystore);
    const other = createKeyRing(signerSettings({ keys: pinned(PIN) }), noKeystore);
    expect(same.get('default')).toMatchObject({ bridge: true, local: true });
    expect(other.get('default')).toEqual({
      keyId: 'default',
      publicKey: BRIDGE_PUBLIC_KEY,
      bridge: true,
      local: false,
    });
  });

  it('is compared as a number, however it is written', () => {
    const publicKey = `0x${PIN.slice(2).toUpperCase().padStart(64, '0')}`;
    const keys: Keys = [{ keyId: 'default', source: 'bridge', publicKey }];
    const ring = createKeyRing(signerSettings({ keys }), noKeystore);
    expect(ring.get('default')?.publicKey).toBe(BRIDGE_PUBLIC_KEY);
  });

  it('is refused with a pin that is no felt', () => {
    const publicKey = `0x${'f'.repeat(64)}`;
    const keys: Keys = [{ keyId: 'default', source: 'bridge', publicKey }];
    const refusal = refusalOf(() => createKeyRing(signerSettings({ keys }), noKeystore));
    expect(refusal.code).toBe('ERR_FELT_OUT_OF_RANGE');
  });
});

function big(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? toHex(value) : value;
}
