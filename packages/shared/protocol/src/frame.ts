/**
 * Framing of messages between processes: a length, a JSON head, raw bytes.
 *
 *     u32 length of what follows | u32 length of the head | head (JSON) | body (raw)
 *
 * Both numbers are big-endian. A frame beyond the limit, or one whose parts do not add up, ends the
 * connection: there is no resynchronising with a peer that cannot count.
 *
 * @module
 */

import { BoundaryError } from './errors.ts';
import { LIMITS } from './limits.ts';

export interface Frame {
  /** Parsed JSON, unchecked: the receiver checks it against its schema. */
  readonly head: unknown;
  readonly body: Uint8Array;
}

const EMPTY = new Uint8Array(0);

/** Serialises one frame. The head must be JSON without `undefined` at the top. */
export function encodeFrame(head: unknown, body: Uint8Array = EMPTY): Buffer {
  const headBytes = Buffer.from(JSON.stringify(head), 'utf8');
  const frame = Buffer.allocUnsafe(8 + headBytes.length + body.length);
  frame.writeUInt32BE(4 + headBytes.length + body.length, 0);
  frame.writeUInt32BE(headBytes.length, 4);
  headBytes.copy(frame, 8);
  frame.set(body, 8 + headBytes.length);
  return frame;
}

/** Cuts a byte stream into frames. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);

  /**
   * Takes the next bytes of the stream and returns the frames they complete.
   *
   * @throws BoundaryError ERR_FRAME_MALFORMED; the reader must not be used afterwards.
   */
  push(chunk: Uint8Array): Frame[] {
    this.#pending =
      this.#pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#pending, chunk]);
    const frames: Frame[] = [];
    for (let length = this.#nextLength(); length !== undefined; length = this.#nextLength()) {
      frames.push(parseFrame(this.#pending.subarray(4, 4 + length)));
      this.#pending = this.#pending.subarray(4 + length);
    }
    return frames;
  }

  #nextLength(): number | undefined {
    if (this.#pending.length < 4) return undefined;
    const length = this.#pending.readUInt32BE(0);
    if (length < 4 || length > LIMITS.frameBytes) throw malformed('length out of range');
    return this.#pending.length >= 4 + length ? length : undefined;
  }
}

function parseFrame(bytes: Buffer): Frame {
  const headLength = bytes.readUInt32BE(0);
  if (headLength > bytes.length - 4) throw malformed('head longer than the frame');
  try {
    const head: unknown = JSON.parse(bytes.toString('utf8', 4, 4 + headLength));
    return { head, body: bytes.subarray(4 + headLength) };
  } catch (cause) {
    throw malformed('head is not JSON', cause);
  }
}

function malformed(reason: string, cause?: unknown): BoundaryError {
  return new BoundaryError('ERR_FRAME_MALFORMED', { details: { reason }, cause });
}
