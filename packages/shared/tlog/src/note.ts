/**
 * Signed notes: a text and the signatures of those who vouch for it.
 *
 * Reading is strict. A note that was read and written again is the same bytes, and one that
 * another reader might split elsewhere is refused. The text means nothing before
 * {@link verifyNote} has answered.
 *
 * @module
 * @see https://c2sp.org/signed-note
 */

import { createPublicKey, type KeyObject, sign } from 'node:crypto';

import { invalid, malformed, misconfigured } from './proof-error.ts';
import {
  createVerifierKey,
  isKeyName,
  KEY_TYPE,
  type VerifierKey,
  verifyTextSignature,
} from './verifier-key.ts';
import { fromBase64, hasControlCharacter, readText, toBase64 } from './wire-text.ts';

/** Most signatures a note may carry; the specification demands at least 16. */
export const MAX_NOTE_SIGNATURES = 64;

const KEY_ID_BYTES = 4;
const KEY_ID = /^[0-9a-f]{8}$/;
const SIGNATURE_MARK = '\u2014 ';

/** One signature line. */
export interface NoteSignature {
  /** Name of the key, as in {@link VerifierKey}. */
  readonly name: string;
  /** 8 lower-case hex digits. */
  readonly keyId: string;
  /** What the algorithm of the key produced, at least one byte. */
  readonly signature: Uint8Array;
}

/** A note as it was read: nothing about it is verified. */
export interface Note {
  /** Ends with a newline. */
  readonly text: string;
  /** 1 to {@link MAX_NOTE_SIGNATURES}, in the order of the note. */
  readonly signatures: readonly NoteSignature[];
}

/** What holds about a note. */
export interface VerifiedNote {
  readonly text: string;
  /** Names of the given keys whose signatures hold, each key once, in the order of the note. */
  readonly verified: readonly string[];
  /** Number of signature lines by keys that were not given. */
  readonly unknown: number;
}

/** Signs note texts under one name. */
export interface NoteSigner {
  /** The public half, to be published with `formatVerifierKey`. */
  readonly key: VerifierKey;
  /** Signs a text that ends with a newline. */
  readonly sign: (text: string) => NoteSignature;
}

/**
 * Reads a signed note.
 *
 * @param input - Text or UTF-8 bytes, at most 1 MiB: the text, an empty line, then 1 to 64 lines
 *   of the form `— name base64`. The last empty line is the one that separates.
 * @throws BoundaryError ERR_PROOF_MALFORMED, with `reason`, for anything else: control characters
 *   other than newline, base64 that is not canonical, an unusable key name.
 */
export function parseNote(input: string | Uint8Array): Note {
  const note = readText(input);
  if (hasControlCharacter(note)) throw malformed('a control character in the note');
  const end = note.lastIndexOf('\n\n');
  if (end < 0) throw malformed('no empty line between text and signatures');
  const lines = note.slice(end + 2).split('\n');
  if (lines.pop() !== '' || lines.length === 0)
    throw malformed('no signature line, or one cut off');
  if (lines.length > MAX_NOTE_SIGNATURES) throw malformed('more than 64 signatures');
  return { text: note.slice(0, end + 1), signatures: lines.map(parseSignatureLine) };
}

/**
 * Text form of a note; {@link parseNote} reads it back to the same value.
 *
 * @throws BoundaryError ERR_PROOF_MALFORMED when the parts do not make a note.
 */
export function serializeNote(note: Note): string {
  const serialized = `${note.text}\n${note.signatures.map(formatSignatureLine).join('')}`;
  // A text without its last newline could pass for a shorter one with more signatures.
  if (parseNote(serialized).text !== note.text) throw malformed('a text without a last newline');
  return serialized;
}

/**
 * Signs `text` and returns the whole note with this one signature.
 *
 * @param text - Ends with a newline and has no other control characters.
 * @throws BoundaryError ERR_PROOF_MALFORMED for another text.
 */
export function signNote(text: string, signer: NoteSigner): string {
  return serializeNote({ text, signatures: [signer.sign(text)] });
}

