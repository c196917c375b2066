/**
 * Freezing by itself: too many denials in a window, a custodian that answers with something else.
 *
 * Counts live in memory: a restart forgets them, a freeze stays.
 *
 * @module
 */

import type { Awaitable } from '@countersign/ledger';
import {
  type AutomaticFreeze,
  accountScope,
  clientScope,
  ERROR_TABLE,
  type ErrorCode,
  type FreezeCause,
  keyScope,
  SCOPE_ALL,
} from '@countersign/protocol';

/** An authenticated request that was denied. */
export interface DeniedRequest {
  readonly clientId: string;
  readonly code: ErrorCode;
  /** Account it was about, when it could be read. */
  readonly account: bigint | undefined;
  /** Configured key it was about; read only when a rule counts by key. */
  readonly keyId: () => string | undefined;
}

export interface FreezeWatch {
  /** Puts other rules in force; counts go on unless the rules differ. */
  configure(rules: readonly AutomaticFreeze[]): void;
  /** Resolves when whatever it set off is in force. */
  denied(request: DeniedRequest): Promise<void>;
  /** The custodian of a key answered with what it was not asked for. */
  mismatched(keyId: string): Promise<void>;
}

export interface FreezeWatchDeps {
  readonly clock: { nowMs(): number };
  /** Freezes a scope; answers whether it was not frozen before. May throw. */
  readonly freeze: (scope: string, cause: FreezeCause) => Awaitable<boolean>;
  /** Tells the operator. */
  readonly warn: (text: string) => void;
}

type DenialRule = Extract<AutomaticFreeze, { when: 'denials' }>;

/** Scopes counted at a time for all rules together; beyond, the one idle longest is forgotten. */
const MOST_COUNTED = 4_096;
// A freeze must not feed on its own refusals, and asking for an approval is no attack.
const UNCOUNTED: readonly ErrorCode[] = ['ERR_FROZEN', 'ERR_POLICY_APPROVAL_REQUIRED'];

export function createFreezeWatch(
  deps: FreezeWatchDeps,
  initial: readonly AutomaticFreeze[],
): FreezeWatch {
  return new CountingWatch(deps, initial);
}

class CountingWatch implements FreezeWatch {
  readonly #deps: FreezeWatchDeps;
  #rules: readonly AutomaticFreeze[];
  /** Times of denials by rule and scope, oldest first; the map is in order of use. */
  readonly #times = new Map<string, readonly number[]>();

  constructor(deps: FreezeWatchDeps, rules: readonly AutomaticFreeze[]) {
    this.#deps = deps;
    this.#rules = rules;
  }

  configure(rules: readonly AutomaticFreeze[]): void {
    if (JSON.stringify(rules) === JSON.stringify(this.#rules)) return;
    this.#rules = rules;
    this.#times.clear();
  }

  async denied(request: DeniedRequest): Promise<void> {
    if (ERROR_TABLE[request.code].kind !== 'denied' || UNCOUNTED.includes(request.code)) return;
    for (const [index, rule] of this.#rules.entries()) {
      if (rule.when !== 'denials') continue;
      const scope = scopeOf(rule, request);
      if (scope !== undefined && this.#isTooMany(`${index} ${scope}`, rule)) {
        const { count, windowSec: seconds } = rule;
        await this.#freeze(
          scope,
          { type: 'denials', count, seconds },
          `${count} denials in ${seconds} s`,
        );
      }
    }
  }

  async mismatched(keyId: string): Promise<void> {
    for (const rule of this.#rules) {
      if (rule.when !== 'custodian-mismatch') continue;
      const scope = rule.scope === 'all' ? SCOPE_ALL : keyScope(keyId);
      await this.#freeze(scope, { type: 'custodian-mismatch' }, 'the custodian answered wrongly');
    }
  }

  #isTooMany(name: string, { count, windowSec }: DenialRule): boolean {
    const nowMs = this.#deps.clock.nowMs();
    const before = this.#times.get(name) ?? [];
    const times = [...before, nowMs].filter((time) => time > nowMs - windowSec * 1_000);
    this.#times.delete(name);
    if (times.length >= count) return true;
    this.#times.set(name, times);
    const [idlest] = this.#times.keys();
    if (this.#times.size > MOST_COUNTED && idlest !== undefined) this.#times.delete(idlest);
    return false;
  }

  async #freeze(scope: string, cause: FreezeCause, why: string): Promise<void> {
    const { freeze, warn } = this.#deps;
    try {
      if (await freeze(scope, cause)) warn(`frozen: ${scope} (${why}); see countersign freezes`);
    } catch {
      // Nothing is signed either while nothing can be written.
      warn(`could not freeze ${scope} (${why}): the ledger refused the write`);
    }
  }
}

function scopeOf({ scope }: DenialRule, request: DeniedRequest): string | undefined {
  if (scope === 'all') return SCOPE_ALL;
  if (scope === 'client') return clientScope(request.clientId);
  if (scope === 'account') {
    return request.account === undefined ? undefined : accountScope(request.account);
  }
  const keyId = request.keyId();
  return keyId === undefined ? undefined : keyScope(keyId);
}
