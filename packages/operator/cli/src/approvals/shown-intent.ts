/**
 * Intents as a server shows them, read so that nothing but their own document is believed.
 *
 * @module
 */

import {
  BoundaryError,
  type CanonicalValue,
  canonicalJson,
  type Intent,
  intentDigest,
  parseIntent,
} from '@countersign/protocol';
import type { JsonObject } from '../server/ask-server.ts';

export interface ShownIntent {
  readonly intent: Intent;
  /** Computed here. */
  readonly digest: string;
  /** What the server says has become of it. */
  readonly status: string;
  /** Who has answered, as the server says. */
  readonly answers: readonly { readonly approver: string; readonly answer: string }[];
}

/**
 * Reads one intent.
 *
 * @throws BoundaryError ERR_PROOF_INVALID when the document is no intent, has another id than the one it
 *   stands under, or another digest than the server says.
 */
export function readShownIntent(view: JsonObject): ShownIntent {
  const document = canonicalJson((view.document ?? null) as CanonicalValue);
  const intent = read(document);
  const digest = intentDigest(document);
  if (intent.id !== view.intentId || digest !== view.digest) throw forged();
  const status = typeof view.status === 'string' ? view.status : 'unknown';
  return { intent, digest, status, answers: answersIn(view.answers) };
}

function read(document: string): Intent {
  try {
    return parseIntent(document);
  } catch {
    throw forged();
  }
}

function answersIn(value: JsonObject[string] | undefined): ShownIntent['answers'] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one) => {
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return [];
    const { approver, answer } = one as JsonObject;
    const isWhole = typeof approver === 'string' && typeof answer === 'string';
    return isWhole ? [{ approver, answer }] : [];
  });
}

function forged(): BoundaryError {
  return new BoundaryError('ERR_PROOF_INVALID', {
    details: { reason: 'the server shows an intent that is not the one it names' },
  });
}
