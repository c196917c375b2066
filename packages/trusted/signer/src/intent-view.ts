/**
 * An intent as clients and approvers see it.
 *
 * @module
 */

import { type CanonicalValue, canonicalJson, parseStrictJson } from '@countersign/protocol';
import type { IntentStatus } from './intent-status.ts';
import type { KeptIntent } from './kept-intent.ts';

/**
 * JSON: the facts a client needs, and the whole document, so that whoever approves can compute the
 * digest from what is shown.
 */
export function intentView(
  { stored, intent }: KeptIntent,
  status: IntentStatus,
  receipt: string,
): string {
  const document = parseStrictJson(Buffer.from(stored.document, 'utf8')) as CanonicalValue;
  const answers = stored.answers.map(({ approver, answer }) => ({ approver, answer }));
  return canonicalJson({
    intentId: stored.id,
    digest: stored.digest,
    type: intent.type,
    status,
    expiresAt: new Date(intent.expiresAtMs).toISOString(),
    required: intent.required.map((demand) => ({ ...demand })),
    answers,
    ...members(document),
    document,
    receipt,
  });
}

const SHOWN: Readonly<Record<string, string>> = {
  account: 'account',
  chain: 'chain',
  accountNonce: 'accountNonce',
  validUntil: 'validUntil',
  kind: 'messageKind',
  keyId: 'keyId',
  calls: 'calls',
  policy: 'policyHash',
  scope: 'scope',
  since: 'since',
};

/** Members of the document under the names of the API. */
function members(document: CanonicalValue): Record<string, CanonicalValue> {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return {};
  const found = Object.entries(document as Readonly<Record<string, CanonicalValue>>);
  return Object.fromEntries(
    found.flatMap(([name, value]) => {
      const shown = Object.hasOwn(SHOWN, name) ? SHOWN[name] : undefined;
      return shown === undefined ? [] : [[shown, value]];
    }),
  );
}
