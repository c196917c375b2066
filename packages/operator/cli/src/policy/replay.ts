/**
 * Recorded requests held against another policy: what it would have decided instead.
 *
 * Each is judged as if the policy had been put in force that moment: windows hold what was really
 * signed until then. Otherwise one denial would make room for what comes after it, and a narrower
 * policy would look wider.
 *
 * @module
 */

import type { SessionMessage } from '@countersign/crypto';
import type { IndexedEntry } from '@countersign/ledger';
import {
  type Charge,
  type CompiledPolicy,
  evaluatePolicy,
  explainPolicy,
  type PolicyVerdict,
} from '@countersign/policy';
import type { ErrorCode, MessageKind } from '@countersign/protocol';
import { intentOf } from '@countersign/signer';
import type { Outcome } from './judge-case.ts';
import { type Decided, type RecordedRequest, readRecorded } from './recorded-request.ts';
import type { ReplayLedger } from './replay-ledger.ts';

export interface ReplayPlan {
  readonly policy: CompiledPolicy;
  /** Only requests for this key; all when left out. */
  readonly onlyKey: string | undefined;
  /** Key that denials are taken to be about, which name none; without it they are not compared. */
  readonly assumedKey: string | undefined;
  /** Kind of message that denials are taken to be about. */
  readonly assumedKind: MessageKind;
  /** Entries before this one only fill the windows. */
  readonly from: number;
}

/** A request that would be decided otherwise. */
export interface ReplayChange {
  readonly index: number;
  readonly time: string;
  readonly client: string;
  readonly key: string;
  readonly asked: string;
  /** As the log has it. */
  readonly was: Decided;
  /** As the policy would have decided. */
  readonly is: Decided;
}

/** Entries that were not compared, and why. */
export interface ReplaySkips {
  /** Before `from`. */
  earlier: number;
  /** For another key. */
  otherKey: number;
  /** Denied for a reason no policy of a key has: authentication, chain, validity, a freeze … */
  notByPolicy: number;
  /** Calldata is in the log as a digest only. */
  notReplayable: number;
  /** Denials whose key the log does not say, and nobody named. */
  keyUnknown: number;
  /** No decisions about requests. */
  other: number;
}

export interface ReplayReport {
  /** Entries read. */
  readonly entries: number;
  readonly compared: number;
  /** Denials among them whose key was assumed. */
  readonly assumed: number;
  /** Denied or asked about then, and less now. */
  readonly widens: readonly ReplayChange[];
  readonly narrows: readonly ReplayChange[];
  readonly skipped: Readonly<ReplaySkips>;
}

/** From the least to the most that is let through. */
const PERMISSION: Readonly<Record<Outcome, number>> = { deny: 0, ask: 1, allow: 2 };

/**
 * Replays a log in its order.
 *
 * @param progress - Called after each entry with the number of entries read.
 * @throws BoundaryError what the entries and the ledger throw.
 */
export function replay(
  entries: Iterable<IndexedEntry>,
  plan: ReplayPlan,
  ledger: ReplayLedger,
  progress: (read: number) => void = () => undefined,
): ReplayReport {
  const run = new Replay(plan, ledger);
  for (const entry of entries) progress(run.take(entry));
  return run.report();
}

