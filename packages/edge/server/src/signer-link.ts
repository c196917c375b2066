/**
 * The edge's end of the pipe to the signer.
 *
 * @module
 */

import type { Duplex } from 'node:stream';
import {
  BoundaryError,
  encodeFrame,
  FrameReader,
  type SignerAnswer,
  type SignerQuestion,
  signerAnswerSchema,
} from '@countersign/protocol';

/** An answer and the raw bytes that came beside it. */
export interface LinkAnswer {
  readonly answer: SignerAnswer;
  readonly body: Uint8Array;
}

/** Hears of an answer in the moment it arrives. Must not throw. */
export type AnswerHook = (answer: SignerAnswer) => void;

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

export interface SignerLink {
  /**
   * Asks the signer.
   *
   * @param onAnswer - Called at the place of the answer in the order of all answers, before any later
   *   one is looked at; the promise resolves afterwards, in whatever order.
   * @throws BoundaryError ERR_SIGNER_UNAVAILABLE when there is no signer, it goes away, or it stays
   *   silent for ten seconds.
   */
  ask(
    question: WithoutId<SignerQuestion>,
    body?: Uint8Array,
    onAnswer?: AnswerHook,
  ): Promise<LinkAnswer>;
  /** Takes a pipe to a new signer into use. */
  connect(pipe: Duplex): void;
  /** Resolves once a signer is connected, at most after `limitMs`. */
  connected(limitMs: number): Promise<void>;
  readonly isConnected: boolean;
}

interface Waiting {
  readonly resolve: (answer: LinkAnswer) => void;
  readonly reject: (error: BoundaryError) => void;
  readonly askedAtMs: number;
  readonly onAnswer: AnswerHook | undefined;
}

const SILENCE_MS = 10_000;
const SWEEP_MS = 1_000;

export function createSignerLink(): SignerLink {
  return new PipeLink();
}

class PipeLink implements SignerLink {
  #pipe: Duplex | undefined;
  #nextId = 1;
  readonly #waiting = new Map<number, Waiting>();
  #onConnect: (() => void)[] = [];

  constructor() {
    setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  get isConnected(): boolean {
    return this.#pipe !== undefined;
  }

  ask(
    question: WithoutId<SignerQuestion>,
    body?: Uint8Array,
    onAnswer?: AnswerHook,
  ): Promise<LinkAnswer> {
    const pipe = this.#pipe;
    if (pipe === undefined) return Promise.reject(new BoundaryError('ERR_SIGNER_UNAVAILABLE'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, askedAtMs: performance.now(), onAnswer });
      pipe.write(encodeFrame({ ...question, id }, body));
    });
  }

  connect(pipe: Duplex): void {
    this.#pipe?.destroy();
    // The new signer knows nothing of what the one before was asked.
    this.#refuseWaiting();
    this.#pipe = pipe;
    const reader = new FrameReader();
    pipe.on('data', (chunk: Uint8Array) => {
      try {
        for (const frame of reader.push(chunk)) {
          this.#settle({ answer: signerAnswerSchema.parse(frame.head), body: frame.body });
        }
      } catch {
        pipe.destroy();
      }
    });
    pipe.on('error', () => pipe.destroy());
    pipe.on('close', () => this.#lost(pipe));
    for (const notify of this.#onConnect.splice(0)) notify();
  }

  connected(limitMs: number): Promise<void> {
    if (this.isConnected) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#onConnect.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #settle(answer: LinkAnswer): void {
    const { id } = answer.answer;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.onAnswer?.(answer.answer);
    waiting?.resolve(answer);
  }

  #lost(pipe: Duplex): void {
    if (this.#pipe !== pipe) return;
    this.#pipe = undefined;
    this.#refuseWaiting();
  }

  #refuseWaiting(): void {
    for (const [id, { reject }] of this.#waiting) {
      this.#waiting.delete(id);
      reject(new BoundaryError('ERR_SIGNER_UNAVAILABLE'));
    }
  }

  #sweep(): void {
    const oldest = performance.now() - SILENCE_MS;
    for (const [id, { reject, askedAtMs }] of this.#waiting) {
      if (askedAtMs > oldest) return;
      this.#waiting.delete(id);
      reject(
        new BoundaryError('ERR_SIGNER_UNAVAILABLE', { details: { reason: 'no answer in time' } }),
      );
    }
  }
}
