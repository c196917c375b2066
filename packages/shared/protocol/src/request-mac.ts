/**
 * The message authentication code of a keyring request.
 *
 * canonical = timestamp "." requestNonce "." METHOD "." path?query "." sha256-hex(body)
 * signature = lower-hex(HMAC-SHA256(key = UTF-8 of the secret, canonical))
 *
 * Header strings go in exactly as sent. The full stops delimit because a request nonce never
 * contains one and a timestamp is digits only (see `auth-headers.ts`).
 *
 * @module
 */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from './secret.ts';

/** What the code covers. */
export interface MacInput {
  /** The timestamp header as sent. */
  readonly timestamp: string;
  /** The request nonce header as sent. */
  readonly requestNonce: string;
  /** The method in upper case. */
  readonly method: string;
  /** Path and query as they stood on the request line. */
  readonly target: string;
  /** Raw body bytes after decompression. */
  readonly body: Uint8Array;
}

// Comparisons done for every request, so that their number tells nothing about the client.
const LEAST_COMPARISONS = 4;
const PADDING_SECRET = 'no client has this secret; it only takes as long as one';

/** The string the code is computed over. */
export function canonicalRequest(input: MacInput): string {
  const digest = createHash('sha256').update(input.body).digest('hex');
  return [input.timestamp, input.requestNonce, input.method, input.target, digest].join('.');
}

/** Computes the code as 64 lower-case hex digits. */
export function computeRequestMac(secret: Secret<string>, input: MacInput): string {
  return macOf(secret.reveal(), canonicalRequest(input)).toString('hex');
}

/**
 * Answers whether `signature` is the code of the request under any of the secrets.
 *
 * Compares with every secret, and with padding up to four, without an early exit.
 *
 * @param secrets - Current and next secrets of the client; empty for an unknown client.
 * @param signature - 64 hex digits, either case; any other length never matches.
 */
export function verifyRequestMac(
  secrets: readonly Secret<string>[],
  input: MacInput,
  signature: string,
): boolean {
  const canonical = canonicalRequest(input);
  const given = Buffer.from(signature, 'hex');
  const shaped = given.length === 32 && signature.length === 64;
  const candidate = shaped ? given : Buffer.alloc(32);
  let matches = 0;
  for (const secret of secrets) {
    matches |= Number(timingSafeEqual(macOf(secret.reveal(), canonical), candidate));
  }
  for (let i = secrets.length; i < LEAST_COMPARISONS; i++) {
    timingSafeEqual(macOf(PADDING_SECRET, canonical), candidate);
  }
  return matches === 1 && shaped;
}

function macOf(secret: string, canonical: string): Buffer {
  return createHmac('sha256', secret).update(canonical).digest();
}
