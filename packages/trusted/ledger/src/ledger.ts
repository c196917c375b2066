/**
 * What the signer may ask of its durable state.
 *
 * @module
 */

import type { Charge, Reserved, Settlement } from './charge.ts';
import type { NewIntent, StoredAnswer, StoredIntent } from './intents.ts';

/**
 * What became of a decision, in the order in which it is found out. In every case but `used` the
 * request nonce is used up; in every case but `fresh` nothing is reserved and nothing may be signed.
 */
export type CommitOutcome =
  | {
      readonly kind: 'fresh';
      /** Time the reservations count from, milliseconds: the clock, or high water when it is later. */
      readonly atMs: number;
      /** One per bucket, in the order of the charges; empty when there were none. */
      readonly reserved: readonly Reserved[];
    }
  /** The request nonce was used before. */
  | { readonly kind: 'used' }
  /** The first of the scopes that is frozen. */
  | { readonly kind: 'frozen'; readonly scope: string }
  /** The intent to be executed is not there, or was executed before. */
  | { readonly kind: 'intent_used' }
  /** More buckets than one entry of the log can name, see `LIMITS.chargesPerDecision`. */
  | { readonly kind: 'too_many'; readonly buckets: number }
  | {
      readonly kind: 'exceeded';
      /** Index of the first charge that did not fit. */
      readonly charge: number;
      /**
       * What its bucket counted without this decision; `max` of the charge after a clock reset that
       * leaves the bucket unknown.
       */
      readonly counted: bigint;
      /** Indexes of further charges that do not fit either; absent when all others do. */
      readonly others?: readonly number[];
    };

/** A judged request: the log entry depends on what becomes of it. */
export interface PendingDecision {
  /** `JSON.stringify([clientId, requestNonce])`, 1 to 4,096 characters. */
  readonly nonceKey: string;
  /**
   * When the request nonce may be forgotten, milliseconds: not before the last moment at which any
   * accepted configuration would still take the request.
   */
  readonly nonceExpiresAtMs: number;
  /** What a freeze can name, for instance `all`, `client:x`; each 1 to 512 characters. */
  readonly scopes: readonly string[];
  /**
   * What can happen only once, for instance chain, account and account nonce; 1 to 512 characters.
   * Decisions of one slot reserve the largest of their amounts, not the sum. Left out: each counts.
   */
  readonly slot?: string;
  /** All of them are reserved, or none. At most `LIMITS.chargesPerDecision` different buckets. */
  readonly charges: readonly Charge[];
  /**
   * Last millisecond at which the signature can be used; needed with charges. The latest time a Date
   * can show, 8,640,000,000,000,000, for one that never ends.
   */
  readonly spendableUntilMs?: number;
  /** Asks whether everything fits, and reserves nothing. */
  readonly isOnlyAsked?: boolean;
  /** Id of the intent this executes: it works once, and only when the outcome is `fresh`. */
  readonly executes?: string;
  /** An intent to keep beside the entry; called once, after {@link entryOf}. */
  readonly intentOf?: (outcome: CommitOutcome) => NewIntent | undefined;
  /** Log entry; pure, called once, inside the transaction. At most 65,535 bytes. */
  readonly entryOf: (outcome: CommitOutcome) => Uint8Array;
}

/** An entry that is in the log. */
export interface Appended {
  /** From 0. */
  readonly index: number;
  /** 32 bytes, RFC 6962. */
  readonly leafHash: Uint8Array;
}

/** A decision that is durable. */
export interface Committed extends Appended {
  readonly outcome: CommitOutcome;
  /** Whether the outcome is `fresh`: what was asked may be signed. */
  readonly fresh: boolean;
  /**
   * When it was last certain that nothing it names was frozen, on `performance.now()`. Only of a ledger
   * that is shared: for how long that holds is its `freezeLease`.
   */
  readonly thawedAtMs?: number;
}

/** Something for which nothing is signed. */
export interface FrozenScope {
  readonly scope: string;
  /** When it was frozen, milliseconds: the clock, or high water when it was later. */
  readonly sinceMs: number;
}

