/**
 * What a policy says about an intent.
 *
 * @module
 */

import type { ErrorCode, ErrorDetails } from '@countersign/protocol';

/**
 * Over which time a bucket adds up.
 *
 * `sliding`: exactly the last `seconds`. `fixed`: the rule of the session account, where the first
 * spend anchors the window and a later one starts anew when now > anchor + `seconds`. `lifetime`: ever.
 */
export type SpendWindow =
  | { readonly type: 'sliding' | 'fixed'; readonly seconds: number }
  | { readonly type: 'lifetime' };

/** An amount that must fit into a bucket of the ledger before anything is signed. */
export interface Charge {
  /** Name of the limit that demands it. */
  readonly limit: string;
  /** Identity of the bucket: policy, limit, window, and the values it is grouped by. */
  readonly bucket: string;
  readonly window: SpendWindow;
  /** Base units, or a count; never negative. */
  readonly amount: bigint;
  /** Most the bucket may hold. */
  readonly max: bigint;
  /** What happens when it does not fit. */
  readonly exceeded: 'deny' | 'require_approval';
}

/** Who has to say yes. */
export interface ApprovalDemand {
  /** Names of the rules and limits that demand it. */
  readonly rules: readonly string[];
  /** How many of the approvers. */
  readonly required: number;
  readonly approvers: readonly string[];
  readonly expiresInSec: number;
}

export type PolicyVerdict =
  | {
      readonly outcome: 'allow';
      /** Names of the rules that allowed. */
      readonly rules: readonly string[];
      readonly charges: readonly Charge[];
    }
  | {
      readonly outcome: 'require_approval';
      readonly rules: readonly string[];
      readonly charges: readonly Charge[];
      readonly approval: ApprovalDemand;
    }
  | {
      readonly outcome: 'deny';
      readonly code: ErrorCode;
      /** Name of the rule or limit, or `policy.no-rule`, `policy.error`. */
      readonly rule: string;
      /** Index of the call, where one call is to blame. */
      readonly details: ErrorDetails;
    };
