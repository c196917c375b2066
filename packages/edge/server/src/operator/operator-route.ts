/**
 * What operators may ask: freeze, what is frozen, and the end of a freeze, which others approve.
 *
 * These routes have places of their own and no rate limit, so that an emergency does not queue behind
 * what caused it. The edge checks who asks; the signer checks again and decides.
 *
 * @module
 */

import { BoundaryError, type EdgeSettings } from '@countersign/protocol';
import type { AddressLimit } from '../address-limit.ts';
import type { EventLog } from '../event-log.ts';
import type { Exchange } from '../http/exchange.ts';
import type { OperatorAuthenticator, OperatorHeaders } from '../http/operator-authenticator.ts';
import { jsonReply, type Reply } from '../http/reply.ts';
import { readRequestBody } from '../http/request-body.ts';
import type { Releases } from '../releases.ts';
import type { SignerLink } from '../signer-link.ts';

export interface OperatorDeps {
  readonly settings: EdgeSettings;
  readonly operators: OperatorAuthenticator;
  /** Counts failed attempts only, apart from everybody else's. */
  readonly operatorLimit: AddressLimit;
  readonly releases: Releases;
  readonly signer: SignerLink;
  readonly events: EventLog;
  readonly clock: { nowMs(): number };
}

interface Request {
  readonly headers: OperatorHeaders;
  readonly body: Uint8Array;
}

type OperatorRoute = (deps: OperatorDeps, exchange: Exchange, request: Request) => Promise<Reply>;

const ROUTES: ReadonlyMap<string, OperatorRoute> = new Map([
  ['POST /v1/freeze', freeze],
  ['GET /v1/freezes', listFreezes],
  ['POST /v1/unfreeze', unfreeze],
]);

/** A request of an operator is small; time for its body to arrive, milliseconds. */
const BODY_MS = 5_000;

/** Whether operators are asked for here; without any, the paths do not exist. */
export function isOperatorRoute(
  { operators = [] }: Pick<EdgeSettings, 'operators'>,
  { method, path }: Pick<Exchange, 'method' | 'path'>,
): boolean {
  return operators.length > 0 && ROUTES.has(`${method} ${path}`);
}

/** Answers one request of an operator. Throws BoundaryError for every refusal. */
export async function answerOperator(deps: OperatorDeps, exchange: Exchange): Promise<Reply> {
  const route = ROUTES.get(`${exchange.method} ${exchange.path}`);
  if (route === undefined) throw new BoundaryError('ERR_NOT_FOUND');
  return route(deps, exchange, await authenticate(deps, exchange));
}

async function authenticate(deps: OperatorDeps, exchange: Exchange): Promise<Request> {
  const { incoming, caller, method, target } = exchange;
  try {
    const body = await readInTime(exchange);
    const nowMs = deps.clock.nowMs();
    const line = { method, target };
    const headers = deps.operators.authenticate(line, incoming.headers, body, caller, nowMs);
    return { headers, body };
  } catch (error) {
    // Whoever authenticates is let in, however many others fail from the same address.
    const allowed = deps.operatorLimit.allow(caller.address);
    deps.operatorLimit.penalise(caller.address);
    throw allowed ? error : new BoundaryError('ERR_ADDRESS_RATE_LIMITED');
  }
}

async function readInTime({ incoming }: Exchange): Promise<Uint8Array> {
  const timer = setTimeout(() => incoming.destroy(), BODY_MS);
  try {
    return (await readRequestBody(incoming)).bytes;
  } finally {
    clearTimeout(timer);
  }
}

async function freeze(deps: OperatorDeps, exchange: Exchange, request: Request): Promise<Reply> {
  let released: Promise<void> = Promise.resolve();
  const question = { op: 'freeze' as const, request: forwarded(exchange, request) };
  const { answer } = await deps.signer.ask(question, request.body, () => {
    // INVARIANT: taken in the moment of the answer. Signatures that come later are of other scopes.
    released = deps.releases.settled();
  });
  if (answer.outcome === 'refused') {
    throw new BoundaryError(answer.code, { details: answer.details });
  }
  if (answer.outcome !== 'frozen') throw new BoundaryError('ERR_INTERNAL');
  await released;
  const { scope, sinceMs, receipt } = answer;
  const { operatorId } = request.headers;
  deps.events.emit('operator.frozen', exchange, { operatorId, scope });
  if (receipt !== undefined) exchange.headers['x-countersign-receipt'] = receipt;
  return jsonReply(200, { scope, since: new Date(sinceMs).toISOString(), receipt });
}

async function unfreeze(deps: OperatorDeps, exchange: Exchange, request: Request): Promise<Reply> {
  const question = { op: 'unfreeze' as const, request: forwarded(exchange, request) };
  const { answer } = await deps.signer.ask(question, request.body);
  if (answer.outcome === 'refused') {
    throw new BoundaryError(answer.code, { details: answer.details });
  }
  if (answer.outcome !== 'asked') throw new BoundaryError('ERR_INTERNAL');
  const { operatorId } = request.headers;
  deps.events.emit('operator.unfreeze_asked', exchange, { operatorId });
  exchange.headers['x-countersign-receipt'] = answer.receipt;
  return { status: 202, body: answer.intent };
}

async function listFreezes(
  deps: OperatorDeps,
  exchange: Exchange,
  request: Request,
): Promise<Reply> {
  const question = { op: 'freezes' as const, request: forwarded(exchange, request) };
  const { answer, body } = await deps.signer.ask(question, request.body);
  if (answer.outcome === 'refused') {
    throw new BoundaryError(answer.code, { details: answer.details });
  }
  return { status: 200, body: Buffer.from(body).toString('utf8') };
}

function forwarded(
  { method, target, ownRequestId }: Exchange,
  { headers }: Request,
): OperatorHeaders & { method: string; target: string; requestId: string } {
  return { ...headers, method, target, requestId: ownRequestId };
}