/** What an approver said. */
export interface IntentAnswer extends Omit<StoredAnswer, 'entry'> {
  readonly intentId: string;
  /** With the last approval that is needed to end a freeze: ends it, and the intent with it. */
  readonly unfreezes?: {
    readonly scope: string;
    /** When it was frozen: one that was frozen anew meanwhile stays. Left out: whenever it was. */
    readonly sinceMs?: number;
    /** Log entry about it, in the same transaction. */
    readonly entry: Uint8Array;
  };
}

/** What putting back the clock meant. */
export interface ClockReset extends Appended {
  /** High water before, milliseconds. */
  readonly fromMs: number;
  /** High water now, milliseconds. */
  readonly toMs: number;
  /** Time from which `commit` works again; later than `toMs` only when nonces had been forgotten. */
  readonly commitsFromMs: number;
}

/** Health of the ledger, from the last attempt to write. */
export interface LedgerStatus {
  /** Entries of the log. */
  readonly size: number;
  /** Latest time a commit was made at. */
  readonly highWaterMs: number;
  /** Whether the last attempt to write succeeded, or none was made. */
  readonly writable: boolean;
  /** Code of the error the last attempt failed with. */
  readonly lastErrorCode?: string;
}

/**
 * The durable state of one signer: used request nonces, reservations, freezes and the Merkle log, in
 * one directory.
 *
 * Every method is synchronous. A method that writes either has made everything durable when it
 * returns or has changed nothing, in memory as on disk, and throws. After a failure the next call
 * tries again; only a damaged store refuses for good. (A disk may report a failure and keep the write:
 * the next call finds out and goes on behind it. Its nonces are used up then, and nobody acted on it.)
 *
 * All methods throw BoundaryError: ERR_STORE_UNAVAILABLE when the disk does not cooperate,
 * ERR_STORE_CORRUPT when stored data is not what was written, ERR_INTERNAL when an argument breaks
 * its contract, ERR_STOPPING when the ledger is closed.
 */
