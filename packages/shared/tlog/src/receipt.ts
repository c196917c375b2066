/**
 * The receipt: a log entry together with the proof that it is in the log.
 *
 * A receipt has one spelling. The file is `JSON.stringify(receipt, null, 2)` and a newline, the
 * proof has no extra data, and every signature comes from a key the reader was given, so a change
 * of any byte of the file is refused.
 *
 * @module
 */

import type { CheckpointTrust } from './checkpoint.ts';
import { MAX_ENTRY_BYTES } from './entry-bundle.ts';
import { invalid, malformed } from './proof-error.ts';
import { parseTlogProof, verifyTlogProof } from './tlog-proof.ts';
import { fromBase64, readText, toBase64 } from './wire-text.ts';

export const RECEIPT_FORMAT = 'countersign-receipt/v1';

/** A receipt, read and not verified. */
export interface Receipt {
  /** The log entry, at most 65535 bytes. */
  readonly entry: Uint8Array;
  /** Text of a tlog-proof without extra data. */
  readonly proof: string;
}

/** A receipt to be checked, and whom to believe about it. */
export interface ReceiptClaim extends CheckpointTrust {
  /** Bytes of the file, or the value {@link parseReceipt} gave. */
  readonly receipt: Uint8Array | Receipt;
  /** Whether signatures of keys that were not given are ignored; `false` when left out. */
  readonly allowUnknownSignatures?: boolean;
}

/** What a receipt that holds says. */
export interface VerifiedReceipt {
  readonly index: number;
  /** Size of the tree the checkpoint speaks of. */
  readonly size: number;
  readonly origin: string;
  readonly entryBytes: Uint8Array;
  /** Names of the witnesses that cosigned. */
  readonly witnesses: readonly string[];
}

/**
 * The one text of a receipt; {@link parseReceipt} reads its UTF-8 bytes.
 *
 * @throws BoundaryError ERR_PROOF_MALFORMED when the parts do not make a receipt.
 */
export function formatReceipt(receipt: Receipt): string {
  requireParts(receipt);
  const { entry, proof } = receipt;
  return `${JSON.stringify({ format: RECEIPT_FORMAT, entry: toBase64(entry), proof }, null, 2)}\n`;
}

/**
 * Reads a receipt file.
 *
 * @param bytes - The file, at most 1 MiB.
 * @throws BoundaryError ERR_PROOF_MALFORMED, with `reason`, for every file that
 *   {@link formatReceipt} would not have written byte for byte.
 */
export function parseReceipt(bytes: Uint8Array): Receipt {
  const text = readText(bytes);
  const receipt = readMembers(parseJson(text));
  if (formatReceipt(receipt) !== text) throw malformed('a receipt in another spelling');
  return receipt;
}

/**
 * Checks a receipt with nothing but the keys one trusts.
 *
 * @param claim - Without `origin`, the origin must be the name of a log key that signed.
 * @throws BoundaryError ERR_PROOF_MALFORMED when it cannot be read; ERR_PROOF_INVALID, with
 *   `reason`, when it does not hold; ERR_CONFIG_INVALID as `verifyCheckpoint`.
 */
export function verifyReceipt(claim: ReceiptClaim): VerifiedReceipt {
  const { receipt: given, allowUnknownSignatures = false, ...trust } = claim;
  const { entry, proof } = given instanceof Uint8Array ? parseReceipt(given) : given;
  requireParts({ entry, proof });
  const verified = verifyTlogProof({ ...trust, allowUnknownSignatures, proofText: proof, entry });
  const { index, size, origin, witnesses, signedBy } = verified;
  if (trust.origin === undefined && !signedBy.includes(origin)) {
    throw invalid('a checkpoint of another log');
  }
  return { index, size, origin, entryBytes: entry, witnesses };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('not JSON');
  }
}

function readMembers(value: unknown): Receipt {
  const { format, entry, proof } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (format !== RECEIPT_FORMAT) throw malformed('not a receipt of a known format');
  if (typeof entry !== 'string' || typeof proof !== 'string') throw malformed('a missing member');
  const entryBytes = fromBase64(entry);
  if (entryBytes === undefined) throw malformed('an entry that is not canonical base64');
  return { entry: entryBytes, proof };
}

function requireParts({ entry, proof }: Receipt): void {
  if (entry.length > MAX_ENTRY_BYTES) throw malformed('an entry longer than 65535 bytes');
  // Extra data is covered by no signature, so a byte of it could change unseen.
  if (parseTlogProof(proof).extra !== undefined) throw malformed('a receipt with extra data');
}
