/**
 * Request nonces of one transaction in memory.
 *
 * @module
 */

import type { Forgotten, RequestNonces } from '../request-nonces.ts';

export interface StoredNonce {
  readonly nonceKey: string;
  readonly expiresAtMs: number;
}

/** What was loaded. */
export interface LoadedNonces {
  /** Those of the transaction that were used before. */
  readonly used: readonly StoredNonce[];
  /** Expired ones that may be forgotten, the oldest expiry first. */
  readonly expired: readonly StoredNonce[];
  /** Whether there are expired ones beyond these. */
  readonly hasMoreExpired: boolean;
}

/** What has to be written back. */
export interface NonceChanges {
  readonly added: readonly StoredNonce[];
  readonly extended: readonly StoredNonce[];
  readonly forgotten: readonly string[];
}

export interface MemoryNonces extends Omit<RequestNonces, 'count'> {
  changes(): NonceChanges;
}

export function createMemoryNonces({ used, expired, hasMoreExpired }: LoadedNonces): MemoryNonces {
  const known = new Map(used.map(({ nonceKey, expiresAtMs }) => [nonceKey, expiresAtMs]));
  const added = new Map<string, number>();
  const extended = new Map<string, number>();
  const forgotten = new Set<string>();
  const last = expired.at(-1)?.expiresAtMs ?? Number.NEGATIVE_INFINITY;

  function use(nonceKey: string, expiresAtMs: number): boolean {
    const before = added.get(nonceKey) ?? known.get(nonceKey);
    if (before === undefined) {
      added.set(nonceKey, expiresAtMs);
      return true;
    }
    if (expiresAtMs <= before) return false;
    if (added.has(nonceKey)) added.set(nonceKey, expiresAtMs);
    else {
      known.set(nonceKey, expiresAtMs);
      extended.set(nonceKey, expiresAtMs);
    }
    return false;
  }

  /** Everything that may be forgotten, as it stands now. */
  function candidates(beforeMs: number): StoredNonce[] {
    const loaded = expired.map(({ nonceKey, expiresAtMs }) => ({
      nonceKey,
      expiresAtMs: extended.get(nonceKey) ?? expiresAtMs,
    }));
    const own = [...added].map(([nonceKey, expiresAtMs]) => ({ nonceKey, expiresAtMs }));
    // INVARIANT: the oldest expiry goes first. Beyond the last one loaded there may be older ones.
    const isKnown = ({ expiresAtMs }: StoredNonce) =>
      expiresAtMs < beforeMs && (!hasMoreExpired || expiresAtMs < last);
    return [...loaded, ...own].filter(isKnown).sort((a, b) => a.expiresAtMs - b.expiresAtMs);
  }

  function forget(beforeMs: number, limit: number): Forgotten {
    const gone = candidates(beforeMs).slice(0, limit);
    for (const { nonceKey } of gone) {
      extended.delete(nonceKey);
      if (!added.delete(nonceKey)) forgotten.add(nonceKey);
    }
    return { count: gone.length, throughMs: gone.at(-1)?.expiresAtMs ?? 0 };
  }

  const list = (nonces: ReadonlyMap<string, number>): StoredNonce[] =>
    [...nonces].map(([nonceKey, expiresAtMs]) => ({ nonceKey, expiresAtMs }));
  return {
    use,
    forget,
    changes: () => ({
      added: list(added),
      extended: list(extended),
      forgotten: [...forgotten],
    }),
  };
}
