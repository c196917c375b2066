/**
 * What would be decided about a request, and why. A read, like a receipt: the request nonce is used up
 * here and nowhere else, and the log does not hear of it.
 *
 * @module
 */

import { BoundaryError } from '@countersign/protocol';
import type { Exchange } from '../http/exchange.ts';
import type { Reply } from '../http/reply.ts';
import type { SignerLink } from '../signer-link.ts';
import { type Authenticated, checkInbound, type InboundDeps } from './inbound-checks.ts';
import { scanOutbound } from './leak-checks.ts';

export interface ExplainDeps extends InboundDeps {
  readonly signer: SignerLink;
}

/**
 * Answers what would be decided; counts towards the rate limit like a request to sign.
 *
 * @throws BoundaryError for every refusal.
 */
export async function explain(
  deps: ExplainDeps,
  exchange: Exchange,
  authenticated: Authenticated,
): Promise<Reply> {
  await checkInbound(deps, exchange, authenticated);
  const { headers, body } = authenticated;
  const { method, target, ownRequestId: requestId } = exchange;
  const request = { ...headers, method, target, requestId };
  const { answer, body: document } = await deps.signer.ask({ op: 'explain', request }, body);
  if (answer.outcome === 'refused') {
    throw new BoundaryError(answer.code, { details: answer.details });
  }
  if (answer.outcome !== 'document') throw new BoundaryError('ERR_INTERNAL');
  const text = Buffer.from(document).toString('utf8');
  scanOutbound(deps, exchange, text);
  return { status: 200, body: text };
}
