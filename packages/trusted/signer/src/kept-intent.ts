/**
 * Intents as the ledger keeps them, checked before anything in them is believed.
 *
 * @module
 */

import type { AwaitableLedger, StoredIntent } from '@countersign/ledger';
import {
  BoundaryError,
  type Intent,
  intentDigest,
  isBoundaryError,
  parseIntent,
} from '@countersign/protocol';
import { isStillGenuine } from './approval-evidence.ts';
import type { ApproverBook } from './approver-book.ts';
import { type IntentStatus, statusOf } from './intent-status.ts';

/** An intent whose document is the one the log says was asked for. */
export interface KeptIntent {
  readonly stored: StoredIntent;
  readonly intent: Intent;
}

export type IntentSource = Pick<AwaitableLedger, 'intent' | 'entry'>;

/**
 * Finds an intent.
 *
 * The document must have the digest the entry of the log has: whoever could write the table could not
 * write the log.
 *
 * @returns `undefined` when there is none of this id.
 * @throws BoundaryError ERR_STORE_CORRUPT when it was altered.
 */
export async function findIntent(
  ledger: IntentSource,
  id: string,
): Promise<KeptIntent | undefined> {
  const stored = await ledger.intent(id);
  return stored === undefined ? undefined : await checkedIntent(ledger, stored);
}

/** The same of one that was read already. */
export async function checkedIntent(
  ledger: IntentSource,
  stored: StoredIntent,
): Promise<KeptIntent> {
  const intent = readDocument(stored);
  const isSame =
    intent.id === stored.id &&
    intent.expiresAtMs === stored.expiresAtMs &&
    ownerOf(intent) === stored.owner &&
    intentDigest(stored.document) === stored.digest &&
    (await digestInLog(ledger, stored)) === stored.digest;
  if (!isSame) throw altered();
  return { stored, intent };
}

/** Who asked, as the ledger keeps it. */
function ownerOf(intent: Intent): string {
  return intent.type === 'sign' ? `client:${intent.clientId}` : `operator:${intent.operatorId}`;
}

/** What has become of it, by the approvers that are configured now. */
export function statusNow(
  { stored, intent }: KeptIntent,
  book: ApproverBook,
  nowMs: number,
): IntentStatus {
  const statement = { intentId: stored.id, digest: stored.digest };
  const answers = stored.answers.map((one) => ({
    ...one,
    isGenuine: isStillGenuine(book, statement, one),
  }));
  const { required, expiresAtMs } = intent;
  const isExecuted = stored.executedAt !== undefined;
  return statusOf({ required, answers, isExecuted, expiresAtMs }, nowMs);
}

/** What of an entry matters here. */
interface AskedEntry {
  readonly type?: unknown;
  readonly outcome?: unknown;
  readonly intent?: { readonly id?: unknown; readonly digest?: unknown };
}

function readDocument({ document }: StoredIntent): Intent {
  try {
    return parseIntent(document);
  } catch (error) {
    throw isBoundaryError(error) ? altered() : error;
  }
}

async function digestInLog(
  ledger: IntentSource,
  { id, askedAt }: StoredIntent,
): Promise<string | undefined> {
  const entry = await ledger.entry(askedAt);
  if (entry === undefined) return undefined;
  const { type, outcome, intent }: AskedEntry = JSON.parse(Buffer.from(entry).toString('utf8'));
  const isQuestion = type === 'unfreeze-asked' || (type === 'decision' && outcome === 'ask');
  return isQuestion && intent?.id === id && typeof intent.digest === 'string'
    ? intent.digest
    : undefined;
}

function altered(): BoundaryError {
  return new BoundaryError('ERR_STORE_CORRUPT', {
    details: { reason: 'an intent is not the one the log says was asked for' },
  });
}
