/**
 * What a request body asks to have signed.
 *
 * @module
 */

import { parseEntrypoint, type SessionMessage } from '@countersign/crypto';
import {
  type MessageKind,
  parseSessionRequest,
  parseStrictJson,
  type SessionRequest,
} from '@countersign/protocol';

/**
 * Parses a body into a copy of our own.
 *
 * @throws BoundaryError ERR_BODY_MALFORMED, ERR_REQUEST_INVALID, ERR_FELT_OUT_OF_RANGE.
 */
export function parseAsk(body: Uint8Array): SessionRequest {
  return parseSessionRequest(parseStrictJson(body));
}

/**
 * The message of a request as it was asked for, before the policy has said which kind it is.
 *
 * @throws BoundaryError of `parseEntrypoint`, for an entrypoint that has no selector.
 */
export function askedMessage(request: SessionRequest): SessionMessage {
  return {
    kind: request.messageKind ?? 'invoke-v2',
    accountAddress: request.accountAddress,
    chainId: request.chainId,
    accountNonce: request.accountNonce,
    validUntilSec: request.validUntilSec,
    calls: request.calls.map((call, i) => ({
      to: call.to,
      selector: parseEntrypoint(call.entrypoint, `calls[${i}].entrypoint`).selector,
      calldata: call.calldata,
    })),
    ...(request.caller === undefined ? {} : { caller: request.caller }),
    ...(request.executeAfterSec === undefined ? {} : { executeAfterSec: request.executeAfterSec }),
  };
}

/** Invokes commit to neither caller nor start: there both are tolerated, and not part of the message. */
export function messageOf(asked: SessionMessage, kind: MessageKind): SessionMessage {
  const { caller: _caller, executeAfterSec: _start, ...common } = asked;
  return kind === 'outside-v2' ? { ...asked, kind } : { ...common, kind };
}
