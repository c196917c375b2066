/**
 * The spine of a sign request inside the signer.
 *
 *     authenticate again → parse, judge, hash our own copy
 *     ── one durable group commit: request nonce + decision + log entry ──
 *     sign (or hand to the custodian) → verify → release
 *
 * INVARIANT: nothing is signed before the entry that allows it is on disk, and nothing is released
 * that did not verify. Held by `integration/crash` and `pipeline.test.ts`.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import type { HashBackend, SignatureChecker, StarkSignature } from '@countersign/crypto';
import type { CommitOutcome, Committed, Ledger, PendingDecision } from '@countersign/ledger';
import type { KeyringPolicy } from '@countersign/policy';
import {
  BoundaryError,
  type DecisionEntry,
  decisionEntryBytes,
  isBoundaryError,
  outcomeEntryBytes,
  SIGN_PATH,
  type SignedMessage,
  type SignerAnswer,
  type SignerQuestion,
  toHex,
} from '@countersign/protocol';
import { type BridgeTickets, createBridgeTickets } from './bridge-tickets.ts';
import { deniedRequest } from './denied-request.ts';
import type { FreezeWatch } from './freeze-watch.ts';
import { requireThawed, scopesOfRequest } from './freezer.ts';
import { createGroupCommit, type GroupCommit } from './group-commit.ts';
import {
  type Approved,
  type Judgement,
  judge,
  loggedMessage,
  type Refused,
  refusalOf,
} from './judgement.ts';
import type { KeyRing } from './key-ring.ts';
import { type ForwardedRequest, type RequestCheck, requirePath } from './request-check.ts';
import { slotOf, spendableUntilMs } from './spend-slot.ts';
import { createTurns, type Turns } from './turns.ts';
import type { WrittenPolicies } from './written-policies.ts';

/** Places where a crash must lose no promise; tests stop the process at each. */
export type Step =
  | 'received'
  | 'judged'
  | 'committed'
  | 'signed'
  | 'verified'
  | 'custodian-asked'
  | 'custodian-answered'
  /** The signature was handed to the pipe to the edge. */
  | 'released';

/** Everything a reload may replace. */
export interface PipelineConfig {
  readonly check: RequestCheck;
  readonly policy: KeyringPolicy;
  readonly written: WrittenPolicies;
  /** SHA-256 of the canonical policy document, lower hex. */
  readonly policyHash: string;
  readonly keys: KeyRing;
  /** Whether a local key may stand in when the bridge cannot be reached. */
  readonly bridgeFallback: boolean;
}

export interface PipelineDeps {
  readonly ledger: Pick<Ledger, 'commit' | 'append' | 'frozen'>;
  readonly backend: HashBackend;
  readonly checker: SignatureChecker;
  readonly clock: { nowMs(): number };
  /** Hears of denials and of wrong custodians. */
  readonly watch?: FreezeWatch;
  /** Called at every step; does nothing in production. */
  readonly onStep?: (step: Step) => void;
}

export type SignQuestion = Extract<SignerQuestion, { op: 'sign' }>;
export type CompleteQuestion = Extract<SignerQuestion, { op: 'complete' }>;

export interface Pipeline {
  configure(config: PipelineConfig): void;
  sign(question: SignQuestion, body: Uint8Array): Promise<SignerAnswer>;
  complete(question: CompleteQuestion, body: Uint8Array): SignerAnswer;
}

export function createPipeline(deps: PipelineDeps, initial: PipelineConfig): Pipeline {
  const commits = createGroupCommit((batch) => deps.ledger.commit(batch));
  const run = new PipelineRun(deps, commits, createBridgeTickets(deps.clock), initial);
  return {
    configure: (config) => {
      run.config = config;
    },
    sign: (question, body) => run.sign(question, body),
    complete: (question, body) => run.complete(question, body),
  };
}

class PipelineRun {
  config: PipelineConfig;
  readonly #deps: PipelineDeps;
  readonly #commits: GroupCommit;
  readonly #tickets: BridgeTickets;
  readonly #turns: Turns = createTurns();

