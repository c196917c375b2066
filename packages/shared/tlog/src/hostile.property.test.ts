import { isBoundaryError } from '@countersign/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCheckpoint, verifyCheckpoint } from './checkpoint.ts';
import { parseEntryBundle } from './entry-bundle.ts';
import { createTestLog, createTestWitness } from './fixtures/test-log.ts';
import { toHex } from './fixtures/vectors.ts';
import { parseNote, serializeNote } from './note.ts';
import { formatReceipt, parseReceipt, verifyReceipt } from './receipt.ts';
import { formatTilePath, parseTilePath } from './tiles.ts';
import { formatTlogProof, parseTlogProof, verifyTlogProof } from './tlog-proof.ts';
import { formatVerifierKey, parseVerifierKey } from './verifier-key.ts';

const witness = createTestWitness('witness.example', 3);
const log = createTestLog({ witnesses: [witness], extensions: ['x'] });
const trust = { logKeys: [log.signer.key], witnesses: [witness.key] };
const entry = log.entries[5] ?? new Uint8Array(0);

/** Runs a reader and gives its answer, or `undefined` when it refused as it should. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isBoundaryError(error) && error.code !== 'ERR_INTERNAL') return undefined;
    throw error;
  }
}

/** Texts of the formats with a few pieces cut out, repeated or replaced. */
const pieces = [
  'c2sp.org/tlog-proof@v1\n',
  'index 5\n',
  'index ',
  'extra AAAA\n',
  '\n',
  '\n\n',
  '\u2014 ',
  'log.example/agents',
  ' ',
  '7\n',
  `${Buffer.alloc(32).toString('base64')}\n`,
  `${Buffer.alloc(68).toString('base64')}\n`,
  '0',
  '+',
  '\0',
  '\ud800',
];
const seeds = [log.checkpoint, log.proof(5), Buffer.from(log.receipt(5)).toString('utf8')];
const assembled = fc
  .array(fc.constantFrom(...pieces), { maxLength: 14 })
  .map((list) => list.join(''));
const mutated = fc
  .tuple(fc.constantFrom(...seeds), fc.nat(), fc.nat(20), fc.oneof(fc.string(), assembled))
  .map(([seed, where, length, by]) => {
    const at = where % seed.length;
    return `${seed.slice(0, at)}${by}${seed.slice(at + length)}`;
  });
const text = fc.oneof(fc.string({ unit: 'binary' }), assembled, mutated);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  text.map((value) => new Uint8Array(Buffer.from(value, 'utf8'))),
);
const RUNS = { numRuns: 1_500 };

describe('hostile input', () => {
  it('never makes a reader fail in another way than it says', () => {
    fc.assert(
      fc.property(text, bytes, (someText, someBytes) => {
        for (const input of [someText, someBytes]) {
          attempt(() => parseNote(input));
          attempt(() => parseTlogProof(input));
          attempt(() => verifyCheckpoint(input, trust));
          attempt(() => verifyTlogProof({ ...trust, proofText: input, entry }));
        }
        attempt(() => parseCheckpoint(someText));
        attempt(() => parseVerifierKey(someText));
        attempt(() => parseTilePath(someText));
        attempt(() => parseReceipt(someBytes));
        attempt(() => parseEntryBundle(someBytes));
      }),
      RUNS,
    );
  });

  it('never has two spellings: what is read is written back to the same text', () => {
    let read = 0;
    const expectSame = (input: string, output: string | undefined): void => {
      if (output === undefined) return;
      expect(output).toBe(input);
      read += 1;
    };
    fc.assert(
      fc.property(text, (input) => {
        expectSame(
          input,
          attempt(() => serializeNote(parseNote(input))),
        );
        expectSame(
          input,
          attempt(() => formatTlogProof(parseTlogProof(input))),
        );
        expectSame(
          input,
          attempt(() => formatReceipt(parseReceipt(Buffer.from(input, 'utf8')))),
        );
        expectSame(
          input,
          attempt(() => formatTilePath(parseTilePath(input))),
        );
        expectSame(
          input,
          attempt(() => formatVerifierKey(parseVerifierKey(input))),
        );
      }),
      RUNS,
    );
    expect(read).toBeGreaterThan(20);
  });

  it('never proves another entry or index, whatever is done to a proof', () => {
    fc.assert(
      fc.property(mutated, (proofText) => {
        const verified = attempt(() => verifyTlogProof({ ...trust, proofText, entry }));
        if (verified === undefined) return;
        expect([verified.index, verified.size, verified.origin]).toEqual([5, 7, log.origin]);
        const other = log.entries[4] ?? entry;
        expect(attempt(() => verifyTlogProof({ ...trust, proofText, entry: other }))).toBe(
          undefined,
        );
      }),
      RUNS,
    );
  });

  it('never accepts a mutated receipt', () => {
    const original = toHex(log.receipt(5));
    fc.assert(
      fc.property(mutated, (input) => {
        const receipt = new Uint8Array(Buffer.from(input, 'utf8'));
        if (toHex(receipt) === original) return;
        expect(attempt(() => verifyReceipt({ ...trust, receipt }))).toBe(undefined);
      }),
      RUNS,
    );
  });
});
