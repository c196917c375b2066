/**
 * Settings for children that only play their parts: a word says which one, texts that must stay secret
 * are easy to search for.
 *
 * @module
 */

import type { EdgeSettings, SignerSettings } from '@countersign/protocol';

/** Parts of `scripted-signer.ts`. */
export type SignerPart =
  /** Works until it is told to stop. */
  | 'works'
  /** Works, but refuses this reload. */
  | 'refuses'
  /** Ends at once, without a word. */
  | 'ends'
  /** Says why it cannot work, and ends. */
  | 'fails'
  /** Never gets ready. */
  | 'silent'
  /** Works, and does not stop when told. */
  | 'stubborn';

/** Parts of `scripted-edge.ts`. */
export type EdgePart = 'works' | 'fails' | 'warns' | 'stubborn';

/** Every text in the settings that no argument and no variable may hold. */
export const SECRETS = {
  clientSecret: 'client-secret-8d1f',
  passphrase: 'passphrase-77ab',
  privateKey: '0x5ec4e7c0ffee',
  bridgeToken: 'bridge-token-31c9',
  tlsKey: 'tls-key-pem-02d4',
} as const;

export function signerSettings(dataDir: string, part: SignerPart): SignerSettings {
  return {
    dataDir,
    passphrase: SECRETS.passphrase,
    maxSkewMs: 30_000,
    nonceTtlMs: 120_000,
    clients: [{ clientId: part, secrets: [SECRETS.clientSecret] }],
    keys: [{ keyId: 'default', source: 'inline', privateKey: SECRETS.privateKey }],
    bridgeFallback: false,
    policy: {
      chains: 'all',
      maxValiditySec: 86_400,
      defaultKeyId: 'default',
      clients: [],
      keys: [],
    },
    hashBackend: 'scure',
  };
}

export function edgeSettings(part: EdgePart): EdgeSettings {
  return {
    host: '127.0.0.1',
    port: 0,
    profile: 'superset',
    logLevel: 'error',
    tls: { certPem: 'cert', keyPem: SECRETS.tlsKey, clientCertificates: false },
    clients: [{ clientId: part, secrets: [SECRETS.clientSecret], certificates: [] }],
    defaultKeyId: 'default',
    maxSkewMs: 30_000,
    nonceTtlMs: 120_000,
    nonceStore: 'embedded',
    leakScan: 'off',
    bridge: {
      url: 'https://127.0.0.1:1',
      authToken: SECRETS.bridgeToken,
      userActionSignature: 'u',
      timeoutMs: 1,
      preflightTimeoutMs: 1,
      preflightOnStart: false,
    },
    maxConnectionsPerAddress: 1,
    maxInFlight: 1,
  };
}