class Replay {
  readonly #plan: ReplayPlan;
  readonly #ledger: ReplayLedger;
  readonly #skipped: ReplaySkips = {
    earlier: 0,
    otherKey: 0,
    notByPolicy: 0,
    notReplayable: 0,
    keyUnknown: 0,
    other: 0,
  };
  readonly #widens: ReplayChange[] = [];
  readonly #narrows: ReplayChange[] = [];
  #read = 0;
  #compared = 0;
  #assumed = 0;

  constructor(plan: ReplayPlan, ledger: ReplayLedger) {
    this.#plan = plan;
    this.#ledger = ledger;
  }

  /** Takes the next entry and returns how many were taken. */
  take({ index, entry }: IndexedEntry): number {
    this.#read += 1;
    const recorded = readRecorded(entry);
    switch (recorded.kind) {
      case 'request':
        this.#request(index, recorded);
        break;
      case 'clock reset':
        this.#ledger.resetClock(recorded.toMs);
        this.#skipped.other += 1;
        break;
      case 'settled':
        this.#ledger.settle(recorded.slot, recorded.settlement);
        this.#skipped.other += 1;
        break;
      case 'not by a policy':
        this.#skipped.notByPolicy += 1;
        break;
      case 'digest only':
        this.#skipped.notReplayable += 1;
        break;
      case 'other':
        this.#skipped.other += 1;
        break;
    }
    return this.#read;
  }

  report(): ReplayReport {
    return {
      entries: this.#read,
      compared: this.#compared,
      assumed: this.#assumed,
      widens: this.#widens,
      narrows: this.#narrows,
      skipped: this.#skipped,
    };
  }

  #request(index: number, request: RecordedRequest): void {
    const { onlyKey, assumedKey, from } = this.#plan;
    const key = request.keyId ?? assumedKey;
    if (key === undefined) {
      this.#skipped.keyUnknown += 1;
      return;
    }
    if (onlyKey !== undefined && key !== onlyKey) {
      this.#skipped.otherKey += 1;
      return;
    }
    const is = this.#decide(request, key);
    if (index < from) {
      this.#skipped.earlier += 1;
      return;
    }
    this.#compared += 1;
    if (request.keyId === undefined) this.#assumed += 1;
    this.#note(index, request, key, is);
  }

  #note(index: number, request: RecordedRequest, key: string, is: Decided): void {
    const { decided: was, timeMs, clientId: client, asked } = request;
    const difference = PERMISSION[is.outcome] - PERMISSION[was.outcome];
    if (difference === 0) return;
    const time = new Date(timeMs).toISOString();
    const change = { index, time, client, key, asked, was, is };
    (difference > 0 ? this.#widens : this.#narrows).push(change);
  }

  /** Decides, and then keeps what was signed. */
  #decide(request: RecordedRequest, keyId: string): Decided {
    const { policy, assumedKind } = this.#plan;
    const { timeMs: nowMs, atMs, clientId } = request;
    const message = { ...request.message, kind: request.message.kind ?? assumedKind };
    const intent = intentOf({ clientId, keyId, message, nowMs });
    const verdict = evaluatePolicy(policy, intent);
    const is = this.#judge(verdict, message, atMs);
    if (request.decided.outcome === 'allow') {
      const isDenied = verdict.outcome === 'deny';
      const { charges } = isDenied ? explainPolicy(policy, intent) : verdict;
      this.#ledger.spend(message, charges.filter(isSpendable), atMs);
    }
    return is;
  }

  #judge(verdict: PolicyVerdict, message: SessionMessage, atMs: number): Decided {
    if (verdict.outcome === 'deny') return denied(verdict.code, verdict.rule);
    if (verdict.outcome === 'require_approval') return asks(verdict.approvals[0]?.rules[0]);
    const fit = this.#ledger.ask(message, verdict.charges, atMs);
    if (fit.kind === 'too many') return denied('ERR_POLICY_CHARGES_TOO_MANY', undefined);
    if (fit.kind === 'exceeded') {
      const { limit, exceeded } = fit.charge;
      return exceeded === 'deny' ? denied('ERR_POLICY_LIMIT_EXCEEDED', limit) : asks(limit);
    }
    const [rule] = verdict.rules;
    return { outcome: 'allow', ...(rule === undefined ? {} : { rule }) };
  }
}

/** An amount without bound is beyond what a bucket can hold; no policy with a limit signs it again. */
function isSpendable({ amount }: Charge): boolean {
  return amount < 2n ** 255n;
}

function denied(code: ErrorCode, rule: string | undefined): Decided {
  return { outcome: 'deny', code, ...(rule === undefined ? {} : { rule }) };
}

function asks(rule: string | undefined): Decided {
  const code = 'ERR_POLICY_APPROVAL_REQUIRED';
  return { outcome: 'ask', code, ...(rule === undefined ? {} : { rule }) };
}
