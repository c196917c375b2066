/**
 * Answers what would be decided about a request, to the client that may make it.
 *
 * @module
 */

import type { AwaitableLedger } from '@countersign/ledger';
import {
  BoundaryError,
  type ErrorCode,
  EXPLAIN_PATH,
  type SignerQuestion,
} from '@countersign/protocol';
import { parseAsk } from './asked-message.ts';
import { type ExplainedRequest, explainRequest } from './explain-request.ts';
import { explainedDocument } from './explained-document.ts';
import { scopesOfRequest } from './freezer.ts';
import type { PipelineConfig } from './pipeline.ts';
import type { Document } from './receipts.ts';
import { requirePath } from './request-check.ts';

export type ExplainQuestion = Extract<SignerQuestion, { op: 'explain' }>;

export interface ExplainDeps {
  readonly ledger: Pick<AwaitableLedger, 'frozen'>;
  readonly clock: { nowMs(): number };
}

/** Conditions explained at most; more would hold up those who wait for signatures. */
const MOST_CONDITIONS = 4_096;

/** Denials that say something about a key or an account that is not the client's. */
const NOT_YOURS: readonly ErrorCode[] = [
  'ERR_POLICY_KEY_DENIED',
  'ERR_POLICY_KEY_UNKNOWN',
  'ERR_POLICY_ACCOUNT_DENIED',
];

/**
 * Explains a request to the client that sent it.
 *
 * A key or account the client may not use is refused as it would be when signing, with nothing beside.
 *
 * @throws BoundaryError what the request check throws and what parsing the body throws; a policy code
 *   for a key or account that is not the client's.
 */
export async function explainQuestion(
  { ledger, clock }: ExplainDeps,
  { check, policy, written, policyHash }: PipelineConfig,
  { id, request }: ExplainQuestion,
  body: Uint8Array,
): Promise<Document> {
  const nowMs = clock.nowMs();
  requirePath(request, EXPLAIN_PATH);
  check.check(request, body, nowMs);
  const explained = explainRequest(
    { policy, written },
    request.clientId,
    parseAsk(body),
    nowMs,
    MOST_CONDITIONS,
  );
  const { code, details = {} } = explained;
  if (code !== undefined && NOT_YOURS.includes(code)) throw new BoundaryError(code, { details });
  const answer = await frozenOr(explained, ledger, request.clientId);
  return { answer: { outcome: 'document', id }, body: explainedDocument(answer, policyHash) };
}

/** What would be allowed is denied all the same while something of it is frozen. */
async function frozenOr(
  explained: ExplainedRequest,
  ledger: Pick<AwaitableLedger, 'frozen'>,
  clientId: string,
): Promise<ExplainedRequest> {
  const { outcome, keyId, message } = explained;
  if (outcome === 'deny' || keyId === undefined) return explained;
  const scopes = scopesOfRequest(clientId, keyId, message.accountAddress);
  const frozen = await ledger.frozen();
  if (!frozen.some(({ scope }) => scopes.includes(scope))) return explained;
  const { rule: _rule, ...rest } = explained;
  return { ...rest, outcome: 'deny', code: 'ERR_FROZEN' };
}
