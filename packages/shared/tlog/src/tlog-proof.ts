/**
 * The tlog-proof file: an entry's index, its inclusion proof and a signed checkpoint, as text.
 *
 * @module
 * @see https://c2sp.org/tlog-proof
 */

import {
  type CheckpointTrust,
  parseCheckpoint,
  type VerifiedCheckpoint,
  verifyCheckpoint,
} from './checkpoint.ts';
import { HASH_BYTES, hashLeaf } from './merkle.ts';
import { verifyInclusion } from './merkle-verify.ts';
import { parseNote } from './note.ts';
import { invalid, malformed } from './proof-error.ts';
import { fromBase64, fromDecimal, readText, toBase64 } from './wire-text.ts';

const HEADER = 'c2sp.org/tlog-proof@v1';
const EXTRA_MARK = 'extra ';
const INDEX_MARK = 'index ';
/** A tree of 2^63 leaves is 63 levels high. */
const MAX_PROOF_HASHES = 63;

/** A proof as it was read: nothing about it is verified. */
export interface TlogProof {
  /** Data for the application, not empty. No signature covers it: never trust it. */
  readonly extra?: Uint8Array;
  /** Index of the entry, at most 2^53 − 1. */
  readonly index: number;
  /** Hashes of 32 bytes from the leaf's sibling upwards, at most 63. */
  readonly proof: readonly Uint8Array[];
  /** The signed checkpoint note, verbatim. */
  readonly checkpoint: string;
}

/** A proof to be checked, and whom to believe about it. */
export interface TlogProofClaim extends CheckpointTrust {
  readonly proofText: string | Uint8Array;
  /** The log entry. Give this or `leafHash`. */
  readonly entry?: Uint8Array;
  /** Leaf hash of the entry, where the application computes it another way. */
  readonly leafHash?: Uint8Array;
}

/** What a proof that holds says. */
export interface VerifiedTlogProof extends VerifiedCheckpoint {
  readonly index: number;
  /** As in {@link TlogProof}: still not trustworthy. */
  readonly extra?: Uint8Array;
}

/**
 * Reads a tlog-proof.
 *
 * @param input - Text or UTF-8 bytes, at most 1 MiB.
 * @throws BoundaryError ERR_PROOF_MALFORMED, with `reason`, for anything that
 *   {@link formatTlogProof} would not have written, a checkpoint that cannot be read included.
 */
export function parseTlogProof(input: string | Uint8Array): TlogProof {
  const text = readText(input);
  const end = text.indexOf('\n\n');
  if (end < 0) throw malformed('no empty line before the checkpoint');
  const [header, ...lines] = text.slice(0, end).split('\n');
  if (header !== HEADER) throw malformed(`the first line is not ${HEADER}`);
  const extra = lines[0]?.startsWith(EXTRA_MARK) ? parseExtra(lines.shift() ?? '') : {};
  const index = parseIndex(lines.shift() ?? '');
  if (lines.length > MAX_PROOF_HASHES) throw malformed('more than 63 hashes');
  const checkpoint = text.slice(end + 2);
  parseCheckpoint(parseNote(checkpoint).text);
  return { ...extra, index, proof: lines.map(parseHash), checkpoint };
}

/**
 * Text of a tlog-proof; {@link parseTlogProof} reads it back to the same value.
 *
 * @throws BoundaryError ERR_PROOF_MALFORMED when the parts do not make a proof.
 */
export function formatTlogProof(proof: TlogProof): string {
  const lines = [
    HEADER,
    ...(proof.extra === undefined ? [] : [`${EXTRA_MARK}${toBase64(proof.extra)}`]),
    `${INDEX_MARK}${proof.index}`,
    ...proof.proof.map(toBase64),
  ];
  const text = `${lines.join('\n')}\n\n${proof.checkpoint}`;
  parseTlogProof(text);
  return text;
}

/**
 * Checks that an entry is in a log, from the proof alone.
 *
 * Holds for any log: origin, extension lines and extra data may be whatever they are, and
 * signatures of unknown keys are ignored unless the caller forbids them.
 *
 * @param claim - Exactly one of `entry` and `leafHash`. Without `origin`, compare the `origin` of
 *   the result with what you expect: one key may sign for several logs.
 * @throws BoundaryError ERR_PROOF_MALFORMED when the proof cannot be read; ERR_PROOF_INVALID, with
 *   `reason`, when it does not hold; ERR_CONFIG_INVALID as `verifyCheckpoint`.
 * @throws TypeError when neither or both of `entry` and `leafHash` are given.
 */
export function verifyTlogProof(claim: TlogProofClaim): VerifiedTlogProof {
  const leafHash = leafHashOf(claim);
  const { index, proof, checkpoint: note, extra } = parseTlogProof(claim.proofText);
  const checkpoint = verifyCheckpoint(note, claim);
  const { size, rootHash: root } = checkpoint;
  if (!verifyInclusion({ index, size, root, leafHash, proof })) {
    throw invalid('the entry is not in the tree at this index');
  }
  return { ...checkpoint, index, ...(extra === undefined ? {} : { extra }) };
}

function leafHashOf(claim: TlogProofClaim): Uint8Array {
  const { entry, leafHash } = claim;
  if (entry !== undefined && leafHash === undefined) return hashLeaf(entry);
  if (leafHash !== undefined && entry === undefined) return leafHash;
  throw new TypeError('expected either `entry` or `leafHash`');
}

function parseExtra(line: string): { extra: Uint8Array } {
  const extra = fromBase64(line.slice(EXTRA_MARK.length));
  if (extra === undefined || extra.length === 0) {
    throw malformed('extra data that is not canonical base64, or empty');
  }
  return { extra };
}

function parseIndex(line: string): number {
  if (!line.startsWith(INDEX_MARK)) throw malformed('no index line');
  const index = fromDecimal(line.slice(INDEX_MARK.length));
  if (index === undefined) throw malformed('an index that is not a decimal up to 2^53 - 1');
  return index;
}

function parseHash(line: string): Uint8Array {
  const hash = fromBase64(line);
  if (hash?.length !== HASH_BYTES) throw malformed('a hash that is not base64 of 32 bytes');
  return hash;
}
