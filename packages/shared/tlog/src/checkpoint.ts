/**
 * Checkpoints: the signed statement of a log that its tree of some size has some root.
 *
 * @module
 * @see https://c2sp.org/tlog-checkpoint
 */

import { HASH_BYTES } from './merkle.ts';
import { checkSignatures, parseNote } from './note.ts';
import { invalid, malformed, misconfigured } from './proof-error.ts';
import { KEY_TYPE, type VerifierKey } from './verifier-key.ts';
import { fromBase64, fromDecimal, isCount, toBase64 } from './wire-text.ts';

/** The text of a checkpoint, read and not verified. */
export interface Checkpoint {
  /** Identity of the log, not empty. */
  readonly origin: string;
  /** Number of leaves, at most 2^53 − 1. */
  readonly size: number;
  /** 32 bytes. */
  readonly rootHash: Uint8Array;
  /** Further lines of the log, each not empty. */
  readonly extensions: readonly string[];
}

/** Whom to believe about a checkpoint. */
export interface CheckpointTrust {
  /** Keys of the log; one of them must have signed. Type 0x01 or 0x04. */
  readonly logKeys: readonly VerifierKey[];
  /** Keys of witnesses, type 0x04. */
  readonly witnesses?: readonly VerifierKey[];
  /** How many different witnesses must have cosigned; 0 when left out. */
  readonly minWitnesses?: number;
  /** The origin line that is demanded; any when left out. */
  readonly origin?: string;
  /** Whether lines of keys that were not given are ignored, as notes allow; `true` when left out. */
  readonly allowUnknownSignatures?: boolean;
}

/** A checkpoint that holds. */
export interface VerifiedCheckpoint extends Checkpoint {
  /** Names of the log keys that signed. */
  readonly signedBy: readonly string[];
  /** Names of the witnesses that cosigned, without repetition. */
  readonly witnesses: readonly string[];
}

/**
 * Reads the text of a checkpoint note.
 *
 * @param noteText - The text alone, as `parseNote` gives it: origin, size, root and extensions,
 *   one per line, no line empty, a newline after each.
 * @throws BoundaryError ERR_PROOF_MALFORMED with `reason`; also for sizes above 2^53 − 1.
 */
export function parseCheckpoint(noteText: string): Checkpoint {
  const lines = noteText.split('\n');
  if (lines.pop() !== '') throw malformed('a checkpoint without a last newline');
  if (lines.length < 3 || lines.includes('')) throw malformed('a checkpoint with a missing line');
  const [origin = '', sizeText = '', rootText = '', ...extensions] = lines;
  const size = fromDecimal(sizeText);
  if (size === undefined) throw malformed('a tree size that is not a decimal up to 2^53 - 1');
  const rootHash = fromBase64(rootText);
  if (rootHash?.length !== HASH_BYTES) throw malformed('a root that is not base64 of 32 bytes');
  return { origin, size, rootHash, extensions };
}

/**
 * Text of a checkpoint, ready to be signed as a note; {@link parseCheckpoint} reads it back.
 *
 * @param checkpoint - `extensions` may be left out.
 * @throws BoundaryError ERR_PROOF_MALFORMED when a part has no place in a checkpoint.
 */
export function formatCheckpoint(
  checkpoint: Omit<Checkpoint, 'extensions'> & Partial<Pick<Checkpoint, 'extensions'>>,
): string {
  const { origin, size, rootHash, extensions = [] } = checkpoint;
  if (!isCount(size) || rootHash.length !== HASH_BYTES) throw malformed('not a size and a root');
  const lines = [origin, String(size), toBase64(rootHash), ...extensions];
  if (lines.some((line) => line === '' || line.includes('\n'))) {
    throw malformed('an origin or extension that is not one line');
  }
  return `${lines.join('\n')}\n`;
}

/**
 * Checks a signed checkpoint against the keys one trusts.
 *
 * @param note - The whole signed note.
 * @throws BoundaryError ERR_PROOF_MALFORMED when it cannot be read; ERR_PROOF_INVALID, with
 *   `reason`, when the log did not sign, any known signature fails, the origin is another, too few
 *   witnesses cosigned, or an unknown signature is there and not allowed; ERR_CONFIG_INVALID for a
 *   witness key that is not of type 0x04.
 */
export function verifyCheckpoint(
  note: string | Uint8Array,
  trust: CheckpointTrust,
): VerifiedCheckpoint {
  const witnessKeys = trust.witnesses ?? [];
  if (witnessKeys.some((key) => key.type !== KEY_TYPE.cosignature)) {
    throw misconfigured('witness key', 'not a key for cosignatures');
  }
  const parsed = parseNote(note);
  const checkpoint = parseCheckpoint(parsed.text);
  const { keys, unknown } = checkSignatures(parsed, [...trust.logKeys, ...witnessKeys]);
  const byLog = keys.filter((key) => includesKey(trust.logKeys, key));
  // INVARIANT: a log key never counts as a witness, and one public key never counts twice.
  const byWitness = keys.filter((key) => !includesKey(trust.logKeys, key));
  const witnesses = [...new Set(byWitness.map((key) => key.name))];
  const witnessCount = Math.min(witnesses.length, countPublicKeys(byWitness));
  if (byLog.length === 0) throw invalid('not signed by the log');
  if (unknown > 0 && trust.allowUnknownSignatures === false) {
    throw invalid('a signature of an unknown key');
  }
  if (trust.origin !== undefined && checkpoint.origin !== trust.origin) {
    throw invalid('a checkpoint of another log');
  }
  if (witnessCount < (trust.minWitnesses ?? 0)) throw invalid('too few witnesses');
  return { ...checkpoint, signedBy: byLog.map((key) => key.name), witnesses };
}

function includesKey(keys: readonly VerifierKey[], key: VerifierKey): boolean {
  return keys.some((other) => Buffer.from(other.publicKey).equals(key.publicKey));
}

function countPublicKeys(keys: readonly VerifierKey[]): number {
  return new Set(keys.map((key) => toBase64(key.publicKey))).size;
}
