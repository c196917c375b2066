/**
 * The spine of a sign request inside the signer.
 *
 *     authenticate again → parse, judge, hash our own copy (or the copy of an approved intent)
 *     ── one durable group commit: request nonce + decision + log entry (+ intent) ──
 *     sign (or hand to the custodian) → verify → release
 *
 * INVARIANT: nothing is signed before the entry that allows it is on disk, and nothing is released
 * that did not verify. Held by `integration/crash` and `pipeline.test.ts`.
 *
 * @module
 */

import { createHash, randomUUID } from 'node:crypto';
import type { HashBackend, SignatureChecker, StarkSignature } from '@countersign/crypto';
import type { Awaitable, AwaitableLedger, Committed, PendingDecision } from '@countersign/ledger';
import type { KeyringPolicy } from '@countersign/policy';
import {
  BoundaryError,
  decisionEntryBytes,
  isBoundaryError,
  outcomeEntryBytes,
  SIGN_PATH,
  type SignedMessage,
  type SignerAnswer,
  type SignerQuestion,
} from '@countersign/protocol';
import type { ApproverBook } from './approver-book.ts';
import { atOnce } from './at-once.ts';
import { bridgeRequest } from './bridge-request.ts';
import { type BridgeTickets, createBridgeTickets } from './bridge-tickets.ts';
import {
  decided,
  loggedSpending,
  receiptId,
  scopesOf,
  signedMessage,
  spendingOf,
} from './decision-parts.ts';
import { deniedRequest } from './denied-request.ts';
import type { FreezeWatch } from './freeze-watch.ts';
import { createGroupCommit, type GroupCommit } from './group-commit.ts';
import { judgeExecution } from './intent-execution.ts';
import { executedIntentIn } from './intent-paths.ts';
import { intentView } from './intent-view.ts';
import { type Approved, type Judgement, judge, type Refused, refusalOf } from './judgement.ts';
import type { KeyRing } from './key-ring.ts';
import { createReleaseGate, type ReleaseGate } from './release-gate.ts';
import { type ForwardedRequest, type RequestCheck, requirePath } from './request-check.ts';
import {
  answerable,
  MOST_WAITING,
  type Settled,
  type SettlementContext,
  settle,
} from './settlement.ts';
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
  readonly approvers: ApproverBook;
  /** Whether a local key may stand in when the bridge cannot be reached. */
  readonly bridgeFallback: boolean;
}

export interface PipelineDeps {
  readonly ledger: Pick<
    AwaitableLedger,
    'commit' | 'append' | 'frozen' | 'freezeLease' | 'intent' | 'entry' | 'countWaitingIntents'
  >;
  readonly backend: HashBackend;
  readonly checker: SignatureChecker;
  readonly clock: { nowMs(): number };
  /** Hears of denials and of wrong custodians. */
  readonly watch?: FreezeWatch;
  /** Called at every step; does nothing in production. */
  readonly onStep?: (step: Step) => void;
}

export type SignQuestion = Extract<SignerQuestion, { op: 'sign' }>;
export type ExecuteQuestion = Extract<SignerQuestion, { op: 'execute' }>;
export type CompleteQuestion = Extract<SignerQuestion, { op: 'complete' }>;

export interface Pipeline {
  configure(config: PipelineConfig): void;
  sign(question: SignQuestion, body: Uint8Array): Promise<SignerAnswer>;
  /** Signs an approved intent. */
  execute(question: ExecuteQuestion, body: Uint8Array): Promise<SignerAnswer>;
  complete(question: CompleteQuestion, body: Uint8Array): Promise<SignerAnswer>;
  /**
   * Lets an answer go: what it gives at once may leave now, and only now. A promise means that the store
   * had to be asked again; its answer has to be let go in turn.
   */
  release(answer: SignerAnswer): Awaitable<SignerAnswer>;
}

