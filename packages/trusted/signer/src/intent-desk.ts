/**
 * What is said and asked about intents: answers of approvers, the looks of clients and approvers, and the
 * wish to end a freeze.
 *
 * @module
 */

import { verifyPlain } from '@countersign/crypto';
import type { AwaitableLedger, StoredIntent } from '@countersign/ledger';
import {
  approvalEntryBytes,
  approverRequest,
  BoundaryError,
  freezeEntryBytes,
  type IntentAnswer,
  intentDigest,
  intentDocument,
  parseIntentAnswer,
  parseStrictJson,
  parseTimestamp,
  parseUnfreezeRequest,
  type SignerQuestion,
  type SignerSettings,
  type UnfreezeIntent,
  unfreezeAskedEntryBytes,
} from '@countersign/protocol';
import { hashLeaf } from '@countersign/tlog';
import { evidenceText, isGenuine } from './approval-evidence.ts';
import type { ApproverBook } from './approver-book.ts';
import { receiptId } from './decision-parts.ts';
import { ownIntent } from './intent-execution.ts';
import { listedIntentIn, shownIntentIn } from './intent-paths.ts';
import { requireUndecided } from './intent-status.ts';
import { intentView } from './intent-view.ts';
import { checkedIntent, findIntent, type KeptIntent, statusNow } from './kept-intent.ts';
import type { OperatorRequest } from './operator-door.ts';
import type { Document } from './receipts.ts';
import type { RequestCheck } from './request-check.ts';
import { MOST_WAITING, newIntentId } from './settlement.ts';

export type AnswerQuestion = Extract<SignerQuestion, { op: 'answer' }>;
export type IntentQuestion = Extract<SignerQuestion, { op: 'intent' }>;
export type IntentsQuestion = Extract<SignerQuestion, { op: 'intents' }>;

export interface IntentDeskConfig {
  readonly check: RequestCheck;
  readonly approvers: ApproverBook;
  readonly maxSkewMs: number;
  readonly freeze: SignerSettings['freeze'];
}

export interface IntentDeskDeps {
  readonly ledger: AwaitableLedger;
  readonly clock: { nowMs(): number };
  /** Lets an operator in, once per request; says when its nonce may be forgotten. */
  readonly admit: (request: OperatorRequest, body: Uint8Array, nowMs: number) => number;
}

export interface IntentDesk {
  configure(config: IntentDeskConfig): void;
  /**
   * Takes the answer of an approver. The last one a freeze needs ends it.
   *
   * @returns The intent afterwards.
   * @throws BoundaryError ERR_INTENT_NOT_FOUND, also for somebody who is not asked; ERR_APPROVAL_INVALID;
   *   ERR_INTENT_USED, ERR_INTENT_DENIED, ERR_INTENT_EXPIRED, ERR_INTENT_STALE; ERR_BODY_MALFORMED,
   *   ERR_REQUEST_INVALID; what the ledger throws.
   */
  answer(question: AnswerQuestion, body: Uint8Array): Promise<Document>;
  /** One intent, for the client that asked for it. @throws BoundaryError ERR_INTENT_NOT_FOUND. */
  show(question: IntentQuestion, body: Uint8Array): Promise<Document>;
  /** What waits for an approver, or one of them. @throws BoundaryError ERR_APPROVAL_INVALID. */
  list(question: IntentsQuestion): Promise<Document>;
  /**
   * Prepares the end of a freeze.
   *
   * @throws BoundaryError what the door throws; ERR_REQUEST_INVALID when it is not frozen;
   *   ERR_INTENT_LIMIT; ERR_NOT_FOUND where nobody is configured to agree.
   */
  unfreeze(question: UnfreezeQuestion, body: Uint8Array): Promise<AskedUnfreeze>;
}

/** Receipt of the question, and the intent as it is shown. */
export interface AskedUnfreeze {
  readonly receipt: string;
  readonly intent: string;
}

export type UnfreezeQuestion = Extract<SignerQuestion, { op: 'unfreeze' }>;

/** Intents one answer lists, and the bytes they take at most: a frame has to hold them. */
const MOST_LISTED = 100;
const MOST_LISTED_CHARS = 786_432;
const SECOND_MS = 1_000;

export function createIntentDesk(deps: IntentDeskDeps, config: IntentDeskConfig): IntentDesk {
  return new LedgerIntentDesk(deps, config);
}

class LedgerIntentDesk implements IntentDesk {
  readonly #deps: IntentDeskDeps;
  #config: IntentDeskConfig;
  #lastAnswer: Promise<unknown> = Promise.resolve();

  constructor(deps: IntentDeskDeps, config: IntentDeskConfig) {
    this.#deps = deps;
    this.#config = config;
  }

  configure(config: IntentDeskConfig): void {
    this.#config = config;
  }

  answer(question: AnswerQuestion, body: Uint8Array): Promise<Document> {
    // One after the other: which answer is the last that was needed must be certain.
    const mine = this.#lastAnswer.then(() => this.#answerNow(question, body));
    this.#lastAnswer = mine.catch(() => undefined);
    return mine;
  }

