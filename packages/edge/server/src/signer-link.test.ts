import { type Duplex, duplexPair } from 'node:stream';
import {
  encodeFrame,
  FrameReader,
  isBoundaryError,
  type SignerAnswer,
  type SignerQuestion,
} from '@countersign/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSignerLink, type LinkAnswer, type SignerLink } from './signer-link.ts';

/** The other end of a pipe: questions as they arrive, answers as told. */
class FakeSigner {
  readonly edgeEnd: Duplex;
  readonly #own: Duplex;
  readonly #questions: SignerQuestion[] = [];
  #notify: () => void = () => undefined;

  constructor() {
    const [edgeEnd, own] = duplexPair();
    this.edgeEnd = edgeEnd;
    this.#own = own;
    const reader = new FrameReader();
    own.on('data', (chunk: Uint8Array) => {
      for (const { head } of reader.push(chunk)) this.#questions.push(head as SignerQuestion);
      this.#notify();
    });
    own.on('error', () => undefined);
  }

  async question(index = 0): Promise<SignerQuestion> {
    for (;;) {
      const question = this.#questions[index];
      if (question !== undefined) return question;
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
      });
    }
  }

  send(bytes: Uint8Array): void {
    this.#own.write(bytes);
  }

  refuse(
    id: number,
    code: 'ERR_POLICY_SELF_CALL' | 'ERR_NOT_FOUND' = 'ERR_POLICY_SELF_CALL',
  ): void {
    this.send(encodeFrame(refusal(id, code)));
  }

  /** Is gone, as a process is. */
  die(): void {
    this.#own.destroy();
    this.edgeEnd.destroy();
  }
}

function refusal(id: number, code: 'ERR_POLICY_SELF_CALL' | 'ERR_NOT_FOUND'): SignerAnswer {
  return { outcome: 'refused', id, code, details: {} };
}

async function codeOf(asked: Promise<LinkAnswer>): Promise<string> {
  try {
    const { answer } = await asked;
    return answer.outcome === 'refused' ? `answered ${answer.code}` : answer.outcome;
  } catch (error) {
    return isBoundaryError(error) ? error.code : String(error);
  }
}

let link: SignerLink;
let signer: FakeSigner;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  link = createSignerLink();
  signer = new FakeSigner();
  link.connect(signer.edgeEnd);
});

afterEach(() => vi.useRealTimers());

describe('a link to the signer', () => {
  it('hands each answer to its question, in any order', async () => {
    const [first, second] = [link.ask({ op: 'status' }), link.ask({ op: 'status' })];
    const [one, two] = [await signer.question(0), await signer.question(1)];
    signer.refuse(two.id, 'ERR_NOT_FOUND');
    signer.refuse(one.id);
    expect(await codeOf(first)).toBe('answered ERR_POLICY_SELF_CALL');
    expect(await codeOf(second)).toBe('answered ERR_NOT_FOUND');
  });

  it('passes over an answer nobody waits for, and the second of two', async () => {
    const asked = link.ask({ op: 'status' });
    const { id } = await signer.question();
    signer.refuse(id + 1_000, 'ERR_NOT_FOUND');
    signer.refuse(id);
    signer.refuse(id, 'ERR_NOT_FOUND');
    expect(await codeOf(asked)).toBe('answered ERR_POLICY_SELF_CALL');
    const next = link.ask({ op: 'status' });
    signer.refuse((await signer.question(1)).id);
    expect(await codeOf(next)).toBe('answered ERR_POLICY_SELF_CALL');
  });

  it('refuses when there is no signer', async () => {
    expect(await codeOf(createSignerLink().ask({ op: 'status' }))).toBe('ERR_SIGNER_UNAVAILABLE');
  });

  it.each([
    ['before an answer', () => undefined],
    [
      'in the middle of one',
      (id: number) => encodeFrame(refusal(id, 'ERR_NOT_FOUND')).subarray(0, 20),
    ],
  ])('refuses what was asked when the pipe closes %s', async (_, last) => {
    const asked = [link.ask({ op: 'status' }), link.ask({ op: 'status' })];
    const { id } = await signer.question();
    const bytes = last(id);
    if (bytes !== undefined) signer.send(bytes);
    signer.die();
    expect(await Promise.all(asked.map(codeOf))).toEqual([
      'ERR_SIGNER_UNAVAILABLE',
      'ERR_SIGNER_UNAVAILABLE',
    ]);
    expect(link.isConnected).toBe(false);
  });

  it.each([
    ['bytes that are no frame', () => Buffer.alloc(64, 0xff)],
    ['a frame without JSON', () => Buffer.from('0000000700000003ffffff', 'hex')],
    ['a head longer than its frame', () => Buffer.from('00000006000000ff7b7d', 'hex')],
    ['a frame that is no answer', (id: number) => encodeFrame({ outcome: 'signed', id })],
    [
      'an answer with a member too many',
      (id: number) => encodeFrame({ ...refusal(id, 'ERR_NOT_FOUND'), extra: 1 }),
    ],
  ])('gives up a pipe that carries %s', async (_, bytes) => {
    const asked = link.ask({ op: 'status' });
    signer.send(bytes((await signer.question()).id));
    expect(await codeOf(asked)).toBe('ERR_SIGNER_UNAVAILABLE');
    expect(signer.edgeEnd.destroyed).toBe(true);
    expect(link.isConnected).toBe(false);
  });

  it('refuses what stays unanswered for ten seconds, and nothing sooner', async () => {
    const asked = codeOf(link.ask({ op: 'status' }));
    await signer.question();
    vi.advanceTimersByTime(9_000);
    const later = codeOf(link.ask({ op: 'status' }));
    const { id } = await signer.question(1);
    vi.advanceTimersByTime(2_000);
    expect(await asked).toBe('ERR_SIGNER_UNAVAILABLE');
    signer.refuse(id);
    expect(await later).toBe('answered ERR_POLICY_SELF_CALL');
  });

  it('turns to a new signer, and refuses at once what the one before was asked', async () => {
    const asked = link.ask({ op: 'status' });
    await signer.question();
    const next = new FakeSigner();
    link.connect(next.edgeEnd);
    expect(await codeOf(asked)).toBe('ERR_SIGNER_UNAVAILABLE');
    const again = link.ask({ op: 'status' });
    next.refuse((await next.question()).id);
    expect(await codeOf(again)).toBe('answered ERR_POLICY_SELF_CALL');
    expect(link.isConnected).toBe(true);
  });
});