/**
 * A signer of type 0x01.
 *
 * @param name - Name of the key; for a log, its origin.
 * @param privateKey - Ed25519. Held by the signer, never printed.
 * @throws BoundaryError ERR_CONFIG_INVALID for an unusable name or another kind of key.
 */
export function createNoteSigner(name: string, privateKey: KeyObject): NoteSigner {
  if (privateKey.type !== 'private' || privateKey.asymmetricKeyType !== 'ed25519') {
    throw misconfigured('note key', 'not an Ed25519 private key');
  }
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const publicKey = new Uint8Array(Buffer.from(x, 'base64url'));
  const key = createVerifierKey(name, KEY_TYPE.ed25519, publicKey);
  return {
    key,
    sign: (text) => ({
      name,
      keyId: key.keyId,
      signature: new Uint8Array(sign(null, Buffer.from(text, 'utf8'), privateKey)),
    }),
  };
}

/**
 * Checks the signatures of a note against the keys one trusts.
 *
 * Every signature by a given key must hold, and at least one must be there. A key is known by name
 * and id together; lines of other keys are counted and otherwise ignored.
 *
 * @param verifiers - Trusted keys. The same key twice counts once.
 * @throws BoundaryError ERR_PROOF_INVALID when a signature of a given key fails or none is
 *   present; ERR_CONFIG_INVALID when two different keys share name and id.
 */
export function verifyNote(note: Note, verifiers: readonly VerifierKey[]): VerifiedNote {
  const { keys, unknown } = checkSignatures(note, verifiers);
  return { text: note.text, verified: keys.map((key) => key.name), unknown };
}

/** {@link verifyNote} for neighbours that need the keys and not only their names. */
export function checkSignatures(
  note: Note,
  verifiers: readonly VerifierKey[],
): { readonly keys: readonly VerifierKey[]; readonly unknown: number } {
  const known = indexKeys(verifiers);
  const keys = new Set<VerifierKey>();
  let unknown = 0;
  for (const line of note.signatures) {
    const key = known.get(identityOf(line));
    if (key === undefined) {
      unknown += 1;
    } else if (verifyTextSignature(key, note.text, line.signature)) {
      keys.add(key);
    } else {
      throw invalid('a signature of a known key does not hold', { key: key.name });
    }
  }
  if (keys.size === 0) throw invalid('no signature of a known key');
  return { keys: [...keys], unknown };
}

function indexKeys(verifiers: readonly VerifierKey[]): ReadonlyMap<string, VerifierKey> {
  const known = new Map<string, VerifierKey>();
  for (const key of verifiers) {
    const other = known.get(identityOf(key));
    if (other !== undefined && !Buffer.from(other.publicKey).equals(key.publicKey)) {
      throw misconfigured('verifier key', 'two keys have the same name and id');
    }
    if (other === undefined) known.set(identityOf(key), key);
  }
  return known;
}

/** Unambiguous, because a name never contains a plus sign. */
function identityOf(key: { readonly name: string; readonly keyId: string }): string {
  return `${key.name}+${key.keyId}`;
}

function parseSignatureLine(line: string): NoteSignature {
  if (!line.startsWith(SIGNATURE_MARK)) throw malformed('a line that is not a signature');
  const [name = '', encoded = '', ...rest] = line.slice(SIGNATURE_MARK.length).split(' ');
  if (!isKeyName(name) || rest.length > 0) throw malformed('an unusable key name');
  const bytes = fromBase64(encoded);
  if (bytes === undefined || bytes.length <= KEY_ID_BYTES) {
    throw malformed('a signature that is not canonical base64, or too short');
  }
  const keyId = Buffer.from(bytes.subarray(0, KEY_ID_BYTES)).toString('hex');
  return { name, keyId, signature: bytes.slice(KEY_ID_BYTES) };
}

function formatSignatureLine({ name, keyId, signature }: NoteSignature): string {
  if (!isKeyName(name) || !KEY_ID.test(keyId)) throw malformed('an unusable key name or id');
  const bytes = Buffer.concat([Buffer.from(keyId, 'hex'), signature]);
  return `${SIGNATURE_MARK}${name} ${toBase64(bytes)}\n`;
}
