/**
 * What approvers ask: what waits for them, and that their answer counts.
 *
 * Nothing here is believed: an answer carries its own evidence, a look is signed by the approver, and
 * both are checked by the signer alone.
 *
 * @module
 */

import {
  APPROVER_HEADER,
  APPROVER_SIGNATURE_HEADER,
  APPROVER_TIME_HEADER,
  BoundaryError,
  type EdgeSettings,
  LIMITS,
} from '@countersign/protocol';
import type { AddressLimit } from '../address-limit.ts';
import type { EventLog } from '../event-log.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Reply } from '../http/reply.ts';
import { readRequestBody } from '../http/request-body.ts';
import { textOf } from '../keyring/intent-reply.ts';
import type { SignerLink } from '../signer-link.ts';

export interface ApproverDeps {
  readonly settings: EdgeSettings;
  readonly addressLimit: AddressLimit;
  readonly signer: SignerLink;
  readonly events: EventLog;
}

const ANSWERS = /^\/v1\/intents\/([A-Za-z0-9_-]{1,64})\/answers\/?$/i;
const LOOKS = /^\/v1\/intents(\/[^/]+)?$/;

/** Whether a request is an approver's; without any, the paths do not exist. */
export function isApproverRoute(
  { approvals }: Pick<EdgeSettings, 'approvals'>,
  { method, path, incoming }: Pick<Exchange, 'method' | 'path' | 'incoming'>,
): boolean {
  if (approvals !== true) return false;
  if (method === 'POST') return ANSWERS.test(path);
  const isNamed = incoming.headers[APPROVER_HEADER.toLowerCase()] !== undefined;
  return method === 'GET' && isNamed && LOOKS.test(path);
}

/** Answers one request of an approver. Throws BoundaryError for every refusal. */
export async function answerApprover(deps: ApproverDeps, exchange: Exchange): Promise<Reply> {
  const { address } = exchange.caller;
  if (!deps.addressLimit.allow(address)) throw new BoundaryError('ERR_ADDRESS_RATE_LIMITED');
  try {
    const text =
      exchange.method === 'POST' ? await answer(deps, exchange) : await look(deps, exchange);
    return { status: 200, body: text };
  } catch (error) {
    // Whoever guesses ids or signatures pays like one who fails to authenticate.
    deps.addressLimit.penalise(address);
    throw error;
  }
}

async function answer(deps: ApproverDeps, exchange: Exchange): Promise<string> {
  const { bytes, json } = await readRequestBody(exchange.incoming);
  if (!json) throw new BoundaryError('ERR_CONTENT_TYPE_UNSUPPORTED');
  // Ids know capitals; the path for routing does not.
  const [path = ''] = exchange.target.split('?', 1);
  const intentId = ANSWERS.exec(path)?.[1];
  if (intentId === undefined) throw new BoundaryError('ERR_INTENT_NOT_FOUND');
  const link = await deps.signer.ask({ op: 'answer', intentId }, bytes);
  const text = textOf(link);
  deps.events.emit('intent.answered', exchange, { intentId });
  return text;
}

async function look(deps: ApproverDeps, exchange: Exchange): Promise<string> {
  const { method, target } = exchange;
  const request = {
    approver: header(exchange, APPROVER_HEADER),
    timestamp: header(exchange, APPROVER_TIME_HEADER),
    signature: header(exchange, APPROVER_SIGNATURE_HEADER),
    method,
    target,
  };
  return textOf(await deps.signer.ask({ op: 'intents', request }));
}

function header({ incoming }: Exchange, name: string): string {
  const value = incoming.headers[name.toLowerCase()];
  if (typeof value !== 'string' || value.trim() === '') {
    throw new BoundaryError('ERR_AUTH_HEADER_MISSING', { details: { field: name } });
  }
  if (value.length <= LIMITS.signatureChars) return value;
  throw new BoundaryError('ERR_AUTH_HEADER_TOO_LARGE', {
    details: { field: name, expected: `at most ${LIMITS.signatureChars} characters` },
  });
}
