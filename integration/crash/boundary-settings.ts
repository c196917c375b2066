/**
 * Settings of a boundary under test: one client, one key held here, optionally one held by a bridge.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EdgeSettings, SignerSettings } from '@countersign/protocol';
import type { Settings } from '@countersign/supervisor';
import { onTestFinished } from 'vitest';

export const CLIENT_ID = 'default';
export const SECRET = 'crash-test-secret-0001';
export const LOCAL_KEY = { keyId: 'local', privateKey: '0x5ec4e7' };
export const BRIDGE_KEY_ID = 'bridge';

export interface BridgeKey {
  /** Hex, the pin. */
  readonly publicKey: string;
  readonly settings: NonNullable<EdgeSettings['bridge']>;
}

export interface BoundaryOptions {
  readonly dataDir: string;
  readonly bridge?: BridgeKey;
  readonly edge?: Partial<EdgeSettings>;
  readonly signer?: Partial<SignerSettings>;
}

/** A private directory that goes away with the test. */
export function freshDataDir(): string {
  const { dataDir, remove } = makeDataDir();
  onTestFinished(remove);
  return dataDir;
}

/** A private directory, alone in one that `remove` removes with it. */
export function makeDataDir(): { readonly dataDir: string; readonly remove: () => void } {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-crash-')));
  const dataDir = join(parent, 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  return { dataDir, remove: () => rmSync(parent, { recursive: true, force: true }) };
}

/** Everything is allowed; an edge of these settings prints errors only. */
export function boundarySettings(options: BoundaryOptions): Settings {
  const { bridge } = options;
  const keyIds = [LOCAL_KEY.keyId, ...(bridge === undefined ? [] : [BRIDGE_KEY_ID])];
  const common = { maxSkewMs: 30_000, nonceTtlMs: 120_000 };
  return {
    signer: {
      ...common,
      dataDir: options.dataDir,
      clients: [{ clientId: CLIENT_ID, secrets: [SECRET] }],
      keys: keysOf(bridge),
      bridgeFallback: false,
      hashBackend: 'wasm',
      policy: {
        chains: 'all',
        maxValiditySec: 86_400,
        defaultKeyId: LOCAL_KEY.keyId,
        clients: [{ clientId: CLIENT_ID, keyIds: 'all', accounts: 'all' }],
        keys: keyIds.map(openKey),
      },
      ...options.signer,
    },
    edge: {
      ...common,
      host: '127.0.0.1',
      port: 0,
      profile: 'superset',
      logLevel: 'error',
      clients: [{ clientId: CLIENT_ID, secrets: [SECRET], certificates: [] }],
      defaultKeyId: LOCAL_KEY.keyId,
      nonceStore: 'embedded',
      leakScan: 'off',
      maxConnectionsPerAddress: 256,
      maxInFlight: 1_024,
      ...(bridge === undefined ? {} : { bridge: bridge.settings }),
      ...options.edge,
    },
  };
}

function keysOf(bridge: BridgeKey | undefined): SignerSettings['keys'] {
  const local = { ...LOCAL_KEY, source: 'inline' as const };
  if (bridge === undefined) return [local];
  return [local, { keyId: BRIDGE_KEY_ID, source: 'bridge', publicKey: bridge.publicKey }];
}

function openKey(keyId: string): SignerSettings['policy']['keys'][number] {
  return { keyId, messageKinds: ['invoke-v2'], targets: 'all', recipients: 'all', caps: [] };
}
