/**
 * What a policy judges: one action of one client with one key, decoded and copied.
 *
 * A Starknet transaction is judged call by call; every other action is judged as a whole.
 *
 * @module
 */

export interface PolicyIntent {
  /** Method of the request, e.g. `starknet_signSessionTransaction`, `eth_signTypedData_v4`. */
  readonly method: string;
  readonly clientId: string;
  readonly keyId: string;
  /** Milliseconds since 1970; the one clock of the decision. */
  readonly nowMs: number;
  readonly action: PolicyAction;
}

export type PolicyAction =
  | StarknetTransaction
  | EthereumTransaction
  | TypedDataAction
  | MessageAction
  | AuthorizationAction
  | HyperliquidAction
  | BodyAction;

export interface StarknetCall {
  readonly to: bigint;
  readonly selector: bigint;
  readonly calldata: readonly bigint[];
}

export interface StarknetTransaction {
  readonly kind: 'starknet_transaction';
  readonly chainId: bigint;
  readonly accountAddress: bigint;
  readonly accountNonce: bigint;
  /** Unix seconds until which a signature would be accepted. */
  readonly validUntilSec: bigint;
  readonly messageKind: string;
  /** Never empty. */
  readonly calls: readonly StarknetCall[];
  /** Base units of the fee token; absent where the signature does not commit to it. */
  readonly maxFee?: bigint;
  readonly tip?: bigint;
  /** What a simulation says the transaction changes; absent when none was made. */
  readonly simulatedChanges?: readonly SimulatedChange[];
}

/** One change of a balance or allowance; amounts in base units, negative when it leaves the account. */
export interface SimulatedChange {
  readonly kind: 'balance' | 'allowance';
  readonly token: bigint;
  /** Holder of the balance, or spender of the allowance. */
  readonly party: bigint;
  readonly amount: bigint;
}

export interface EthereumTransaction {
  readonly kind: 'ethereum_transaction';
  /** Absent when it creates a contract. */
  readonly to?: bigint;
  readonly value: bigint;
  readonly chainId: bigint;
  readonly data: Uint8Array;
}

/** EIP-712 typed data as it arrived: JSON values, numbers as exact decimal text. */
export interface TypedDataAction {
  readonly kind: 'typed_data';
  readonly types: Readonly<Record<string, readonly TypedDataField[]>>;
  readonly primaryType: string;
  readonly domain: Readonly<Record<string, PolicyJson>>;
  readonly message: Readonly<Record<string, PolicyJson>>;
}

export interface TypedDataField {
  readonly name: string;
  readonly type: string;
}

export interface MessageAction {
  readonly kind: 'message';
  readonly content: Uint8Array;
}

/** EIP-7702. */
export interface AuthorizationAction {
  readonly kind: 'ethereum_7702_authorization';
  readonly contract: bigint;
}

/** A decoded Hyperliquid action; which fields there are depends on its type. */
export interface HyperliquidAction {
  readonly kind: 'hyperliquid_action';
  /** Decimals are scaled to whole units of 10^-8 before they come here. */
  readonly fields: Readonly<Record<string, string | bigint | boolean>>;
}

/** A high-level action whose body is compared as it is. */
export interface BodyAction {
  readonly kind: 'action_request_body';
  readonly body: PolicyJson;
}

/** JSON without floating numbers: a number is its exact text. */
export type PolicyJson =
  | null
  | boolean
  | string
  | readonly PolicyJson[]
  | { readonly [name: string]: PolicyJson };
