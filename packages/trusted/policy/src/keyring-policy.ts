/**
 * The keyring's policy: what each client may ask of each key.
 *
 * `'all'` never appears by accident: a native configuration that lists nothing means nothing is
 * allowed, and only the compatibility command turns an absent list into `'all'`, with a warning.
 *
 * @module
 */

import type { MessageKind } from '@countersign/protocol';

/** Everything, or exactly what is listed. */
export type Grant<T> = 'all' | ReadonlySet<T>;

/** Most that may leave through one token, in base units. */
export interface TokenCap {
  readonly maxPerCall: bigint;
  /** Over all calls of one request together. */
  readonly maxPerRequest: bigint;
}

export interface ClientPolicy {
  readonly keyIds: Grant<string>;
  readonly accounts: Grant<bigint>;
}

export interface KeyPolicy {
  /** Kinds this key signs; the first is meant when a request names none. Never empty. */
  readonly messageKinds: readonly [MessageKind, ...MessageKind[]];
  readonly targets: Grant<bigint>;
  /** Who may receive tokens, or the right to move them. */
  readonly recipients: Grant<bigint>;
  /** Caps by token contract; a token that is not listed has none. */
  readonly caps: ReadonlyMap<bigint, TokenCap>;
  /** Id of the written policy that has to allow as well; absent when there is none. */
  readonly policyId?: string | undefined;
}

export interface KeyringPolicy {
  readonly chains: Grant<bigint>;
  /** How far ahead `validUntil` may lie, seconds. */
  readonly maxValiditySec: bigint;
  readonly clients: ReadonlyMap<string, ClientPolicy>;
  readonly keys: ReadonlyMap<string, KeyPolicy>;
  /** Key meant when a request names none. */
  readonly defaultKeyId: string;
}

export interface IntentCall {
  readonly to: bigint;
  readonly selector: bigint;
  readonly calldata: readonly bigint[];
}

/** A decoded request, before any decision. */
export interface SessionIntent {
  readonly clientId: string;
  readonly keyId: string | undefined;
  readonly messageKind: MessageKind | undefined;
  readonly accountAddress: bigint;
  readonly chainId: bigint;
  readonly validUntilSec: bigint;
  readonly calls: readonly IntentCall[];
}