  async #answerNow({ id, intentId }: AnswerQuestion, body: Uint8Array): Promise<Document> {
    const { ledger, clock } = this.#deps;
    const given = parseIntentAnswer(parseStrictJson(body));
    const kept = await this.#asked(intentId, given.approver);
    const { digest } = kept.stored;
    const { answer } = given;
    if (!isGenuine(this.#config.approvers, given.approver, { intentId, digest, answer }, given)) {
      throw new BoundaryError('ERR_APPROVAL_INVALID');
    }
    const nowMs = clock.nowMs();
    const before = kept.stored.answers.find(({ approver }) => approver === given.approver);
    if (before?.answer === answer) return await this.#shown(id, kept, nowMs);
    requireUndecided(statusNow(kept, this.#config.approvers, nowMs));
    if (before !== undefined) throw new BoundaryError('ERR_INTENT_USED');
    await this.#keep(kept, given, nowMs);
    const after = await ledger.intent(intentId);
    if (after === undefined) throw new BoundaryError('ERR_INTERNAL');
    return await this.#shown(id, { ...kept, stored: after }, nowMs);
  }

  async show({ id, request }: IntentQuestion, body: Uint8Array): Promise<Document> {
    const { ledger, clock } = this.#deps;
    const nowMs = clock.nowMs();
    const intentId = shownIntentIn(request);
    this.#config.check.check(request, body, nowMs);
    return await this.#shown(id, await ownIntent(ledger, request.clientId, intentId), nowMs);
  }

  async list({ id, request }: IntentsQuestion): Promise<Document> {
    const { ledger, clock } = this.#deps;
    const nowMs = clock.nowMs();
    const intentId = listedIntentIn(request);
    this.#requireApprover(request, nowMs);
    const { approver } = request;
    if (intentId !== undefined) {
      return await this.#shown(id, await this.#asked(intentId, approver), nowMs);
    }
    const views: string[] = [];
    let length = 0;
    for (const stored of await ledger.waitingIntents(nowMs, MOST_LISTED)) {
      const view = await this.#viewFor(approver, stored, nowMs);
      if (view === undefined || length + view.length > MOST_LISTED_CHARS) continue;
      views.push(view);
      length += view.length;
    }
    return document(id, `{"intents":[${views.join(',')}]}`);
  }

  async unfreeze({ request }: UnfreezeQuestion, body: Uint8Array): Promise<AskedUnfreeze> {
    const { ledger, clock, admit } = this.#deps;
    const nowMs = clock.nowMs();
    const nonceExpiresAtMs = admit(request, body, nowMs);
    const { scope } = parseUnfreezeRequest(parseStrictJson(body));
    const { operatorId, requestId, requestNonce } = request;
    const intent = await this.#unfreezeIntent(operatorId, scope, nowMs);
    const text = intentDocument(intent);
    const digest = intentDigest(text);
    const { id, expiresAtMs } = intent;
    const owner = `operator:${operatorId}`;
    const kept = { id, document: text, digest, owner, expiresAtMs };
    const logged = {
      timeMs: nowMs,
      requestId,
      operator: operatorId,
      scope,
      intent: { id, digest },
    };
    const [committed] = await ledger.commit([
      {
        nonceKey: JSON.stringify(['operator', operatorId, requestNonce]),
        nonceExpiresAtMs,
        scopes: [],
        charges: [],
        entryOf: () => unfreezeAskedEntryBytes(logged),
        intentOf: ({ kind }) => (kind === 'fresh' ? kept : undefined),
      },
    ]);
    if (committed?.fresh !== true) throw new BoundaryError('ERR_REQUEST_NONCE_USED');
    const receipt = receiptId(committed);
    const stored = { ...kept, askedAt: committed.index, executedAt: undefined, answers: [] };
    return { receipt, intent: intentView({ stored, intent }, 'pending', receipt) };
  }

  async #unfreezeIntent(operatorId: string, scope: string, nowMs: number): Promise<UnfreezeIntent> {
    const { ledger } = this.#deps;
    const { freeze, approvers: book } = this.#config;
    if (freeze === undefined) throw new BoundaryError('ERR_NOT_FOUND');
    const { required, approvers, expiresInSec } = freeze.unfreeze;
    const demand = { rules: ['freeze.unfreeze'], required, approvers };
    if (!book.canMeet([demand])) throw new BoundaryError('ERR_NOT_FOUND');
    const frozen = (await ledger.frozen()).find((one) => one.scope === scope);
    if (frozen === undefined) {
      throw new BoundaryError('ERR_REQUEST_INVALID', {
        details: { field: 'scope', expected: 'a frozen one, see GET /v1/freezes' },
      });
    }
    const waiting = await ledger.countWaitingIntents(`operator:${operatorId}`, nowMs);
    if (waiting >= MOST_WAITING) {
      throw new BoundaryError('ERR_INTENT_LIMIT');
    }
    return {
      type: 'unfreeze',
      id: newIntentId(),
      operatorId,
      scope,
      sinceMs: frozen.sinceMs,
      required: [demand],
      preparedAtMs: nowMs,
      expiresAtMs: nowMs + expiresInSec * SECOND_MS,
    };
  }

  /** An intent this approver is asked about: to others it is not there. */
  async #asked(intentId: string, approver: string): Promise<KeptIntent> {
    const kept = await findIntent(this.#deps.ledger, intentId);
    if (kept !== undefined && isAsked(kept, approver)) return kept;
    throw new BoundaryError('ERR_INTENT_NOT_FOUND');
  }

  async #viewFor(
    approver: string,
    stored: StoredIntent,
    nowMs: number,
  ): Promise<string | undefined> {
    const kept = await checkedIntent(this.#deps.ledger, stored);
    if (!isAsked(kept, approver)) return undefined;
    const status = statusNow(kept, this.#config.approvers, nowMs);
    if (status !== 'pending') return undefined;
    return intentView(kept, status, await this.#receiptOf(stored));
  }

  async #shown(id: number, kept: KeptIntent, nowMs: number): Promise<Document> {
    const status = statusNow(kept, this.#config.approvers, nowMs);
    return document(id, intentView(kept, status, await this.#receiptOf(kept.stored)));
  }

  async #receiptOf({ askedAt }: StoredIntent): Promise<string> {
    const entry = (await this.#deps.ledger.entry(askedAt)) ?? new Uint8Array(0);
    return receiptId({ index: askedAt, leafHash: hashLeaf(entry) });
  }

  /** Writes an answer down and does what it was the last one for. */
  async #keep(kept: KeptIntent, given: IntentAnswer, timeMs: number): Promise<void> {
    const { id: intentId, digest } = kept.stored;
    const { approver, answer, signature, passkey } = given;
    const evidence = evidenceText(given);
    const unfreezes = await this.#unfreezeBy(kept, { approver, answer, evidence }, timeMs);
    const entry = approvalEntryBytes({
      timeMs,
      intent: { id: intentId, digest },
      approver,
      answer,
      evidence: { signature, passkey },
    });
    const said = { intentId, approver, answer, evidence };
    const isKept = await this.#deps.ledger.answerIntent(
      unfreezes === undefined ? said : { ...said, unfreezes },
      entry,
    );
    if (isKept === undefined) throw new BoundaryError('ERR_INTENT_USED');
  }

  async #unfreezeBy(
    { stored, intent }: KeptIntent,
    given: {
      readonly approver: string;
      readonly answer: 'approve' | 'deny';
      readonly evidence: string;
    },
    timeMs: number,
  ): Promise<Unfreezing | undefined> {
    if (intent.type !== 'unfreeze') return undefined;
    const { scope, sinceMs } = intent;
    const answers = [...stored.answers, { ...given, entry: 0 }];
    const after = statusNow(
      { stored: { ...stored, answers }, intent },
      this.#config.approvers,
      timeMs,
    );
    if (after !== 'approved') return undefined;
    const frozen = await this.#deps.ledger.frozen();
    const isSame = frozen.some((one) => one.scope === scope && one.sinceMs === sinceMs);
    if (!isSame)
      throw new BoundaryError('ERR_INTENT_STALE', { details: { changed: 'the freeze' } });
    const cause = { type: 'approvals', intent: stored.id } as const;
    return {
      scope,
      sinceMs,
      entry: freezeEntryBytes({ timeMs, action: 'unfreeze', scope, cause }),
    };
  }

  #requireApprover(
    { approver, timestamp, signature, method, target }: IntentsRequest,
    nowMs: number,
  ): void {
    const { approvers, maxSkewMs } = this.#config;
    const known = approvers.get(approver);
    const bytes = requestBytes(method, target, timestamp);
    const isOwn =
      known !== undefined &&
      bytes !== undefined &&
      verifyPlain(known, bytes, Buffer.from(signature, 'base64url'));
    if (!isOwn) throw new BoundaryError('ERR_APPROVAL_INVALID');
    if (Math.abs(nowMs - parseTimestamp(timestamp)) > maxSkewMs) {
      throw new BoundaryError('ERR_AUTH_TIMESTAMP_SKEW');
    }
  }
}

interface Unfreezing {
  readonly scope: string;
  readonly sinceMs: number;
  readonly entry: Uint8Array;
}

type IntentsRequest = IntentsQuestion['request'];

function isAsked({ intent }: KeptIntent, approver: string): boolean {
  return intent.required.some(({ approvers }) => approvers.includes(approver));
}

function requestBytes(method: string, target: string, timestamp: string): Uint8Array | undefined {
  try {
    return approverRequest(method, target, timestamp);
  } catch {
    return undefined;
  }
}

function document(id: number, json: string): Document {
  return { answer: { outcome: 'document', id }, body: Buffer.from(json, 'utf8') };
}
