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

import { createHash, randomUUID } from 'node:crypto';
import type { HashBackend, SignatureChecker, StarkSignature } from '@countersign/crypto';
import type { Committed, Ledger, PendingDecision } from '@countersign/ledger';
import type { KeyringPolicy } from '@countersign/policy';
import {
  BoundaryError,
  type DecisionEntry,
  decisionEntryBytes,
  isBoundaryError,
  outcomeEntryBytes,
  type SignedMessage,
  type SignerAnswer,
  type SignerQuestion,
  toHex,
} from '@countersign/protocol';
import { type BridgeTickets, createBridgeTickets } from './bridge-tickets.ts';
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
import type { ForwardedRequest, RequestCheck } from './request-check.ts';

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
  /** SHA-256 of the canonical policy document, lower hex. */
  readonly policyHash: string;
  readonly keys: KeyRing;
  /** Whether a local key may stand in when the bridge cannot be reached. */
  readonly bridgeFallback: boolean;
}

export interface PipelineDeps {
  readonly ledger: Pick<Ledger, 'commit' | 'append'>;
  readonly backend: HashBackend;
  readonly checker: SignatureChecker;
  readonly clock: { nowMs(): number };
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
      const keepUntilMs = config.check.check(question.request, body, nowMs);
      const judgement = this.#judge(config, question, body, nowMs);
      this.#step('judged');
      const committed = await this.#commit(
        config,
        question.request,
        body,
        judgement,
        nowMs,
        keepUntilMs,
      );
      this.#step('committed');
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
    const { approved, receipt, nowMs, config } = ticket;
    try {
      const { signature, custodian } = this.#bridgeSignature(config, approved, question, body);
      const signed = signedMessage(approved, signature, custodian, nowMs);
      return { outcome: 'signed', id: question.id, receipt: receipt.id, signed };
    } catch (error) {
      this.#recordFailure(ticket.requestId, receipt.index, error);
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
    const deps = { policy: config.policy, keys: config.keys, backend: this.#deps.backend };
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
    const replayed = refusalOf(new BoundaryError('ERR_REQUEST_NONCE_USED'));
    const decision: PendingDecision = {
      nonceKey: nonceKeyOf(request, judgement),
      nonceExpiresAtMs: keepUntilMs,
      entryIfFresh: decisionEntryBytes({ ...base, ...decided(judgement) }),
      entryIfUsed: decisionEntryBytes({ ...base, ...decided(replayed) }),
    };
    return this.#commits.commit(decision);
  }

  #answer(
    config: PipelineConfig,
    question: SignQuestion,
    judgement: Judgement,
    committed: Committed,
    nowMs: number,
  ): SignerAnswer {
    const receipt = receiptId(committed);
    if (!committed.fresh) {
      return refused(question.id, new BoundaryError('ERR_REQUEST_NONCE_USED'), receipt);
    }
    if (judgement.outcome === 'deny') return refusal(question.id, judgement, receipt);
    const { requestId } = question.request;
    try {
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

  #askBridge(
    config: PipelineConfig,
    question: SignQuestion,
    approved: Approved,
    committed: Committed,
    nowMs: number,
  ): SignerAnswer {
    const receipt = { id: receiptId(committed), index: committed.index };
    const { requestId } = question.request;
    const ticket = this.#tickets.issue({ approved, requestId, receipt, nowMs, config });
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

/**
 * A replay that the edge refused may overtake the request it repeats: it must not use up that one's
 * nonce, so it gets a key nobody else has.
 */
function nonceKeyOf({ clientId, requestNonce }: ForwardedRequest, judgement: Judgement): string {
  const isReplay = judgement.outcome === 'deny' && judgement.code === 'ERR_REQUEST_NONCE_USED';
  return JSON.stringify([clientId, requestNonce, ...(isReplay ? [randomUUID()] : [])]);
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
function receiptId(committed: Pick<Committed, 'index' | 'leafHash'>): string {
  return `${committed.index}-${Buffer.from(committed.leafHash).toString('hex').slice(0, 16)}`;
}

function refusal(id: number, judgement: Refused, receipt?: string): SignerAnswer {
  const { code, details } = judgement;
  return { outcome: 'refused', id, ...(receipt === undefined ? {} : { receipt }), code, details };
}

function refused(id: number, error: unknown, receipt?: string): SignerAnswer {
  return refusal(id, refusalOf(error), receipt);
}
