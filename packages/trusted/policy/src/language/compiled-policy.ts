/**
 * A policy that is ready to decide.
 *
 * @module
 */

import type { CanonicalValue, LimitGroup, PolicyProfile, RuleAction } from '@countersign/protocol';
import type { CallReader } from '../starknet/call-reader.ts';
import type { CompiledCondition } from './condition.ts';
import type { ApprovalDemand, SpendWindow } from './verdict.ts';

/**
 * Made by `compilePolicy`, used by `evaluatePolicy` and `explainPolicy`. Everything under `program`
 * may change without notice.
 */
export interface CompiledPolicy {
  readonly name: string;
  readonly profile: PolicyProfile;
  /** What the policy says, for hashing: equal documents decide alike and give equal reasons. */
  readonly document: CanonicalValue;
  /**
   * Tokens with an amount limit. A call to one that cannot be decoded is denied; `any` when a limit
   * is about every token, so that every contract may be one.
   */
  readonly governedTokens: ReadonlySet<bigint> | 'any';
  readonly program: PolicyProgram;
}

export interface PolicyProgram {
  /** Rules by method, `*` among them, in the order of the document. */
  readonly rulesByMethod: ReadonlyMap<string, readonly CompiledRule[]>;
  /** Rules for methods that no rule names. */
  readonly rulesForAll: readonly CompiledRule[];
  /** Limits of the policy itself. */
  readonly limits: readonly CompiledLimit[];
  readonly reader: CallReader;
  /** How many different fields the conditions read. */
  readonly slots: number;
}

export interface CompiledRule {
  readonly name: string;
  readonly action: RuleAction;
  readonly conditions: readonly CompiledCondition[];
  readonly limits: readonly CompiledLimit[];
  /** Set when the action is REQUIRE_APPROVAL. */
  readonly approval: ApprovalDemand | undefined;
}

export interface CompiledLimit {
  readonly name: string;
  readonly metric: 'amount' | 'calls' | 'requests';
  /** Set for metric amount. */
  readonly token: bigint | 'any' | undefined;
  readonly per: 'call' | 'request' | 'window' | 'lifetime';
  /** Set for windows and lifetimes. */
  readonly window: SpendWindow | undefined;
  readonly max: bigint;
  /** In the order of `LIMIT_GROUPS`, without repetition; has `token` when the metric is amount. */
  readonly groupBy: readonly LimitGroup[];
  /** Which units it counts; of a limit of a rule empty: it counts what the rule matches. */
  readonly conditions: readonly CompiledCondition[];
  /** Set when more than the limit demands an approval; otherwise it is denied. */
  readonly approval: ApprovalDemand | undefined;
}
