/**
 * What of a message can happen only once, and until when.
 *
 * @module
 */

import type { SessionMessage } from '@countersign/crypto';
import { toHex } from '@countersign/protocol';

const HOUR_SEC = 3_600n;
const SECOND_MS = 1_000n;
/** The last moment a Date can show. */
const LAST_TIME_MS = 8_640_000_000_000_000n;

/**
 * Name of the slot. An account uses each transaction nonce once and each nonce of outside executions
 * once; the two are counted apart. Both kinds of invoke share a slot: one nonce, one of them.
 */
export function slotOf({ kind, chainId, accountAddress, accountNonce }: SessionMessage): string {
  const counter = kind === 'outside-v2' ? 'outside' : 'invoke';
  return JSON.stringify([counter, toHex(chainId), toHex(accountAddress), toHex(accountNonce)]);
}

/**
 * Last millisecond at which a signature of the message can be used.
 *
 * An account sees the time of a transaction rounded down to the hour while it validates, so a signature
 * lives until the end of the hour `validUntil` lies in. Outside executions see the exact second.
 */
export function spendableUntilMs({ kind, validUntilSec }: SessionMessage): number {
  const lastSec =
    kind === 'outside-v2' ? validUntilSec : (validUntilSec / HOUR_SEC + 1n) * HOUR_SEC - 1n;
  const lastMs = (lastSec + 1n) * SECOND_MS - 1n;
  return Number(lastMs < LAST_TIME_MS ? lastMs : LAST_TIME_MS);
}
