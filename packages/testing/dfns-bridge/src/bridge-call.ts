/**
 * What a bridge demands of the body of a sign request.
 *
 * Stricter than the wire contract where that helps to find a careless client: a field the contract
 * does not name is refused instead of dropped.
 *
 * @module
 */

import {
  type JsonValue,
  parseSessionRequest,
  parseStrictJson,
  type SessionRequest,
} from '@countersign/protocol';

export interface BridgeCallBody {
  readonly clientId: string;
  readonly request: SessionRequest;
}

const BODY_KEYS = ['clientId', 'request', 'kind', 'signatureMode'];
const REQUEST_KEYS = [
  'accountAddress',
  'keyId',
  'chainId',
  'nonce',
  'caller',
  'executeAfter',
  'validUntil',
  'calls',
  'context',
];
const CALL_KEYS = ['contractAddress', 'entrypoint', 'calldata'];
const CONTEXT_KEYS = ['requester', 'tool', 'reason'];

/** Reads the body. Throws an `Error` whose message may go back to the client. */
export function parseBridgeCall(bytes: Uint8Array): BridgeCallBody {
  const body = objectOf(parseStrictJson(bytes), 'body', BODY_KEYS);
  if (body.kind !== 'Snip12') throw new Error('kind: expected Snip12');
  if (body.signatureMode !== 'v2_snip12') throw new Error('signatureMode: expected v2_snip12');
  if (typeof body.clientId !== 'string') throw new Error('clientId: expected a string');
  const request = objectOf(body.request, 'request', REQUEST_KEYS);
  for (const call of Array.isArray(request.calls) ? request.calls : []) {
    objectOf(call, 'call', CALL_KEYS);
  }
  if (request.context !== undefined) objectOf(request.context, 'context', CONTEXT_KEYS);
  return { clientId: body.clientId, request: parseSessionRequest(request) };
}

function objectOf(
  value: JsonValue | undefined,
  name: string,
  keys: readonly string[],
): Readonly<Record<string, JsonValue>> {
  if (typeof value !== 'object' || value === null) throw new Error(`${name}: expected an object`);
  const entries: readonly (readonly [string, JsonValue])[] = Object.entries(value);
  const unknown = entries.find(([key]) => !keys.includes(key));
  if (unknown !== undefined) throw new Error(`${name}: unknown field ${unknown[0]}`);
  return Object.fromEntries(entries);
}
