import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusalOf } from './fixtures/refusal.ts';
import { encodeFrame, type Frame, FrameReader } from './frame.ts';
import { LIMITS } from './limits.ts';

const HEAD = { op: 'sign', id: 7, text: 'é😀' };
const BODY = Uint8Array.from([0, 1, 2, 255, 254]);

/** Pushes a stream in pieces and returns the frames, comparable. */
function read(...pieces: readonly Uint8Array[]): readonly (readonly [unknown, string])[] {
  const reader = new FrameReader();
  return pieces.flatMap((piece) => reader.push(piece)).map(comparable);
}

const comparable = ({ head, body }: Frame): [unknown, string] => [
  head,
  Buffer.from(body).toString('hex'),
];

function u32(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [i, value] of numbers.entries()) bytes.writeUInt32BE(value, 4 * i);
  return bytes;
}

describe('encodeFrame', () => {
  it('writes length, length of the head, head, body', () => {
    expect(encodeFrame([1], BODY)).toEqual(
      Buffer.concat([u32(4 + 3 + 5, 3), Buffer.from('[1]'), BODY]),
    );
  });

  it('counts bytes, not characters', () => {
    const frame = encodeFrame('é');
    expect(frame.readUInt32BE(4)).toBe(4);
    expect(read(frame)).toEqual([['é', '']]);
  });
});

describe('FrameReader', () => {
  const stream = Buffer.concat([encodeFrame(HEAD, BODY), encodeFrame(null), encodeFrame([], BODY)]);
  const whole = read(stream);

  it('cuts a stream into its frames', () => {
    expect(whole).toEqual([
      [HEAD, '000102fffe'],
      [null, ''],
      [[], '000102fffe'],
    ]);
  });

  it('gives the same frames wherever the stream is split', () => {
    for (let at = 0; at <= stream.length; at++) {
      expect(read(stream.subarray(0, at), stream.subarray(at))).toEqual(whole);
    }
  });

  it('gives the same frames byte by byte', () => {
    expect(read(...[...stream].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  it('gives nothing before the last byte', () => {
    const reader = new FrameReader();
    const frame = encodeFrame(HEAD, BODY);
    expect(reader.push(frame.subarray(0, -1))).toEqual([]);
    expect(reader.push(frame.subarray(-1))).toHaveLength(1);
  });

  it('keeps its bytes when the caller uses a buffer again', () => {
    const chunk = Buffer.from(encodeFrame(HEAD, BODY));
    const frames = new FrameReader().push(chunk);
    chunk.fill(0);
    expect(frames.map(comparable)).toEqual([[HEAD, '000102fffe']]);
  });

  it('takes a frame of the greatest length', () => {
    const body = new Uint8Array(LIMITS.frameBytes - 4 - 2);
    expect(read(encodeFrame({}, body))).toHaveLength(1);
  });

  it('reads any frames, in any pieces', () => {
    const frame = fc.tuple(fc.jsonValue(), fc.uint8Array({ maxLength: 40 }));
    const cuts = fc.array(fc.nat(400), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 5 }), cuts, (frames, places) => {
        const bytes = Buffer.concat(frames.map(([head, body]) => encodeFrame(head, body)));
        const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length];
        at.sort((a, b) => a - b);
        const pieces = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
        expect(read(...pieces)).toEqual(
          frames.map(([head, body]) => [
            JSON.parse(JSON.stringify(head)),
            Buffer.from(body).toString('hex'),
          ]),
        );
      }),
    );
  });
});

describe('FrameReader ends at', () => {
  const garbage: readonly (readonly [string, Buffer, string])[] = [
    ['a length of zero', u32(0), 'length out of range'],
    ['a length too small for its parts', u32(3), 'length out of range'],
    ['a length past the limit', u32(LIMITS.frameBytes + 1), 'length out of range'],
    ['the greatest length there is', u32(0xffff_ffff), 'length out of range'],
    ['text', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'length out of range'],
    ['a head longer than its frame', u32(4, 1), 'head longer than the frame'],
    ['a head of the greatest length', u32(6, 0xffff_ffff, 0), 'head longer than the frame'],
    ['an empty head', u32(4, 0), 'head is not JSON'],
    ['a head that is not JSON', Buffer.concat([u32(6, 2), Buffer.from('{]')]), 'head is not JSON'],
  ];

  it.each(garbage)('%s', (_name, bytes, reason) => {
    const error = refusalOf(() => new FrameReader().push(bytes));
    expect(error.code).toBe('ERR_FRAME_MALFORMED');
    expect(error.details.reason).toBe(reason);
  });

  it('garbage after a good frame', () => {
    const reader = new FrameReader();
    expect(reader.push(encodeFrame(HEAD))).toHaveLength(1);
    expect(refusalOf(() => reader.push(u32(1))).code).toBe('ERR_FRAME_MALFORMED');
  });

  it('a length past the limit before the bytes have come', () => {
    const reader = new FrameReader();
    reader.push(u32(LIMITS.frameBytes + 1).subarray(0, 3));
    expect(refusalOf(() => reader.push(Uint8Array.of(1))).code).toBe('ERR_FRAME_MALFORMED');
  });

  it('any bytes: frames or one code, never anything else', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 32 }), { maxLength: 6 }), (pieces) => {
        const reader = new FrameReader();
        try {
          for (const piece of pieces) reader.push(piece);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED' });
        }
      }),
    );
  });
});
