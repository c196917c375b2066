/**
 * Whether a signature may still leave, when a freeze may have come since it was allowed.
 *
 * Alone on its ledger a signer looks once more at the moment of release. Where several share a ledger,
 * another one may freeze at any time: what is known about freezes is good for a short lease, and has to be
 * asked for again after that. A freeze is acknowledged only when every lease that began before it is over.
 *
 * @module
 */

import type { AwaitableLedger } from '@countersign/ledger';
import { BoundaryError } from '@countersign/protocol';
import { atOnce } from './at-once.ts';

/** Ledger a gate asks. */
export type FreezeSource = Pick<AwaitableLedger, 'frozen' | 'freezeLease'>;

export interface ReleaseGate {
  /**
   * Finds out whether anything of the scopes is frozen.
   *
   * @param knownAtMs - When it was last certain that nothing is, if that is known.
   * @returns When that was certain, on `performance.now()`.
   * @throws BoundaryError ERR_FROZEN; what the ledger throws.
   */
  pass(scopes: readonly string[], knownAtMs?: number): Promise<number>;
  /** Whether what was certain at `knownAtMs` may be acted on in this very moment. */
  isOpen(scopes: readonly string[], knownAtMs: number): boolean;
}

/** One question to the store, for everybody who waits for one. */
interface Question {
  readonly scopes: Set<string>;
  readonly answer: Promise<{ readonly askedAtMs: number; readonly frozen: ReadonlySet<string> }>;
}

/** @param nowMs - A clock that only runs forward. */
export function createReleaseGate(
  ledger: FreezeSource,
  nowMs: () => number = () => performance.now(),
): ReleaseGate {
  const { freezeLease } = ledger;
  return freezeLease === undefined
    ? new OwnGate(ledger, nowMs)
    : new SharedGate(freezeLease, nowMs);
}

class OwnGate implements ReleaseGate {
  readonly #ledger: FreezeSource;
  readonly #nowMs: () => number;

  constructor(ledger: FreezeSource, nowMs: () => number) {
    this.#ledger = ledger;
    this.#nowMs = nowMs;
  }

  async pass(scopes: readonly string[]): Promise<number> {
    if (this.#isFrozen(scopes)) throw new BoundaryError('ERR_FROZEN');
    return this.#nowMs();
  }

  isOpen(scopes: readonly string[]): boolean {
    try {
      return !this.#isFrozen(scopes);
    } catch {
      // Whoever asks again learns why.
      return false;
    }
  }

  #isFrozen(scopes: readonly string[]): boolean {
    return atOnce(this.#ledger.frozen()).some(({ scope }) => scopes.includes(scope));
  }
}

class SharedGate implements ReleaseGate {
  readonly #lease: NonNullable<FreezeSource['freezeLease']>;
  readonly #nowMs: () => number;
  #underWay: Promise<unknown> = Promise.resolve();
  #next: Question | undefined;

  constructor(lease: NonNullable<FreezeSource['freezeLease']>, nowMs: () => number) {
    this.#lease = lease;
    this.#nowMs = nowMs;
  }

  async pass(scopes: readonly string[], knownAtMs?: number): Promise<number> {
    if (knownAtMs !== undefined && this.isOpen(scopes, knownAtMs)) return knownAtMs;
    const { askedAtMs, frozen } = await this.#ask(scopes);
    if (scopes.some((scope) => frozen.has(scope))) throw new BoundaryError('ERR_FROZEN');
    return askedAtMs;
  }

  isOpen(_scopes: readonly string[], knownAtMs: number): boolean {
    return this.#nowMs() - knownAtMs < this.#lease.lengthMs;
  }

  /** Joins the question that is asked next: one that is under way may have been asked too early. */
  #ask(scopes: readonly string[]): Question['answer'] {
    const question = this.#next ?? this.#newQuestion();
    for (const scope of scopes) question.scopes.add(scope);
    return question.answer;
  }

  #newQuestion(): Question {
    const scopes = new Set<string>();
    const answer = this.#underWay.then(async () => {
      this.#next = undefined;
      const askedAtMs = this.#nowMs();
      return { askedAtMs, frozen: new Set(await this.#lease.frozenAmong([...scopes])) };
    });
    this.#underWay = answer.catch(() => undefined);
    this.#next = { scopes, answer };
    return this.#next;
  }
}