  constructor(
    deps: PipelineDeps,
    commits: GroupCommit,
    tickets: BridgeTickets,
    config: PipelineConfig,
  ) {
    this.#deps = deps;
    this.#commits = commits;
    this.#tickets = tickets;
    this.config = config;
  }

  async sign(question: SignQuestion, body: Uint8Array): Promise<SignerAnswer> {
    this.#step('received');
    try {
      // One configuration from the first check to the signature, also across a reload.
      const config = this.config;
      const nowMs = this.#deps.clock.nowMs();
      requirePath(question.request, SIGN_PATH);
      const keepUntilMs = config.check.check(question.request, body, nowMs);
      const judgement = this.#judge(config, question, body, nowMs);
      this.#step('judged');
      // Whatever arrives while others are signed reaches the disk together.
      await this.#turns.idle();
      const committed = await this.#commit(
        config,
        question.request,
        body,
        judgement,
        nowMs,
        keepUntilMs,
      );
      this.#step('committed');
      this.#hear(config, question, body, afterCommit(judgement, committed.outcome));
      if (committed.fresh) await this.#turns.next();
      return this.#answer(config, question, judgement, committed, nowMs);
    } catch (error) {
      return refused(question.id, error);
    }
  }

  complete(question: CompleteQuestion, body: Uint8Array): SignerAnswer {
    this.#step('custodian-answered');
    const ticket = this.#tickets.take(question.ticket);
    if (ticket === undefined) {
      return refused(question.id, new BoundaryError('ERR_SIGNER_UNAVAILABLE'));
    }
    const { approved, receipt, nowMs, config, scopes } = ticket;
    try {
      // A freeze may have come while the custodian was asked.
      requireThawed(this.#deps.ledger, scopes);
      const { signature, custodian } = this.#bridgeSignature(config, approved, question, body);
      const signed = signedMessage(approved, signature, custodian, nowMs);
      return { outcome: 'signed', id: question.id, receipt: receipt.id, signed };
    } catch (error) {
      this.#recordFailure(ticket.requestId, receipt.index, error);
      if (isBoundaryError(error) && error.code === 'ERR_CUSTODIAN_MISMATCH') {
        this.#deps.watch?.mismatched(approved.key.keyId);
      }
      return refused(question.id, error, receipt.id);
    }
  }

  #judge(
    config: PipelineConfig,
    question: SignQuestion,
    body: Uint8Array,
    nowMs: number,
  ): Judgement {
    const { refusal, request } = question;
    if (refusal !== undefined) {
      const { code, rule } = refusal;
      return { outcome: 'deny', code, rule, details: {}, asked: undefined };
    }
    const { policy, written, keys } = config;
    const deps = { policy, written, keys, backend: this.#deps.backend };
    return judge(deps, request.clientId, body, nowMs);
  }

  #commit(
    config: PipelineConfig,
    request: ForwardedRequest,
    body: Uint8Array,
    judgement: Judgement,
    nowMs: number,
    keepUntilMs: number,
  ): Promise<Committed> {
    const base = {
      timeMs: nowMs,
      requestId: request.requestId,
      clientId: request.clientId,
      method: request.method,
      target: request.target,
      bodySha256: createHash('sha256').update(body).digest('hex'),
      policyHash: config.policyHash,
    };
    const spending = spendingOf(judgement);
    const decision: PendingDecision = {
      nonceKey: JSON.stringify([request.clientId, request.requestNonce]),
      nonceExpiresAtMs: keepUntilMs,
      scopes: scopesOf(judgement, request.clientId),
      ...spending,
      entryOf: (outcome) =>
        decisionEntryBytes({
          ...base,
          ...decided(afterCommit(judgement, outcome)),
          spending: loggedSpending(outcome, spending.slot),
        }),
    };
    return this.#commits.commit(decision);
  }

  #answer(
    config: PipelineConfig,
    question: SignQuestion,
    judged: Judgement,
    committed: Committed,
    nowMs: number,
  ): SignerAnswer {
    const receipt = receiptId(committed);
    const judgement = afterCommit(judged, committed.outcome);
    if (judgement.outcome === 'deny') return refusal(question.id, judgement, receipt);
    const { requestId, clientId } = question.request;
    try {
      // A freeze may have come while others had their turn.
      requireThawed(this.#deps.ledger, scopesOf(judgement, clientId));
      if (judgement.key.bridge)
        return this.#askBridge(config, question, judgement, committed, nowMs);
      const signature = this.#signHere(config.keys, judgement);
      const signed = signedMessage(judgement, signature, 'local', nowMs);
      return { outcome: 'signed', id: question.id, receipt, signed };
    } catch (error) {
      this.#recordFailure(requestId, committed.index, error);
      return refused(question.id, error, receipt);
    }
  }

  #hear(
    config: PipelineConfig,
    { request }: SignQuestion,
    body: Uint8Array,
    judgement: Judgement,
  ): void {
    const { watch } = this.#deps;
    if (watch === undefined || judgement.outcome !== 'deny') return;
    watch.denied(deniedRequest(config, request.clientId, body, judgement));
  }

  #askBridge(
    config: PipelineConfig,
    question: SignQuestion,
    approved: Approved,
    committed: Committed,
    nowMs: number,
  ): SignerAnswer {
    const receipt = { id: receiptId(committed), index: committed.index };
    const { requestId, clientId } = question.request;
    const scopes = scopesOf(approved, clientId);
    const ticket = this.#tickets.issue({ approved, requestId, scopes, receipt, nowMs, config });
    this.#step('custodian-asked');
    const { keyId } = approved.key;
    return { outcome: 'custodian', id: question.id, receipt: receipt.id, ticket, keyId };
  }

  #signHere(keys: KeyRing, approved: Approved): StarkSignature {
    const { messageHash } = approved.hashes;
    const signature = keys.sign(approved.key.keyId, messageHash);
    this.#step('signed');
    if (!this.#deps.checker.verify(messageHash, signature, approved.key.publicKey)) {
      throw new BoundaryError('ERR_SIGNATURE_CHECK_FAILED');
    }
    this.#step('verified');
    return signature;
  }

  #bridgeSignature(
    config: PipelineConfig,
    approved: Approved,
    question: CompleteQuestion,
    body: Uint8Array,
  ): { readonly signature: StarkSignature; readonly custodian: SignedMessage['custodian'] } {
    const { failure } = question;
    if (failure === undefined) {
      const signature = this.#tickets.verifyAnswer(approved, body, this.#deps.checker);
      return { signature, custodian: 'dfns' };
    }
    // Only silence may be replaced by the local key, never a wrong answer or a refusal.
    const silent = failure === 'ERR_CUSTODIAN_UNAVAILABLE';
    if (silent && config.bridgeFallback && approved.key.local) {
      return { signature: this.#signHere(config.keys, approved), custodian: 'local' };
    }
    throw new BoundaryError(failure);
  }

  /** Notes that an allowed request was not signed; the refusal stands even if the note fails. */
  #recordFailure(requestId: string, decidedAt: number, error: unknown): void {
    const code = isBoundaryError(error) ? error.code : 'ERR_INTERNAL';
    const timeMs = this.#deps.clock.nowMs();
    try {
      this.#deps.ledger.append([outcomeEntryBytes({ timeMs, requestId, decidedAt, code })]);
    } catch {
      // The allow entry is already there; a missing outcome entry claims nothing false.
    }
  }

  #step(step: Step): void {
    this.#deps.onStep?.(step);
  }
}

