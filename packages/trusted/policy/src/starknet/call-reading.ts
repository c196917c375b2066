/**
 * What a Starknet call turns out to be when its calldata is read by an ABI.
 *
 * @module
 */

/** A decoded value; felts, integers of any width and addresses are all `bigint`. */
export type DecodedValue =
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'address'; readonly value: bigint }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'list'; readonly items: readonly DecodedValue[] }
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, DecodedValue> };

/** What a call gives away: tokens, or the right to move them. */
export interface TokenEffect {
  readonly kind: 'transfer' | 'allowance' | 'burn' | 'deposit' | 'withdraw' | 'redeem' | 'operator';
  /** Contract whose tokens move. */
  readonly token: bigint;
  /** Who receives them, or the right; `undefined` when nobody does (burn). */
  readonly recipient: bigint | undefined;
  /** Base units; `unlimited` when the call puts no bound on it. */
  readonly amount: bigint | 'unlimited';
}

export type CallReading =
  | {
      readonly kind: 'decoded';
      readonly functionName: string;
      readonly parameters: ReadonlyMap<string, DecodedValue>;
      /** Empty when the call gives nothing away. */
      readonly effects: readonly TokenEffect[];
      /**
       * Present when only the target's own ABI knows the function, and it is no view: nobody told what
       * it moves, so no effects are no promise. A limit on this target's tokens cannot judge it.
       */
      readonly effectsUnknown?: true;
    }
  /** The function is known, its calldata does not fit it: too short, too long, a value out of range. */
  | {
      readonly kind: 'undecodable';
      readonly functionName: string;
      readonly reason: string;
      /**
       * Present when the function carries calls to other contracts: what cannot be read may then move
       * the tokens of any of them, not only those of the target.
       */
      readonly carriesCalls?: true;
    }
  /** No ABI knows the selector. */
  | { readonly kind: 'unknown' };