export interface Ledger {
  /**
   * Uses up request nonces, asks freezes, reserves charges and logs decisions, in ONE transaction with
   * tree nodes, a new signed checkpoint and the high water of the clock.
   *
   * Order for each item: request nonce used? → a scope frozen? → intent executed? → charges in their
   * order, all or none → entry → intent. A charge fits when its bucket then counts at most `max`.
   *
   * @param batch - In order, each item after what the ones before it left; two items with the same
   *   `nonceKey`: the first is fresh, the second used. An empty batch does nothing.
   * @returns One result per item, in order. For one request, `fresh` is answered at most once, ever.
   * @throws BoundaryError ERR_CLOCK_BEHIND when the clock shows a time before high water minus the
   *   tolerance, or one whose nonces were forgotten; and as above.
   */
  commit(batch: readonly PendingDecision[]): readonly Committed[];
  /**
   * Logs entries that need no request nonce: outcomes, freezes, notes at start. Same guarantees.
   *
   * @param entries - Each at most 65,535 bytes. None does nothing.
   * @throws BoundaryError ERR_CLOCK_BEHIND when the clock shows a time before high water minus the
   *   tolerance; and as above.
   */
  append(entries: readonly Uint8Array[]): readonly Appended[];
  /**
   * Sets high water to `nowMs`, the way out of ERR_CLOCK_BEHIND after the clock ran ahead. Meant for
   * an operator, who vouches for the time; a running signer never calls it.
   *
   * Every stored request nonce stays. Nonces that were forgotten meanwhile stay forgotten, and
   * `commit` refuses the time they could be replayed in, see {@link ClockReset.commitsFromMs}.
   * Reservations that ended while the clock was ahead stay ended, and their buckets take no charge with
   * a `max` before the time they would have ended at; fixed windows that began then begin at `nowMs`.
   *
   * @param nowMs - The true time; the clock must agree within the tolerance.
   * @param entry - Log entry about it; when left out, a JSON document with both times.
   * @throws BoundaryError ERR_CLOCK_BEHIND when the clock disagrees with `nowMs`; and as above.
   */
  resetClock(nowMs: number, entry?: Uint8Array): ClockReset;
  /**
   * Freezes a scope: from now on no decision that names it is fresh. Works while the clock is behind,
   * when nothing else is written: an emergency does not wait for the clock.
   *
   * @param scope - 1 to 512 characters, compared as it is.
   * @param entry - Log entry about it, in the same transaction; at most 65,535 bytes.
   * @returns `undefined` when it was frozen already, and then nothing is written.
   */
  freeze(scope: string, entry: Uint8Array): Appended | undefined;
  /**
   * Ends a freeze; parameters as for {@link freeze}.
   *
   * @returns `undefined` when it was not frozen, and then nothing is written.
   * @throws BoundaryError ERR_CLOCK_BEHIND as {@link append}; and as above.
   */
  unfreeze(scope: string, entry: Uint8Array): Appended | undefined;
  /** Every frozen scope, in order of scope. */
  frozen(): readonly FrozenScope[];
  /**
   * Takes in what the chain says about a slot; for trusted readers of the chain only. Executed: its
   * sliding reservations count until `atMs` plus the window, if that is earlier than before; others
   * stay. Impossible: all its reservations are released.
   *
   * @param entry - Log entry about it, in the same transaction; at most 65,535 bytes.
   * @returns `undefined` when it changes nothing, and then nothing is written.
   * @throws BoundaryError ERR_CLOCK_BEHIND as {@link append}; and as above.
   */
  settle(slot: string, settlement: Settlement, entry: Uint8Array): Appended | undefined;
  /**
   * Keeps the answer of an approver, once.
   *
   * @param entry - Log entry about it, in the same transaction.
   * @returns `undefined` when the intent is not there or the approver has answered it, and then nothing
   *   is written.
   * @throws BoundaryError ERR_CLOCK_BEHIND as {@link append}; and as above.
   */
  answerIntent(answer: IntentAnswer, entry: Uint8Array): Appended | undefined;
  /** An intent with its answers; `undefined` when it is not there (any more). */
  intent(id: string): StoredIntent | undefined;
  /** Intents that are neither over nor executed, latest end first. */
  waitingIntents(nowMs: number, limit: number): readonly StoredIntent[];
  /** How many of them an owner has. */
  countWaitingIntents(owner: string, nowMs: number): number;
  /** Bytes of an entry; `undefined` when the log has no such index. */
  entry(index: number): Uint8Array | undefined;
  /**
   * Proof that an entry is in the log: a C2SP tlog-proof against the latest checkpoint, without an
   * `extra` line.
   *
   * @returns `undefined` when the log has no such index.
   */
  receipt(index: number): string | undefined;
  /**
   * A signed checkpoint.
   *
   * @param size - Of the tree; the latest when left out. Only sizes a commit ended at are stored.
   * @throws BoundaryError ERR_NOT_FOUND when none of that size is stored; and as above.
   */
  checkpoint(size?: number): string;
  /**
   * Proof that the tree of `oldSize` is a prefix of the tree of `newSize`, RFC 6962 §2.1.2.
   *
   * @throws BoundaryError ERR_NOT_FOUND unless 0 ≤ `oldSize` ≤ `newSize` ≤ size; and as above.
   */
  consistency(oldSize: number, newSize: number): Uint8Array[];
  /**
   * A file of the log by its C2SP tlog-tiles path: `checkpoint`, `tile/<L>/<N>[.p/<W>]` or
   * `tile/entries/<N>[.p/<W>]`.
   *
   * @returns `undefined` when the path is malformed or the log has no such file (yet).
   */
  tile(path: string): Uint8Array | undefined;
  /** Entries of the log. */
  size(): number;
  /** The log's public key: `origin+id+base64`. */
  verifierKey(): string;
  status(): LedgerStatus;
  /**
   * After a failed attempt to write, finds out whether the next one would do: asks the clock rules of
   * `commit` and writes one page of the database as it is, durably. Adds nothing to the log. Does
   * nothing while the last attempt succeeded.
   *
   * @returns The status afterwards; never throws.
   */
  probe(): LedgerStatus;
  /** Ends it: last checkpoint file, database closed, directory free. A second call does nothing. */
  close(): void;
}