/** What the judgement is worth once the ledger has said what became of it. */
function afterCommit(judgement: Judgement, outcome: CommitOutcome): Judgement {
  const { asked } = judgement.outcome === 'allow' ? { asked: judgement.message } : judgement;
  switch (outcome.kind) {
    case 'fresh':
      return judgement;
    case 'used':
      return refusalOf(new BoundaryError('ERR_REQUEST_NONCE_USED'));
    case 'frozen':
      return refusalOf(new BoundaryError('ERR_FROZEN'), asked);
    case 'too_many':
      return refusalOf(new BoundaryError('ERR_POLICY_CHARGES_TOO_MANY'), asked);
    case 'exceeded':
      return refusalOf(limitExceeded(judgement, outcome), asked);
  }
}

/** What has to be reserved before a request may be signed. */
function spendingOf(
  judgement: Judgement,
): Pick<PendingDecision, 'charges' | 'slot' | 'spendableUntilMs'> {
  if (judgement.outcome === 'deny' || judgement.charges.length === 0) return { charges: [] };
  const { charges, message } = judgement;
  return { charges, slot: slotOf(message), spendableUntilMs: spendableUntilMs(message) };
}

/** What the log says was reserved; it can be added up again from there. */
function loggedSpending(
  outcome: CommitOutcome,
  slot: string | undefined,
): DecisionEntry['spending'] {
  if (outcome.kind !== 'fresh' || outcome.reserved.length === 0) return undefined;
  return { atMs: outcome.atMs, slot, reserved: outcome.reserved };
}

