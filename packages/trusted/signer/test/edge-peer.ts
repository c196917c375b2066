/**
 * The edge's end of the pipe to a signer.
 *
 * @module
 */

import { type Duplex, duplexPair } from 'node:stream';
import {
  encodeFrame,
  FrameReader,
  type SignerAnswer,
  signerAnswerSchema,
} from '@countersign/protocol';
import { vi } from 'vitest';

export interface EdgePeer {
  /** The signer's end. */
  readonly pipe: Duplex;
  /** Our end. */
  readonly own: Duplex;
  /** Answers so far, each one checked against its schema. */
  readonly answers: SignerAnswer[];
  /** Bytes that came beside each answer. */
  readonly bodies: Uint8Array[];
  send(question: unknown, body?: Uint8Array): void;
  /** Sends a question and waits for the next answer. */
  ask(question: unknown, body?: Uint8Array): Promise<SignerAnswer>;
}

export function createEdgePeer(): EdgePeer {
  const [own, pipe] = duplexPair();
  const reader = new FrameReader();
  const answers: SignerAnswer[] = [];
  const bodies: Uint8Array[] = [];
  own.on('data', (chunk: Uint8Array) => {
    for (const { head, body } of reader.push(chunk)) {
      answers.push(signerAnswerSchema.parse(head));
      bodies.push(body);
    }
  });
  own.on('error', () => undefined);
  pipe.on('error', () => undefined);
  const send = (question: unknown, body?: Uint8Array): void =>
    void own.write(encodeFrame(question, body));
  return {
    pipe,
    own,
    answers,
    bodies,
    send,
    async ask(question, body) {
      const before = answers.length;
      send(question, body);
      return vi.waitFor(() => answers[before] ?? Promise.reject(new Error('no answer yet')), {
        timeout: 10_000,
        interval: 1,
      });
    },
  };
}
