/**
 * The HTTP surface as a Hono app: open routes, then everything behind authentication.
 *
 * @module
 */

import type { ServerResponse } from 'node:http';
import {
  BoundaryError,
  type ErrorCode,
  EXPLAIN_PATH,
  isBoundaryError,
  SIGN_PATH,
} from '@countersign/protocol';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { type ApproverDeps, answerApprover, isApproverRoute } from './approver/approver-route.ts';
import type { Admission } from './connection-limits.ts';
import { createExchange, type Exchange, headerRequestId } from './http/exchange.ts';
import { jsonReply, type Reply, toResponse } from './http/reply.ts';
import { toWireError } from './http/wire-errors.ts';
import { answerKeyring, type KeyringDeps } from './keyring/keyring-route.ts';
import type { Metrics } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import { answerOperator, isOperatorRoute, type OperatorDeps } from './operator/operator-route.ts';
import type { StoreFault } from './shared-stores.ts';

export interface EdgeAppDeps extends KeyringDeps, OperatorDeps, ApproverDeps {
  readonly metrics: Metrics;
  /** Whether the server is draining. */
  readonly isStopping: () => boolean;
  /** The refusal requests meet because a shared store is down. */
  readonly storeFault: () => StoreFault | undefined;
  /** Takes a place for a request. */
  readonly beginRequest: () => Admission;
  /** Takes a place for a request of an operator. */
  readonly beginUrgent: () => Admission;
}

/** Paths that stand in metrics as they are. */
const NAMED_PATHS = [
  SIGN_PATH,
  EXPLAIN_PATH,
  '/v1/freeze',
  '/v1/freezes',
  '/v1/unfreeze',
  '/v1/intents',
];

export type EdgeApp = Hono<{ Bindings: HttpBindings }>;

type OpenRoute = (deps: EdgeAppDeps) => Promise<Reply> | Reply;

/** Routes without authentication; they reveal nothing about clients, keys or decisions. */
const OPEN_ROUTES: ReadonlyMap<string, OpenRoute> = new Map<string, OpenRoute>([
  ['/health', () => jsonReply(200, { ok: true })],
  ['/health/ready', ready],
  ['/health/dfns-preflight', preflight],
  ['/metrics', metricsText],
  ['/openapi.json', () => jsonReply(200, openApiDocument())],
]);

export function createEdgeApp(deps: EdgeAppDeps): EdgeApp {
  const app: EdgeApp = new Hono();
  app.all('*', (context) => {
    const { incoming, outgoing } = context.env;
    return answer(deps, createExchange(incoming, outgoing as ServerResponse));
  });
  return app;
}

async function answer(deps: EdgeAppDeps, exchange: Exchange): Promise<Response> {
  const startedAt = performance.now();
  const route = routeName(exchange);
  let code: ErrorCode | 'ok' = 'ok';
  let reply: Reply;
  const isUrgent = isOperatorRoute(deps.settings, exchange);
  const admission = isUrgent ? deps.beginUrgent() : deps.beginRequest();
  try {
    if (!admission.admitted) throw admission.error;
    reply = await routed(deps, exchange);
  } catch (error) {
    const known = isBoundaryError(error)
      ? error
      : new BoundaryError('ERR_INTERNAL', { cause: error });
    const refused = refusal(deps, exchange, known);
    // Metrics are open to everybody: they know what the answer tells, not what happened.
    code = refused.code;
    reply = refused.reply;
  } finally {
    if (admission.admitted) admission.release();
  }
  deps.metrics.observe(route, reply.status, code, (performance.now() - startedAt) / 1000);
  return toResponse(reply, responseHeaders(deps, exchange));
}

function routed(deps: EdgeAppDeps, exchange: Exchange): Promise<Reply> | Reply {
  const { incoming, method, path } = exchange;
  if (incoming.headers.origin !== undefined) {
    deps.events.emit('cors.origin_rejected', exchange, {});
    throw new BoundaryError('ERR_ORIGIN_DENIED');
  }
  if (deps.isStopping()) throw new BoundaryError('ERR_STOPPING');
  const open = method === 'GET' || method === 'HEAD' ? OPEN_ROUTES.get(path) : undefined;
  if (open !== undefined) return open(deps);
  if (isOperatorRoute(deps.settings, exchange)) return answerOperator(deps, exchange);
  if (isApproverRoute(deps.settings, exchange)) return answerApprover(deps, exchange);
  return answerKeyring(deps, exchange);
}

function refusal(
  deps: EdgeAppDeps,
  exchange: Exchange,
  error: BoundaryError,
): { readonly reply: Reply; readonly code: ErrorCode } {
  const { profile } = deps.settings;
  const { status, body, code } = toWireError(error, profile, exchange.requestId, exchange.quoted);
  deps.events.emit(eventOf(error), exchange, {
    code: error.code,
    status,
    rule: error.details.rule,
  });
  // The event log names what happened; the answer only what the profile lets a stranger know.
  return { reply: jsonReply(status, body, { 'x-countersign-code': code }), code };
}

function eventOf(error: BoundaryError): string {
  if (error.kind === 'unauthenticated' || error.code === 'ERR_ADDRESS_RATE_LIMITED') {
    return 'auth.refused';
  }
  if (error.kind === 'denied') return 'sign.session_transaction.policy_denied';
  if (error.kind === 'unavailable') return 'sign.session_transaction.signer_unavailable';
  return error.kind === 'failed' ? 'sign.session_transaction.error' : 'request.refused';
}

function responseHeaders(deps: EdgeAppDeps, exchange: Exchange): Record<string, string> {
  return {
    'x-request-id': headerRequestId(exchange),
    ...(deps.isStopping() ? { connection: 'close' } : {}),
    ...exchange.headers,
  };
}

async function ready(deps: EdgeAppDeps): Promise<Reply> {
  const { answer } = await deps.signer.ask({ op: 'status' });
  if (answer.outcome !== 'status') throw new BoundaryError('ERR_SIGNER_UNAVAILABLE');
  if (!answer.ready) throw new BoundaryError(answer.code ?? 'ERR_STORE_UNAVAILABLE');
  const storeFault = deps.storeFault();
  if (storeFault !== undefined) throw new BoundaryError(storeFault);
  const { policyHash, hashBackend, logSize, keys } = answer;
  return jsonReply(200, { ready: true, policyHash, hashBackend, logSize, keys });
}

async function preflight(deps: EdgeAppDeps): Promise<Reply> {
  if (deps.bridge === undefined) {
    return jsonReply(404, { error: 'dfns signer provider is not enabled' });
  }
  const result = await deps.bridge.preflight();
  return jsonReply(result.ok ? 200 : 503, result);
}

async function metricsText(deps: EdgeAppDeps): Promise<Reply> {
  const { metrics } = deps;
  return { status: 200, body: await metrics.text(), contentType: metrics.contentType };
}

/** A bounded set of route names for metrics, whatever paths are asked for. */
function routeName({ path }: Exchange): string {
  if (OPEN_ROUTES.has(path)) return path;
  if (NAMED_PATHS.includes(path)) return path;
  const intent = /^\/v1\/intents\/[^/]+(\/answers|\/execute)?$/.exec(path);
  if (intent !== null) return `/v1/intents/{id}${intent[1] ?? ''}`;
  return path.startsWith('/v1/receipts/') ? '/v1/receipts/{id}' : 'other';
}