/** What a freeze can name of a request that may be signed; a denial stays what it is. */
function scopesOf(judgement: Judgement, clientId: string): readonly string[] {
  if (judgement.outcome === 'deny') return [];
  const { key, message } = judgement;
  return scopesOfRequest(clientId, key.keyId, message.accountAddress);
}

/** The limit that was in the way, with what is left of it. */
function limitExceeded(
  judgement: Judgement,
  { charge: index, counted }: Extract<CommitOutcome, { kind: 'exceeded' }>,
): BoundaryError {
  const charge = judgement.outcome === 'allow' ? judgement.charges[index] : undefined;
  if (charge === undefined) return new BoundaryError('ERR_INTERNAL');
  const { limit, amount, max, exceeded } = charge;
  const left = max > counted ? max - counted : 0n;
  const code = exceeded === 'deny' ? 'ERR_POLICY_LIMIT_EXCEEDED' : 'ERR_POLICY_APPROVAL_REQUIRED';
  return new BoundaryError(code, {
    details: { rule: limit, limit, amount: `${amount}`, max: `${max}`, left: `${left}` },
  });
}

function decided(
  judgement: Judgement,
): Pick<DecisionEntry, 'outcome' | 'code' | 'rule' | 'asked' | 'message'> {
  if (judgement.outcome === 'allow') {
    return { outcome: 'allow', asked: judgement.message, message: loggedMessage(judgement) };
  }
  const { code, rule, asked } = judgement;
  return { outcome: 'deny', code, rule, asked };
}

function signedMessage(
  approved: Approved,
  signature: StarkSignature,
  custodian: SignedMessage['custodian'],
  decidedAtMs: number,
): SignedMessage {
  const { message, hashes, key } = approved;
  const publicKey = toHex(key.publicKey);
  return {
    kind: message.kind,
    keyId: key.keyId,
    ...(hashes.domainHash === undefined ? {} : { domainHash: toHex(hashes.domainHash) }),
    messageHash: toHex(hashes.messageHash),
    publicKey,
    signature: [publicKey, toHex(signature.r), toHex(signature.s), toHex(message.validUntilSec)],
    custodian,
    decidedAtMs,
  };
}

/** Name of an entry in answers: its index and the beginning of its leaf hash. */
export function receiptId(committed: Pick<Committed, 'index' | 'leafHash'>): string {
  return `${committed.index}-${Buffer.from(committed.leafHash).toString('hex').slice(0, 16)}`;
}

function refusal(id: number, judgement: Refused, receipt?: string): SignerAnswer {
  const { code, details } = judgement;
  return { outcome: 'refused', id, ...(receipt === undefined ? {} : { receipt }), code, details };
}

function refused(id: number, error: unknown, receipt?: string): SignerAnswer {
  return refusal(id, refusalOf(error), receipt);
}
