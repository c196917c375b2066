/**
 * An intent for the client that asked for it, at once or as soon as something about it changes.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { BoundaryError } from '@countersign/protocol';
import type { Exchange } from '../http/exchange.ts';
import type { Reply } from '../http/reply.ts';
import type { LinkAnswer, SignerLink } from '../signer-link.ts';
import type { Authenticated } from './inbound-checks.ts';

/** Longest time one request waits, seconds. */
const MOST_WAIT_SEC = 30;
/** Pause between two looks, milliseconds. */
const LOOK_MS = 500;
/** Requests that wait at a time; further ones are answered at once. */
const MOST_WAITING = 128;

let waiting = 0;

/** @returns The intent as the signer shows it. Throws BoundaryError for every refusal. */
export async function showIntent(
  signer: SignerLink,
  exchange: Exchange,
  { headers, body }: Authenticated,
): Promise<Reply> {
  const { method, target, ownRequestId: requestId } = exchange;
  const request = { ...headers, method, target, requestId };
  const look = (): Promise<LinkAnswer> => signer.ask({ op: 'intent', request }, body);
  const first = textOf(await look());
  const waitMs = waitIn(exchange.incoming.headers.prefer) * 1_000;
  if (waitMs === 0 || waiting >= MOST_WAITING) return { status: 200, body: first };
  waiting += 1;
  try {
    return { status: 200, body: await changed(look, first, waitMs, exchange) };
  } finally {
    waiting -= 1;
  }
}

async function changed(
  look: () => Promise<LinkAnswer>,
  first: string,
  waitMs: number,
  { outgoing }: Exchange,
): Promise<string> {
  const untilMs = performance.now() + waitMs;
  let pauseMs = Math.min(LOOK_MS, waitMs);
  while (pauseMs > 0 && outgoing?.destroyed !== true) {
    await sleep(pauseMs);
    const { answer, body } = await look();
    // A request that has grown too old while it waited is answered with what is known.
    if (answer.outcome !== 'document') return first;
    const text = Buffer.from(body).toString('utf8');
    if (text !== first) return text;
    pauseMs = Math.min(LOOK_MS, untilMs - performance.now());
  }
  return first;
}

/** Seconds in `Prefer: wait=10`, RFC 7240; 0 for anything else. */
function waitIn(prefer: string | string[] | undefined): number {
  const text = Array.isArray(prefer) ? prefer.join(',') : (prefer ?? '');
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?([0-9]{1,5})"?\s*(?:$|[,;])/i.exec(text)?.[1];
  return seconds === undefined ? 0 : Math.min(Number(seconds), MOST_WAIT_SEC);
}

/** The document of an answer. @throws BoundaryError for a refusal. */
export function textOf({ answer, body }: LinkAnswer): string {
  if (answer.outcome === 'document') return Buffer.from(body).toString('utf8');
  if (answer.outcome === 'refused') {
    throw new BoundaryError(answer.code, { details: answer.details });
  }
  throw new BoundaryError('ERR_INTERNAL');
}
