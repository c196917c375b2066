/**
 * What the edge checks of a body that names something to sign: schema, leak scan, rate limit.
 *
 * @module
 */

import {
  type AuthHeaders,
  BoundaryError,
  type JsonValue,
  parseSessionRequest,
  parseStrictJson,
  type SessionRequest,
} from '@countersign/protocol';
import type { Exchange } from '../http/exchange.ts';
import { type RateLimiter, rateLimitKey } from '../rate-limit/rate-limiter.ts';
import { type LeakDeps, scanInbound } from './leak-checks.ts';

export interface InboundDeps extends LeakDeps {
  readonly rateLimiter: RateLimiter | undefined;
  readonly clock: { nowMs(): number };
}

/** An authenticated request. */
export interface Authenticated {
  readonly headers: AuthHeaders;
  /** The bytes the code covers. */
  readonly body: Uint8Array;
  readonly json: boolean;
  /** Parsed already where the profile reads JSON before authentication. */
  readonly parsed: JsonValue | undefined;
}

/** A body that passed. */
export interface Inbound {
  readonly body: JsonValue;
  readonly request: SessionRequest;
}

/**
 * Checks a body, and keeps in the exchange what answers quote of it.
 *
 * @throws BoundaryError for every refusal: of content type, JSON, schema, leak scan, rate limit.
 */
export async function checkInbound(
  deps: InboundDeps,
  exchange: Exchange,
  authenticated: Authenticated,
): Promise<Inbound> {
  const body = readJson(authenticated);
  const request = parseSessionRequest(body);
  quote(deps, exchange, request);
  scanInbound(deps, exchange, authenticated.body, body);
  await limitRate(deps, exchange, request);
  return { body, request };
}

function readJson({ body, json, parsed }: Authenticated): JsonValue {
  if (!json && body.length > 0) {
    throw new BoundaryError('ERR_CONTENT_TYPE_UNSUPPORTED', {
      details: {
        formErrors: ['expected the header content-type: application/json'],
        fieldErrors: {},
      },
    });
  }
  if (parsed !== undefined) return parsed;
  return body.length === 0 ? {} : parseBody(body);
}

/** Parses a body as one JSON object or array, as the wire contract demands. */
export function parseBody(bytes: Uint8Array): JsonValue {
  const value = parseStrictJson(bytes);
  if (typeof value !== 'object' || value === null) {
    throw new BoundaryError('ERR_BODY_MALFORMED', {
      details: { reason: 'expected a JSON object' },
    });
  }
  return value;
}

/** Keeps what error texts and answers quote. */
function quote(deps: InboundDeps, exchange: Exchange, request: SessionRequest): void {
  // The older contract knows only ids of the server, in body, header and log alike.
  const legacy = deps.settings.profile === 'legacy';
  if (!legacy) exchange.requestId = request.context.requestId ?? exchange.ownRequestId;
  exchange.quoted = {
    clientId: exchange.clientId,
    keyId: request.keyId ?? deps.settings.defaultKeyId,
    account: request.accountAddressText,
    chain: request.chainIdText,
    entrypoints: request.calls.map((call) => call.entrypoint),
  };
}

async function limitRate(
  deps: InboundDeps,
  exchange: Exchange,
  request: SessionRequest,
): Promise<void> {
  if (deps.rateLimiter === undefined) return;
  const nowMs = deps.clock.nowMs();
  const keyId = request.keyId ?? deps.settings.defaultKeyId;
  const key = rateLimitKey(exchange.clientId ?? '', request.accountAddress, keyId);
  const { allowed, remaining, resetMs } = await deps.rateLimiter.hit(key, nowMs);
  exchange.headers['x-ratelimit-remaining'] = String(remaining);
  exchange.headers['x-ratelimit-reset-ms'] = String(resetMs);
  if (allowed) return;
  const retryAfterMs = Math.max(0, resetMs - nowMs);
  exchange.headers['retry-after'] = String(Math.ceil(retryAfterMs / 1000));
  deps.events.emit('rate_limit.blocked', exchange, { resetAtMs: resetMs });
  throw new BoundaryError('ERR_RATE_LIMITED', { details: { retryAfterMs } });
}
