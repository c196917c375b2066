/**
 * The signer as a service over one pipe: questions in, answers out.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { HashBackend, SignatureChecker } from '@countersign/crypto';
import type { AwaitableLedger, LedgerStatus } from '@countersign/ledger';
import { policyDocument, policyFromSettings } from '@countersign/policy';
import {
  BoundaryError,
  canonicalJson,
  encodeFrame,
  type Frame,
  FrameReader,
  isErrorCode,
  Secret,
  type SignerAnswer,
  type SignerQuestion,
  type SignerSettings,
  signerQuestionSchema,
} from '@countersign/protocol';
import { createApproverBook } from './approver-book.ts';
import { receiptId } from './decision-parts.ts';
import { explainQuestion } from './explainer.ts';
import { createFreezeWatch, type FreezeWatch } from './freeze-watch.ts';
import { createFreezer, type Freezer } from './freezer.ts';
import { createIntentDesk, type IntentDesk, type IntentDeskConfig } from './intent-desk.ts';
import { refusalOf } from './judgement.ts';
import { createKeyRing, type PrivateKeySource } from './key-ring.ts';
import { createOperatorDoor, type OperatorDoor } from './operator-door.ts';
import { createPipeline, type Pipeline, type PipelineConfig, type Step } from './pipeline.ts';
import { type Document, findReceipt } from './receipts.ts';
import { createRequestCheck } from './request-check.ts';
import { compileWrittenPolicies } from './written-policies.ts';

export interface SignerDeps {
  readonly ledger: AwaitableLedger;
  readonly backend: HashBackend;
  readonly checker: SignatureChecker;
  readonly clock: { nowMs(): number };
  readonly openKeystore: (settings: SignerSettings) => PrivateKeySource;
  readonly onStep?: (step: Step) => void;
  /** Tells the operator what happened by itself. */
  readonly onWarning?: (text: string) => void;
}

export interface Signer {
  /**
   * Puts new settings in force; on an error the old ones stay.
   *
   * @throws BoundaryError ERR_CONFIG_INVALID, also for another data directory, passphrase or store: the
   *   ledger was opened with the first ones; and what the policy, the keys and the keystore throw.
   */
  configure(settings: SignerSettings): void;
  /**
   * Answers questions from a pipe until it closes. A peer that sends garbage is cut off; the pipe's
   * error then is ERR_FRAME_MALFORMED.
   */
  serve(pipe: Duplex): void;
  /** Resolves when every question taken so far has been answered. */
  idle(): Promise<void>;
  status(): Extract<SignerAnswer, { outcome: 'status' }>;
}

/** @throws BoundaryError as {@link Signer.configure}. */
export function createSigner(deps: SignerDeps, settings: SignerSettings): Signer {
  return new SignerService(deps, settings);
}

const NOTHING = new Uint8Array(0);
/** Least time between two questions to a store that failed, milliseconds. */
const PROBE_MS = 1_000;

