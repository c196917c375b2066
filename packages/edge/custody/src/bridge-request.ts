/**
 * The body of a sign request to the custody bridge.
 *
 * @module
 */

import {
  BRIDGE_SIGNATURE_KIND,
  BRIDGE_SIGNATURE_MODE,
  invalidRequest,
  type JsonValue,
  sessionRequestSchema,
} from '@countersign/protocol';

type WireRequest = ReturnType<typeof sessionRequestSchema.parse>;

/**
 * Writes the body for one request.
 *
 * Only the fields of the wire contract go out, in its order and in the caller's notation (hex and
 * decimal as sent). Everything else stays here: unknown fields, and our own `messageKind`,
 * `context.requestId` and `context.traceId`, which a bridge does not know.
 *
 * @param clientId - The authenticated client.
 * @param request - Body of the sign call as received and parsed by `parseStrictJson`.
 * @returns UTF-8 JSON `{clientId, request, kind, signatureMode}`.
 * @throws BoundaryError ERR_REQUEST_INVALID.
 */
export function encodeBridgeRequest(clientId: string, request: JsonValue): Uint8Array {
  const parsed = sessionRequestSchema.safeParse(request);
  if (!parsed.success) throw invalidRequest(parsed.error.issues);
  const body = {
    clientId,
    request: toBridgeForm(parsed.data),
    kind: BRIDGE_SIGNATURE_KIND,
    signatureMode: BRIDGE_SIGNATURE_MODE,
  };
  return Buffer.from(JSON.stringify(body), 'utf8');
}

/** Absent fields stay absent: JSON leaves out what is `undefined`. */
function toBridgeForm(wire: WireRequest): object {
  return {
    accountAddress: wire.accountAddress,
    keyId: wire.keyId,
    chainId: wire.chainId,
    nonce: wire.nonce,
    caller: wire.caller,
    executeAfter: wire.executeAfter,
    validUntil: wire.validUntil,
    calls: wire.calls.map(({ contractAddress, entrypoint, calldata }) => ({
      contractAddress,
      entrypoint,
      calldata,
    })),
    context: wire.context && {
      requester: wire.context.requester,
      tool: wire.context.tool,
      reason: wire.context.reason,
    },
  };
}
