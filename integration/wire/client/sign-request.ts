/**
 * A sign request that every policy allows, to change one thing in.
 *
 * @module
 */

export interface Call {
  readonly contractAddress: string;
  readonly entrypoint: string;
  readonly calldata: readonly string[];
}

export interface SignRequest {
  readonly accountAddress: string;
  readonly keyId?: string;
  readonly chainId: string;
  readonly nonce: string;
  readonly caller?: string;
  readonly executeAfter?: string;
  readonly validUntil: number;
  readonly calls: readonly Call[];
  readonly messageKind?: string;
  readonly context?: Readonly<Record<string, unknown>>;
}

export const SEPOLIA = '0x534e5f5345504f4c4941';
export const MAINNET = '0x534e5f4d41494e';
export const ETH = '0x49d36570d4e46f48e99674bd3fcc84644ddd6b96f7c741b1562b82f9e004dc7';

/** Unix seconds, whole. */
export function nowSec(): number {
  return Math.floor(Date.now() / 1000);
}

/** A transfer, valid for five minutes, with members replaced or added. */
export function transferRequest(changes: Partial<SignRequest> = {}): SignRequest {
  return {
    accountAddress: '0xacc0',
    chainId: SEPOLIA,
    nonce: '0x1',
    validUntil: nowSec() + 300,
    calls: [transferCall()],
    ...changes,
  };
}

/** One call, with members replaced. */
export function transferCall(changes: Partial<Call> = {}): Call {
  return {
    contractAddress: ETH,
    entrypoint: 'transfer',
    calldata: ['0x123', '0x2386f26fc10000', '0x0'],
    ...changes,
  };
}