class SignerService implements Signer {
  readonly #deps: SignerDeps;
  readonly #freezer: Freezer;
  readonly #watch: FreezeWatch;
  readonly #pipeline: Pipeline;
  readonly #dataDir: string;
  readonly #passphrase: Secret | undefined;
  readonly #store: Secret | undefined;
  readonly #door: OperatorDoor;
  readonly #desk: IntentDesk;
  #config: PipelineConfig;
  readonly #open = new Set<Promise<void>>();
  #probedAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: SignerDeps, settings: SignerSettings) {
    this.#deps = deps;
    this.#dataDir = settings.dataDir;
    this.#passphrase = passphraseOf(settings);
    this.#store = storeOf(settings);
    this.#config = this.#configFrom(settings);
    this.#door = createOperatorDoor(settings);
    this.#freezer = createFreezer({ ...deps, door: this.#door, receiptId }, settings);
    this.#desk = createIntentDesk(
      { ...deps, admit: (...given) => this.#door.admit(...given, 'POST /v1/unfreeze') },
      this.#deskConfig(settings),
    );
    this.#watch = createFreezeWatch(
      {
        clock: deps.clock,
        freeze: (scope, cause) => this.#freezer.freezeBecause(scope, cause),
        warn: deps.onWarning ?? (() => undefined),
      },
      settings.freeze?.automatic ?? [],
    );
    this.#pipeline = createPipeline({ ...deps, watch: this.#watch }, this.#config);
  }

  configure(settings: SignerSettings): void {
    // INVARIANT: settings in force can start another signer on the same ledger. Held by `signer.test.ts`.
    if (settings.dataDir !== this.#dataDir) throw fixed('dataDir');
    if (settings.passphrase !== this.#passphrase?.reveal()) throw fixed('passphrase');
    if (storeOf(settings)?.reveal() !== this.#store?.reveal()) throw fixed('store');
    this.#config = this.#configFrom(settings);
    this.#pipeline.configure(this.#config);
    this.#door.configure(settings);
    this.#desk.configure(this.#deskConfig(settings));
    this.#freezer.configure(settings);
    this.#watch.configure(settings.freeze?.automatic ?? []);
  }

  serve(pipe: Duplex): void {
    const reader = new FrameReader();
    pipe.on('data', (chunk: Uint8Array) => {
      try {
        for (const frame of reader.push(chunk)) this.#take(pipe, frame);
      } catch (cause) {
        // A peer that cannot frame cannot be answered either.
        pipe.destroy(new BoundaryError('ERR_FRAME_MALFORMED', { cause }));
      }
    });
  }

  async idle(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  status(): Extract<SignerAnswer, { outcome: 'status' }> {
    const { ledger, backend } = this.#deps;
    const { writable, size, lastErrorCode } = this.#ledgerStatus();
    const known =
      lastErrorCode !== undefined && isErrorCode(lastErrorCode) ? lastErrorCode : undefined;
    const code = writable ? undefined : (known ?? 'ERR_STORE_UNAVAILABLE');
    return {
      outcome: 'status',
      id: 0,
      ready: writable,
      ...(code === undefined ? {} : { code }),
      logSize: size,
      verifierKey: ledger.verifierKey(),
      policyHash: this.#config.policyHash,
      hashBackend: backend.name,
      keys: this.#config.keys.all().length,
    };
  }

  /** Of the last attempt to write; one that failed is tried again, so that readiness comes back. */
  #ledgerStatus(): LedgerStatus {
    const { ledger } = this.#deps;
    const known = ledger.status();
    const nowMs = performance.now();
    if (known.writable || nowMs - this.#probedAtMs < PROBE_MS) return known;
    this.#probedAtMs = nowMs;
    const probed = ledger.probe();
    // One that takes its time is known when somebody asks the next time.
    return probed instanceof Promise ? known : probed;
  }

  #configFrom(settings: SignerSettings): PipelineConfig {
    const policy = policyFromSettings(settings.policy);
    const written = compileWrittenPolicies(settings.policy);
    const keys = createKeyRing(settings, () => this.#deps.openKeystore(settings));
    if (keys.get(policy.defaultKeyId) === undefined) {
      throw new BoundaryError('ERR_CONFIG_INVALID', {
        details: { field: 'defaultKeyId', expected: 'the id of a configured key' },
      });
    }
    for (const key of keys.all()) void this.#deps.checker.prepare(key.publicKey);
    return {
      check: createRequestCheck(settings),
      policy,
      written,
      policyHash: sha256Hex(canonicalJson(policyDocument(policy, written))),
      keys,
      approvers: createApproverBook(settings),
      bridgeFallback: settings.bridgeFallback,
    };
  }

  #deskConfig({ maxSkewMs, freeze }: SignerSettings): IntentDeskConfig {
    const { check, approvers } = this.#config;
    return { check, approvers, maxSkewMs, freeze };
  }

  #take(pipe: Duplex, frame: Frame): void {
    const question = signerQuestionSchema.parse(frame.head);
    const work = this.#answer(question, frame.body).then(async ({ answer: given, body }) => {
      let answer = this.#pipeline.release(given);
      while (answer instanceof Promise) answer = this.#pipeline.release(await answer);
      // INVARIANT: nothing is waited for between the look at the freezes and the release.
      if (pipe.destroyed) return;
      pipe.write(encodeFrame(answer, body));
      if (answer.outcome === 'signed') this.#deps.onStep?.('released');
    });
    this.#open.add(work);
    void work.finally(() => this.#open.delete(work));
  }

  async #answer(question: SignerQuestion, body: Uint8Array): Promise<Document> {
    try {
      switch (question.op) {
        case 'sign':
          return { answer: await this.#pipeline.sign(question, body), body: NOTHING };
        case 'execute':
          return { answer: await this.#pipeline.execute(question, body), body: NOTHING };
        case 'complete':
          return { answer: await this.#pipeline.complete(question, body), body: NOTHING };
        case 'receipt': {
          const nowMs = this.#deps.clock.nowMs();
          return await findReceipt(this.#deps.ledger, this.#config.check, question, body, nowMs);
        }
        case 'explain':
          return await explainQuestion(this.#deps, this.#config, question, body);
        case 'freeze':
          return { answer: await this.#freezer.freeze(question, body), body: NOTHING };
        case 'unfreeze': {
          const asked = await this.#desk.unfreeze(question, body);
          return { answer: { outcome: 'asked', id: question.id, ...asked }, body: NOTHING };
        }
        case 'intent':
          return await this.#desk.show(question, body);
        case 'answer':
          return await this.#desk.answer(question, body);
        case 'intents':
          return await this.#desk.list(question);
        case 'freezes':
          return await this.#freezer.list(question, body);
        case 'status':
          return { answer: { ...this.status(), id: question.id }, body: NOTHING };
      }
    } catch (error) {
      const { code, details } = refusalOf(error);
      return { answer: { outcome: 'refused', id: question.id, code, details }, body: NOTHING };
    }
  }
}

function passphraseOf({ passphrase }: SignerSettings): Secret | undefined {
  return passphrase === undefined ? undefined : new Secret(passphrase);
}

function storeOf({ store }: SignerSettings): Secret | undefined {
  return store === undefined ? undefined : new Secret(JSON.stringify(store));
}

function fixed(field: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', {
    details: { field, expected: 'the same as at the start; restart to change it' },
  });
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
