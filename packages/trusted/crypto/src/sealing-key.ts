/**
 * The key that a passphrase opens: scrypt (RFC 7914) with its parameters written down beside it.
 *
 * Parameters come from a file that may be hostile, so they are bounded before any work is done:
 * no header can ask for more than 256 MiB or for more than four times the usual time.
 *
 * @module
 * @see https://www.rfc-editor.org/rfc/rfc7914
 */

import { randomBytes as nodeRandomBytes, scryptSync } from 'node:crypto';
import { BoundaryError, Secret } from '@countersign/protocol';
import {
  malformedField,
  readHexBytes,
  readInteger,
  readLiteral,
  readRecord,
  toHexText,
} from './keystore-shape.ts';

/** Gives `size` unpredictable bytes. */
export type RandomBytes = (size: number) => Uint8Array;

/** Cost of scrypt: `N` a power of two, memory 128·N·r bytes, time proportional to N·r·p. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** What a file says about how its key is derived. `salt`: 32 bytes. */
export interface KdfParameters extends ScryptCost {
  readonly name: 'scrypt';
  readonly salt: Uint8Array;
}

/**
 * A derived AES-256 key with the parameters that lead to it.
 *
 * It stands in for the passphrase while a file is open: it opens this one file only, and saves
 * the derivation when the file is written again.
 */
export interface SealingKey {
  readonly kdf: KdfParameters;
  readonly key: Secret<Uint8Array>;
}

/** For a person who waits: 128 MiB and up to half a second on one core. */
export const INTERACTIVE_COST: ScryptCost = { N: 2 ** 17, r: 8, p: 1 };

const SALT_BYTES = 32;
const KEY_BYTES = 32;
const MAX_PASSPHRASE_CHARS = 1024;
const MAX_MEMORY_BYTES = 2 ** 28;
const MAX_WORK = 2 ** 22;
const BOUNDS = { N: [2 ** 10, 2 ** 20], r: [1, 32], p: [1, 16] } as const;

/**
 * Draws random bytes from `source`, by default from the system.
 *
 * @throws BoundaryError ERR_INTERNAL when the source gives another number of bytes.
 */
export function drawBytes(size: number, source: RandomBytes = nodeRandomBytes): Uint8Array {
  const bytes = source(size);
  if (bytes.length === size) return bytes;
  throw new BoundaryError('ERR_INTERNAL', { details: { step: 'random-bytes' } });
}

/**
 * Derives a key for a new file, under a fresh random salt.
 *
 * @param passphrase - 1–1024 characters; normalised to NFC, so that keyboards do not matter.
 * @throws BoundaryError ERR_CONFIG_INVALID for an unusable passphrase, ERR_KEYSTORE_MALFORMED for
 *   a cost outside the bounds.
 * @remarks Blocks for as long as the cost says.
 */
export function createSealingKey(
  passphrase: Secret<string>,
  options: { readonly cost?: ScryptCost; readonly randomBytes?: RandomBytes } = {},
): SealingKey {
  const { N, r, p } = options.cost ?? INTERACTIVE_COST;
  const salt = drawBytes(SALT_BYTES, options.randomBytes);
  return deriveSealingKey(passphrase, { name: 'scrypt', N, r, p, salt });
}

/**
 * Derives the key that `kdf` describes. A wrong passphrase gives a wrong key, not an error.
 *
 * Errors and effects as {@link createSealingKey}.
 */
export function deriveSealingKey(passphrase: Secret<string>, kdf: KdfParameters): SealingKey {
  assertCost(kdf, 'kdf');
  const { N, r, p, salt } = kdf;
  const maxmem = 128 * r * (N + p + 2) + 2 ** 20;
  const key = scryptSync(passphraseBytes(passphrase), salt, KEY_BYTES, { N, r, p, maxmem });
  return { kdf, key: new Secret<Uint8Array>(key) };
}

/**
 * Reads the parameters from a file and refuses those outside the bounds.
 *
 * @throws BoundaryError ERR_KEYSTORE_MALFORMED naming the field.
 */
export function parseKdf(value: unknown, field: string): KdfParameters {
  const record = readRecord(value, field, ['name', 'N', 'r', 'p', 'salt']);
  const kdf: KdfParameters = {
    name: readLiteral(record.name, `${field}.name`, 'scrypt'),
    N: readInteger(record.N, `${field}.N`, ...BOUNDS.N),
    r: readInteger(record.r, `${field}.r`, ...BOUNDS.r),
    p: readInteger(record.p, `${field}.p`, ...BOUNDS.p),
    salt: readHexBytes(record.salt, `${field}.salt`, SALT_BYTES),
  };
  assertCost(kdf, field);
  return kdf;
}

/** The form of the parameters in a file; {@link parseKdf} reads it back. */
export function toKdfHeader(kdf: KdfParameters): Readonly<Record<string, string | number>> {
  return { name: kdf.name, N: kdf.N, r: kdf.r, p: kdf.p, salt: toHexText(kdf.salt) };
}

// INVARIANT: no parameters reach scrypt that were not bounded here.
function assertCost({ N, r, p }: ScryptCost, field: string): void {
  readInteger(N, `${field}.N`, ...BOUNDS.N);
  readInteger(r, `${field}.r`, ...BOUNDS.r);
  readInteger(p, `${field}.p`, ...BOUNDS.p);
  if (!Number.isInteger(Math.log2(N))) throw malformedField(`${field}.N`, 'a power of two');
  if (128 * N * r > MAX_MEMORY_BYTES) throw malformedField(field, 'at most 256 MiB of memory');
  if (N * r * p > MAX_WORK) throw malformedField(field, `N * r * p of at most ${MAX_WORK}`);
}

function passphraseBytes(passphrase: Secret<string>): Uint8Array {
  const text = passphrase.reveal();
  if (text.length < 1 || text.length > MAX_PASSPHRASE_CHARS || !text.isWellFormed()) {
    throw new BoundaryError('ERR_CONFIG_INVALID', {
      details: {
        field: 'passphrase',
        expected: `1 to ${MAX_PASSPHRASE_CHARS} characters of well-formed text`,
      },
    });
  }
  return Buffer.from(text.normalize('NFC'), 'utf8');
}
