import { isBoundaryError } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { createTestLog, createTestWitness } from './fixtures/test-log.ts';
import { verifyReceipt } from './receipt.ts';

const witness = createTestWitness('witness.example', 3);
const log = createTestLog({ witnesses: [witness], extensions: ['an extension line'] });
const trust = { logKeys: [log.signer.key], witnesses: [witness.key], minWitnesses: 1 };
const FILE = new Uint8Array(log.receipt(5));
const [NEWLINE, BLANK, LETTER, ZERO, HIGH] = [0x0a, 0x20, 0x41, 0x00, 0xff] as const;

/** Fails when `file` is accepted, or refused with anything but the two codes of proofs. */
function expectRefused(file: Uint8Array, what: string): void {
  try {
    verifyReceipt({ ...trust, receipt: file });
  } catch (error) {
    if (!isBoundaryError(error)) throw error;
    if (error.code === 'ERR_PROOF_MALFORMED' || error.code === 'ERR_PROOF_INVALID') return;
  }
  expect.unreachable(`accepted: ${what}`);
}

describe('a receipt with a log signature, a witness and an extension line', () => {
  it('holds', () => {
    expect(verifyReceipt({ ...trust, receipt: FILE })).toMatchObject({ index: 5, size: 7 });
  });

  it('is refused with any bit of any byte flipped', () => {
    for (const [at, byte] of FILE.entries()) {
      for (let bit = 0; bit < 8; bit += 1) {
        expectRefused(FILE.with(at, byte ^ (1 << bit)), `byte ${at}, bit ${bit}`);
      }
    }
  });

  it('is refused with any byte replaced by a neighbour or a common one', () => {
    for (const [at, byte] of FILE.entries()) {
      for (const other of [byte + 1, byte - 1, byte ^ BLANK, NEWLINE, BLANK, LETTER, ZERO, HIGH]) {
        const value = other & 0xff;
        if (value !== byte) expectRefused(FILE.with(at, value), `byte ${at} as ${value}`);
      }
    }
  });

  it('is refused with any byte taken out or doubled, and cut off anywhere', () => {
    for (const [at, byte] of FILE.entries()) {
      const [before, after] = [FILE.subarray(0, at), FILE.subarray(at + 1)];
      expectRefused(Buffer.concat([before, after]), `without byte ${at}`);
      expectRefused(Buffer.concat([before, Uint8Array.of(byte, byte), after]), `byte ${at} twice`);
      expectRefused(before, `cut off at ${at}`);
    }
  });

  it('is refused with a blank or a newline put in anywhere', () => {
    for (let at = 0; at <= FILE.length; at += 1) {
      for (const added of [BLANK, NEWLINE]) {
        const parts = [FILE.subarray(0, at), Uint8Array.of(added), FILE.subarray(at)];
        expectRefused(Buffer.concat(parts), `${added} put in at ${at}`);
      }
    }
  });
});