export function createPipeline(deps: PipelineDeps, initial: PipelineConfig): Pipeline {
  const commits = createGroupCommit((batch) => deps.ledger.commit(batch));
  const run = new PipelineRun(deps, commits, createBridgeTickets(deps.clock), initial);
  return {
    configure: (config) => {
      run.config = config;
    },
    sign: (question, body) => run.sign(question, body),
    execute: (question, body) => run.execute(question, body),
    complete: (question, body) => run.complete(question, body),
    release: (answer) => run.release(answer),
  };
}

interface ToCommit {
  readonly request: ForwardedRequest;
  readonly body: Uint8Array;
  readonly judgement: Judgement;
  readonly context: SettlementContext;
  readonly keepUntilMs: number;
}

interface Written {
  readonly committed: Committed;
  readonly settled: Settled;
}

/** A signature on its way out. */
interface Leaving {
  readonly scopes: readonly string[];
  /** When it was last certain that nothing of it was frozen, on `performance.now()`. */
  readonly thawedAtMs: number;
  readonly receipt: { readonly id: string; readonly index: number };
  readonly requestId: string;
  /** How often the store was asked again. */
  readonly asked: number;
}

/** A store that takes longer than the lease every time is no store to sign with. */
const MOST_ASKED = 40;

class PipelineRun {
  config: PipelineConfig;
  readonly #deps: PipelineDeps;
  readonly #commits: GroupCommit;
  readonly #tickets: BridgeTickets;
  readonly #turns: Turns = createTurns();
  readonly #gate: ReleaseGate;
  readonly #leaving = new WeakMap<SignerAnswer, Leaving>();

  constructor(
    deps: PipelineDeps,
    commits: GroupCommit,
    tickets: BridgeTickets,
    config: PipelineConfig,
  ) {
    this.#deps = deps;
    this.#commits = commits;
    this.#tickets = tickets;
    this.#gate = createReleaseGate(deps.ledger);
    this.config = config;
  }

