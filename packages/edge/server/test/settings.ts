/**
 * Settings of an edge with two clients, to change one thing in.
 *
 * @module
 */

import type { EdgeSettings } from '@countersign/protocol';

/** 2026-02-13T12:00:00.000Z */
export const NOW_MS = 1_770_984_000_000;
export const MAX_SKEW_MS = 30_000;

export const AGENT = { clientId: 'agent', secret: 'agent-secret-0123456789' } as const;
export const OTHER = { clientId: 'other', secret: 'other-secret-0123456789' } as const;
/** Accepted beside {@link AGENT}'s, during a rotation. */
export const NEXT_SECRETS = ['agent-secret-to-come', 'agent-secret-last', 'a', 'b'] as const;

export function edgeSettings(changes: Partial<EdgeSettings> = {}): EdgeSettings {
  return {
    host: '127.0.0.1',
    port: 0,
    profile: 'superset',
    logLevel: 'info',
    clients: [
      { clientId: AGENT.clientId, secrets: [AGENT.secret, ...NEXT_SECRETS], certificates: [] },
      { clientId: OTHER.clientId, secrets: [OTHER.secret], certificates: [] },
    ],
    defaultKeyId: 'default',
    maxSkewMs: MAX_SKEW_MS,
    nonceTtlMs: 120_000,
    nonceStore: 'embedded',
    leakScan: 'off',
    maxConnectionsPerAddress: 100,
    maxInFlight: 100,
    ...changes,
  };
}
