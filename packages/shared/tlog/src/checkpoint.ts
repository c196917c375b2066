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
import { fromBase64, fromDecimal, hasControlCharacter, isCount, toBase64 } from './wire-text.ts';

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
  if (lines.includes('')) throw malformed('a checkpoint with an empty line');
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
  if (lines.some((line) => line === '' || line.includes('\n') || hasControlCharacter(line))) {
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
  const { witnesses: witnessKeys = [], minWitnesses = 0 } = trust;
  requireUsable(witnessKeys, minWitnesses);
  const parsed = parseNote(note);
  const checkpoint = parseCheckpoint(parsed.text);
  const { keys, unknown } = checkSignatures(parsed, [...trust.logKeys, ...witnessKeys]);
  const signedBy = keys.filter((key) => trust.logKeys.includes(key)).map((key) => key.name);
  const witnesses = independentWitnesses(keys, trust.logKeys);
  if (signedBy.length === 0) throw invalid('not signed by the log');
  if (unknown > 0 && trust.allowUnknownSignatures === false) {
    throw invalid('a signature of an unknown key');
  }
  if (trust.origin !== undefined && checkpoint.origin !== trust.origin) {
    throw invalid('a checkpoint of another log');
  }
  if (witnesses.length < minWitnesses) throw invalid('too few witnesses');
  return { ...checkpoint, signedBy, witnesses };
}

function requireUsable(witnessKeys: readonly VerifierKey[], minWitnesses: number): void {
  if (witnessKeys.some((key) => key.type !== KEY_TYPE.cosignature)) {
    throw misconfigured('witness key', 'not a key for cosignatures');
  }
  if (!isCount(minWitnesses)) throw misconfigured('least number of witnesses', 'not a number');
}

/**
 * Names of the keys that count as witnesses.
 *
 * INVARIANT: the log is never its own witness, and neither a name nor a public key counts twice. A
 * cosignature does not cover the name of its key, so one key under two names would.
 */
function independentWitnesses(
  keys: readonly VerifierKey[],
  logKeys: readonly VerifierKey[],
): string[] {
  const seen = new Set(logKeys.map((key) => toBase64(key.publicKey)));
  const names = new Set<string>();
  for (const key of keys) {
    const publicKey = toBase64(key.publicKey);
    if (!seen.has(publicKey)) names.add(key.name);
    seen.add(publicKey);
  }
  return [...names];
}
