/**
 * Requests that wait for the bridge's signature, and the check of what it answers.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import type { SignatureChecker, StarkSignature } from '@countersign/crypto';
import {
  BoundaryError,
  CURVE_ORDER,
  parseBridgeAnswer,
  parseStrictJson,
} from '@countersign/protocol';
import type { Approved } from './judgement.ts';
import type { PipelineConfig } from './pipeline.ts';

export interface BridgeTicket {
  readonly approved: Approved;
  readonly requestId: string;
  /** What a freeze can name of it. */
  readonly scopes: readonly string[];
  readonly receipt: { readonly id: string; readonly index: number };
  readonly nowMs: number;
  readonly config: PipelineConfig;
}

export interface BridgeTickets {
  /** Keeps a request until its answer comes and returns the name to ask for it. */
  issue(ticket: BridgeTicket): string;
  /** Takes a request out; each ticket works once. */
  take(name: string): BridgeTicket | undefined;
  /**
   * Checks the bridge's answer against what this process computed itself.
   *
   * @returns The signature with s in the low half.
   * @throws BoundaryError ERR_CUSTODIAN_UNAVAILABLE when unreadable, ERR_CUSTODIAN_MISMATCH when
   *   hash, key, validity or signature are not the ones demanded.
   */
  verifyAnswer(approved: Approved, body: Uint8Array, checker: SignatureChecker): StarkSignature;
}

// Longer than any configured bridge timeout should be; then the answer is worthless anyway.
const TICKET_LIFE_MS = 120_000;
const MOST_TICKETS = 1_024;

export function createBridgeTickets(clock: { nowMs(): number }): BridgeTickets {
  const open = new Map<string, { ticket: BridgeTicket; expiresAtMs: number }>();

  function sweep(nowMs: number): void {
    for (const [name, { expiresAtMs }] of open) if (expiresAtMs <= nowMs) open.delete(name);
  }

  return {
    issue(ticket) {
      const nowMs = clock.nowMs();
      if (open.size >= MOST_TICKETS) sweep(nowMs);
      if (open.size >= MOST_TICKETS) throw new BoundaryError('ERR_OVERLOADED');
      const name = randomBytes(16).toString('hex');
      open.set(name, { ticket, expiresAtMs: nowMs + TICKET_LIFE_MS });
      return name;
    },
    take(name) {
      const found = open.get(name);
      open.delete(name);
      return found !== undefined && found.expiresAtMs > clock.nowMs() ? found.ticket : undefined;
    },
    verifyAnswer,
  };
}

function verifyAnswer(
  approved: Approved,
  body: Uint8Array,
  checker: SignatureChecker,
): StarkSignature {
  const answer = parseBridgeAnswer(readAnswer(body));
  const { hashes, key, message } = approved;
  const [publicKey, r, s, validUntilSec] = answer.signature;
  demand(answer.domainHash === hashes.domainHash, 'domainHash');
  demand(answer.messageHash === hashes.messageHash, 'messageHash');
  demand(answer.sessionPublicKey === key.publicKey, 'sessionPublicKey');
  demand(publicKey === key.publicKey, 'signature[0]');
  demand(validUntilSec === message.validUntilSec, 'signature[3]');
  const signature = { r, s: s > CURVE_ORDER / 2n ? CURVE_ORDER - s : s };
  demand(checker.verify(hashes.messageHash, signature, key.publicKey), 'signature');
  return signature;
}

function readAnswer(body: Uint8Array): ReturnType<typeof parseStrictJson> {
  try {
    return parseStrictJson(body);
  } catch (cause) {
    throw new BoundaryError('ERR_CUSTODIAN_UNAVAILABLE', { cause });
  }
}

function demand(holds: boolean, field: string): void {
  if (!holds) throw new BoundaryError('ERR_CUSTODIAN_MISMATCH', { details: { field } });
}