  sign(question: SignQuestion, body: Uint8Array): Promise<SignerAnswer> {
    return this.#run(question, body, (config, nowMs) => {
      requirePath(question.request, SIGN_PATH);
      return () => this.#judge(config, question, body, nowMs);
    });
  }

  execute(question: ExecuteQuestion, body: Uint8Array): Promise<SignerAnswer> {
    const { clientId } = question.request;
    return this.#run(question, body, (config, nowMs) => {
      const intentId = executedIntentIn(question.request, body);
      const { ledger, backend } = this.#deps;
      return () => judgeExecution({ ...config, backend, ledger }, clientId, intentId, nowMs);
    });
  }

  /**
   * @param prepare - Checks what the question is for; returns how to judge it, once it is authenticated.
   */
  async #run(
    question: SignQuestion | ExecuteQuestion,
    body: Uint8Array,
    prepare: (config: PipelineConfig, nowMs: number) => () => Awaitable<Judgement>,
  ): Promise<SignerAnswer> {
    this.#step('received');
    try {
      // One configuration from the first check to the signature, also across a reload.
      const config = this.config;
      const nowMs = this.#deps.clock.nowMs();
      const toJudge = prepare(config, nowMs);
      const keepUntilMs = config.check.check(question.request, body, nowMs);
      const judged = await toJudge();
      const context = await this.#contextFor(config, question.request.clientId, nowMs, judged);
      const judgement = answerable(judged, context);
      this.#step('judged');
      // Whatever arrives while others are signed reaches the disk together.
      await this.#turns.idle();
      const { request } = question;
      const written = await this.#commit({ request, body, judgement, context, keepUntilMs });
      this.#step('committed');
      await this.#hear(config, question, body, written.settled);
      if (written.settled.outcome === 'allow') await this.#turns.next();
      return await this.#answer(config, question, written, nowMs);
    } catch (error) {
      return refused(question.id, error);
    }
  }

  async complete(question: CompleteQuestion, body: Uint8Array): Promise<SignerAnswer> {
    this.#step('custodian-answered');
    const ticket = this.#tickets.take(question.ticket);
    if (ticket === undefined) {
      return refused(question.id, new BoundaryError('ERR_SIGNER_UNAVAILABLE'));
    }
    const { approved, receipt, nowMs, config, scopes } = ticket;
    try {
      // A freeze may have come while the custodian was asked.
      const thawedAtMs = await this.#gate.pass(scopes);
      const { signature, custodian } = this.#bridgeSignature(config, approved, question, body);
      const signed = signedMessage(approved, signature, custodian, nowMs);
      const leaving = { scopes, thawedAtMs, receipt, requestId: ticket.requestId, asked: 0 };
      return this.#leave(
        { outcome: 'signed', id: question.id, receipt: receipt.id, signed },
        leaving,
      );
    } catch (error) {
      await this.#recordFailure(ticket.requestId, receipt.index, error);
      if (isBoundaryError(error) && error.code === 'ERR_CUSTODIAN_MISMATCH') {
        await this.#deps.watch?.mismatched(approved.key.keyId);
      }
      return refused(question.id, error, receipt.id);
    }
  }

  release(answer: SignerAnswer): Awaitable<SignerAnswer> {
    const leaving = this.#leaving.get(answer);
    if (leaving === undefined || this.#gate.isOpen(leaving.scopes, leaving.thawedAtMs))
      return answer;
    return this.#renew(answer, leaving);
  }

  /** Asks about freezes again; the answer, or the refusal in its place. */
  async #renew(answer: SignerAnswer, leaving: Leaving): Promise<SignerAnswer> {
    const { scopes, receipt, requestId, asked } = leaving;
    try {
      if (asked === MOST_ASKED) throw new BoundaryError('ERR_STORE_UNAVAILABLE');
      const thawedAtMs = await this.#gate.pass(scopes);
      return this.#leave(answer, { ...leaving, thawedAtMs, asked: asked + 1 });
    } catch (error) {
      await this.#recordFailure(requestId, receipt.index, error);
      return refused(answer.id, error, receipt.id);
    }
  }

  #leave(answer: SignerAnswer, leaving: Leaving): SignerAnswer {
    this.#leaving.set(answer, leaving);
    return answer;
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

  async #commit({ request, body, judgement, context, keepUntilMs }: ToCommit): Promise<Written> {
    const { policyHash, nowMs } = context;
    const base = {
      timeMs: nowMs,
      requestId: request.requestId,
      clientId: request.clientId,
      method: request.method,
      target: request.target,
      bodySha256: createHash('sha256').update(body).digest('hex'),
      policyHash,
    };
    const spending = spendingOf(judgement);
    let settled: Settled = refusalOf(new BoundaryError('ERR_INTERNAL'));
    const decision: PendingDecision = {
      nonceKey: nonceKeyOf(request, judgement),
      nonceExpiresAtMs: keepUntilMs,
      scopes: scopesOf(judgement, request.clientId),
      ...spending,
      entryOf: (outcome) => {
        settled = settle(judgement, outcome, context);
        return decisionEntryBytes({
          ...base,
          ...decided(settled),
          spending: loggedSpending(outcome, spending.slot),
        });
      },
      intentOf: () => (settled.outcome === 'prepared' ? settled.kept : undefined),
    };
    const committed = await this.#commits.commit(decision);
    return { committed, settled };
  }

  async #contextFor(
    config: PipelineConfig,
    clientId: string,
    nowMs: number,
    judgement: Judgement,
  ): Promise<SettlementContext> {
    const { policyHash, approvers } = config;
    const { ledger } = this.#deps;
    const count = (): Awaitable<number> => ledger.countWaitingIntents(`client:${clientId}`, nowMs);
    // A shared ledger cannot be asked from inside its transaction; a few too many do no harm.
    const isShared = ledger.freezeLease !== undefined;
    const before = isShared && mayAsk(judgement) ? await count() : 0;
    const isFull = (): boolean => (isShared ? before : atOnce(count())) >= MOST_WAITING;
    return { clientId, policyHash, approvers, nowMs, isFull };
  }

  async #answer(
    config: PipelineConfig,
    question: SignQuestion | ExecuteQuestion,
    { committed, settled }: Written,
    nowMs: number,
  ): Promise<SignerAnswer> {
    const { id } = question;
    const receipt = receiptId(committed);
    if (settled.outcome === 'deny') return refusal(id, settled, receipt);
    if (settled.outcome === 'prepared') {
      const { kept, intent } = settled;
      const stored = { ...kept, askedAt: committed.index, executedAt: undefined, answers: [] };
      return {
        outcome: 'asked',
        id,
        receipt,
        intent: intentView({ stored, intent }, 'pending', receipt),
      };
    }
    const { requestId, clientId } = question.request;
    try {
      // A freeze may have come while others had their turn.
      const scopes = scopesOf(settled, clientId);
      const thawedAtMs = await this.#gate.pass(scopes, committed.thawedAtMs);
      if (settled.key.bridge) return this.#askBridge(config, question, settled, committed, nowMs);
      const signature = this.#signHere(config.keys, settled);
      const signed = signedMessage(settled, signature, 'local', nowMs);
      const leaving = { id: receipt, index: committed.index };
      return this.#leave(
        { outcome: 'signed', id, receipt, signed },
        { scopes, thawedAtMs, receipt: leaving, requestId, asked: 0 },
      );
    } catch (error) {
      await this.#recordFailure(requestId, committed.index, error);
      return refused(id, error, receipt);
    }
  }

  async #hear(
    config: PipelineConfig,
    { request }: SignQuestion | ExecuteQuestion,
    body: Uint8Array,
    settled: Settled,
  ): Promise<void> {
    const { watch } = this.#deps;
    if (watch === undefined || settled.outcome !== 'deny') return;
    await watch.denied(deniedRequest(config, request.clientId, body, settled));
  }

  #askBridge(
    config: PipelineConfig,
    question: SignQuestion | ExecuteQuestion,
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
    // An execution has an empty body; the bridge gets the request the document stands for.
    const request = question.op === 'execute' ? { request: bridgeRequest(approved) } : {};
    return {
      outcome: 'custodian',
      id: question.id,
      receipt: receipt.id,
      ticket,
      keyId,
      ...request,
    };
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
  async #recordFailure(requestId: string, decidedAt: number, error: unknown): Promise<void> {
    const code = isBoundaryError(error) ? error.code : 'ERR_INTERNAL';
    const timeMs = this.#deps.clock.nowMs();
    try {
      await this.#deps.ledger.append([outcomeEntryBytes({ timeMs, requestId, decidedAt, code })]);
    } catch {
      // The allow entry is already there; a missing outcome entry claims nothing false.
    }
  }

  #step(step: Step): void {
    this.#deps.onStep?.(step);
  }
}

/** Whether people may have to be asked about it. */
function mayAsk(judgement: Judgement): boolean {
  if (judgement.outcome === 'deny') return false;
  return (
    judgement.outcome === 'ask' || judgement.charges.some(({ exceeded }) => exceeded !== 'deny')
  );
}

/**
 * A replay that the edge refused may overtake the request it repeats: it must not use up that one's
 * nonce, so it gets a key nobody else has.
 */
function nonceKeyOf({ clientId, requestNonce }: ForwardedRequest, judgement: Judgement): string {
  const isReplay = judgement.outcome === 'deny' && judgement.code === 'ERR_REQUEST_NONCE_USED';
  return JSON.stringify([clientId, requestNonce, ...(isReplay ? [randomUUID()] : [])]);
}

function refusal(id: number, judgement: Refused, receipt?: string): SignerAnswer {
  const { code, details } = judgement;
  return { outcome: 'refused', id, ...(receipt === undefined ? {} : { receipt }), code, details };
}

function refused(id: number, error: unknown, receipt?: string): SignerAnswer {
  return refusal(id, refusalOf(error), receipt);
}
