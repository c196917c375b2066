/**
 * The signer's own door for operators: their requests are authenticated again from the same bytes, with
 * secrets no client has.
 *
 * @module
 */

import {
  BoundaryError,
  routePath,
  type SignerQuestion,
  type SignerSettings,
} from '@countersign/protocol';
import { createRequestCheck, type RequestCheck } from './request-check.ts';

/** Request line and authentication headers of an operator, as the edge forwards them. */
export type OperatorRequest = Extract<SignerQuestion, { op: 'freeze' }>['request'];

export interface OperatorDoor {
  /** Puts other secrets in force; nonces that were used stay used. */
  configure(settings: OperatorDoorSettings): void;
  /**
   * Lets a request in once, for the line it was made for.
   *
   * @param line - Method and path it must have.
   * @returns When its request nonce may be forgotten, milliseconds since 1970.
   * @throws BoundaryError ERR_REQUEST_NONCE_USED, and what {@link RequestCheck.check} throws.
   */
  admit(request: OperatorRequest, body: Uint8Array, nowMs: number, line: string): number;
}

export type OperatorDoorSettings = Pick<SignerSettings, 'operators' | 'maxSkewMs' | 'nonceTtlMs'>;

/** More than operators send by hand or by script; beyond, the oldest is forgotten. */
const MOST_NONCES = 10_000;

/**
 * Used nonces are kept in memory, so that a freeze depends on nothing but its own write. One sent again
 * after a restart, within the accepted skew, could only freeze once more.
 */
export function createOperatorDoor(initial: OperatorDoorSettings): OperatorDoor {
  let check = checkOf(initial);
  const used = new Map<string, number>();

  function use(key: string, untilMs: number, nowMs: number): void {
    const known = used.get(key);
    if (known !== undefined && known > nowMs) throw new BoundaryError('ERR_REQUEST_NONCE_USED');
    used.delete(key);
    used.set(key, untilMs);
    const [oldest] = used.keys();
    if (used.size > MOST_NONCES && oldest !== undefined) used.delete(oldest);
  }

  return {
    configure: (settings) => {
      check = checkOf(settings);
    },
    admit: ({ operatorId, ...request }, body, nowMs, line) => {
      // Otherwise a wish to unfreeze could be handed in as one to freeze.
      if (`${request.method} ${routePath(request.target)}` !== line) {
        throw new BoundaryError('ERR_AUTH_SIGNATURE_INVALID');
      }
      const untilMs = check.check({ ...request, clientId: operatorId }, body, nowMs);
      use(JSON.stringify([operatorId, request.requestNonce]), untilMs, nowMs);
      return untilMs;
    },
  };
}

function checkOf({ operators = [], maxSkewMs, nonceTtlMs }: OperatorDoorSettings): RequestCheck {
  const clients = operators.map(({ operatorId, secrets }) => ({ clientId: operatorId, secrets }));
  return createRequestCheck({ clients, maxSkewMs, nonceTtlMs });
}
