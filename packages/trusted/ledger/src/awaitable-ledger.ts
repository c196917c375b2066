/**
 * A ledger whose answers may take a while.
 *
 * @module
 */

import type { Ledger } from './ledger.ts';

/** At once, or later. */
export type Awaitable<T> = T | Promise<T>;

type AtOnce = 'size' | 'verifierKey' | 'status' | 'close';

type Awaitables<Methods> = {
  readonly [Name in keyof Methods]: Methods[Name] extends (...given: infer Given) => infer Result
    ? (...given: Given) => Awaitable<Result>
    : never;
};

/** What a signer that is not alone has to know about freezes. */
export interface FreezeLease {
  /**
   * How long after it was asked for, on the clock of `performance.now()`, the answer about a freeze may
   * be acted upon, milliseconds. A freeze is acknowledged later than that after its COMMIT.
   */
  readonly lengthMs: number;
  /** Those of the scopes that are frozen now. Throws as {@link Ledger.frozen}. */
  frozenAmong(scopes: readonly string[]): Promise<readonly string[]>;
}

/**
 * The durable state of one signer, or of several that share it. The contract is that of {@link Ledger}
 * but for time: a method that writes has made everything durable when its promise resolves, or has
 * changed nothing. (When the answer to a COMMIT is lost it may be durable nevertheless: the promise
 * rejects, nobody acts on it, and the next write finds out.) `size` and `status` say what was seen last.
 *
 * A shared one throws ERR_LOG_ROLLED_BACK when its store forgot what was seen in it, and ERR_STORE_NEWER
 * when a newer program took it over.
 */
export interface AwaitableLedger extends Pick<Ledger, AtOnce>, Awaitables<Omit<Ledger, AtOnce>> {
  /** Present when others write to the same store. */
  readonly freezeLease?: FreezeLease;
}
