/**
 * Settings of a signer with two clients and one key, to change one thing in.
 *
 * @module
 */

import { publicKeyX } from '@countersign/crypto';
import { Secret, type SignerSettings, toHex } from '@countersign/protocol';

/** 2026-02-13T12:00:00.000Z, a whole second. */
export const NOW_MS = 1_770_984_000_000;
export const NOW_SEC = NOW_MS / 1000;

export const PRIVATE_KEY = '0x5ec4e7';
export const PUBLIC_KEY = publicKeyX(new Secret(0x5ec4e7n));
/** The key the bridge holds; tests sign with it on its behalf. */
export const BRIDGE_PRIVATE_KEY = new Secret(0xb41d9en);
export const BRIDGE_PUBLIC_KEY = publicKeyX(BRIDGE_PRIVATE_KEY);

export const AGENT = { clientId: 'agent', secret: 'agent-secret-0123456789' } as const;
export const OTHER = { clientId: 'other', secret: 'other-secret-0123456789' } as const;

export const MAX_SKEW_MS = 30_000;
export const NONCE_TTL_MS = 120_000;

type Policy = SignerSettings['policy'];

export function policySettings(changes: Partial<Policy> = {}): Policy {
  return {
    chains: 'all',
    maxValiditySec: 86_400,
    defaultKeyId: 'default',
    clients: [
      { clientId: AGENT.clientId, keyIds: 'all', accounts: 'all' },
      { clientId: OTHER.clientId, keyIds: 'all', accounts: 'all' },
    ],
    keys: [
      {
        keyId: 'default',
        messageKinds: ['invoke-v2', 'invoke-v1', 'outside-v2'],
        targets: 'all',
        recipients: 'all',
        caps: [],
      },
    ],
    ...changes,
  };
}

export function signerSettings(changes: Partial<SignerSettings> = {}): SignerSettings {
  return {
    dataDir: '/nonexistent',
    maxSkewMs: MAX_SKEW_MS,
    nonceTtlMs: NONCE_TTL_MS,
    clients: [
      { clientId: AGENT.clientId, secrets: [AGENT.secret, 'agent-secret-to-come'] },
      { clientId: OTHER.clientId, secrets: [OTHER.secret] },
    ],
    keys: [{ keyId: 'default', source: 'inline', privateKey: PRIVATE_KEY }],
    bridgeFallback: false,
    policy: policySettings(),
    hashBackend: 'scure',
    ...changes,
  };
}

/** Settings whose key is held by the bridge. */
export function bridgeSettings(changes: Partial<SignerSettings> = {}): SignerSettings {
  const publicKey = toHex(BRIDGE_PUBLIC_KEY);
  return signerSettings({ keys: [{ keyId: 'default', source: 'bridge', publicKey }], ...changes });
}
