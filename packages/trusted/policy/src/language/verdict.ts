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
  /** Who is asked then; set exactly when `exceeded` is `require_approval`. */
  readonly approval?: ApprovalDemand;
}

/** Who has to say yes. Where there are several demands, each must be met. */
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
      /** Names of the rules that allow once every demand is met; not all of them need demand one. */
      readonly rules: readonly string[];
      readonly charges: readonly Charge[];
      /** Never empty; no two with the same terms. */
      readonly approvals: readonly ApprovalDemand[];
    }
  | {
      readonly outcome: 'deny';
      readonly code: ErrorCode;
      /** Name of the rule or limit, or `policy.no-rule`, `policy.undecodable`, `policy.error`. */
      readonly rule: string;
      /**
       * `rule` again, `call` where one call is to blame, and by code: `condition`, `field` and
       * `reason`, or `amount`, `max` and `per` as text.
       */
      readonly details: ErrorDetails;
    };

/** A verdict that denies. */
export type PolicyDenial = Extract<PolicyVerdict, { readonly outcome: 'deny' }>;
