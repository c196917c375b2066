/**
 * Bytes at rest: one JSON file with a readable, authenticated header and a sealed payload.
 *
 * Sealed with AES-256-GCM under a key from a passphrase (`sealing-key.ts`), a random 96-bit IV per
 * write. Everything besides payload and tag is associated data: format, version, purpose, cost,
 * IV and the public part can be read without the passphrase and cannot be altered without it.
 * Without a passphrase the payload is plain and the header says so; a checksum then finds
 * accidents, not attackers. Format: `docs/keystore-format.md`.
 *
 * A file is accepted only when writing it again yields the same bytes, so that duplicate keys,
 * blanks and second spellings are refused and two readers cannot see two contents.
 *
 * @module
 */

import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { BoundaryError, Secret } from '@countersign/protocol';
import {
  malformedField,
  readHexBytes,
  readLiteral,
  readRecord,
  readText,
  toHexText,
} from './keystore-shape.ts';
import {
  deriveSealingKey,
  drawBytes,
  type KdfParameters,
  parseKdf,
  type RandomBytes,
  type SealingKey,
  toKdfHeader,
} from './sealing-key.ts';

/** How the payload is kept: sealed under a passphrase, or readable by whoever reads the file. */
export type Protection = 'passphrase' | 'none';

/** A JSON value, for the public part. */
export type PublicValue =
  | null
  | boolean
  | number
  | string
  | readonly PublicValue[]
  | { readonly [name: string]: PublicValue };

export interface SealOptions {
  /** What the box is for, such as `keystore`: `[a-z0-9-]`, 1–32. A box opens for its own purpose only. */
  readonly purpose: string;
  /** The key to seal with; `none` leaves the payload readable and has to be asked for. */
  readonly sealWith: SealingKey | 'none';
  /** Readable without the passphrase, authenticated with it. Default: `{}`. */
  readonly publicPart?: PublicValue;
  readonly randomBytes?: RandomBytes;
}

export interface OpenOptions {
  readonly purpose: string;
  readonly passphrase?: Secret<string>;
}

export interface OpenedBox {
  readonly plain: Secret<Uint8Array>;
  /** As found; its owner checks its shape. */
  readonly publicPart: unknown;
  /** What to seal the next write with, so that it needs neither passphrase nor derivation. */
  readonly sealedWith: SealingKey | 'none';
}

/** Largest file that is written or read, bytes. */
const MAX_BOX_BYTES = 1_048_576;

const FORMAT = 'countersign-sealed-box';
const VERSION = 1;
const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const CHECKSUM_BYTES = 32;
const MAX_PAYLOAD_BYTES = MAX_BOX_BYTES / 2;
const PURPOSE = /^[a-z0-9-]{1,32}$/;

type Header = Readonly<Record<string, PublicValue>>;

interface SealedBox {
  readonly protection: 'passphrase';
  readonly header: Header;
  readonly kdf: KdfParameters;
  readonly iv: Uint8Array;
  readonly payload: Uint8Array;
  readonly tag: Uint8Array;
}

interface PlainBox {
  readonly protection: 'none';
  readonly header: Header;
  readonly payload: Uint8Array;
  readonly tag: Uint8Array;
}

/**
 * Seals `plain` into the bytes of a file.
 *
 * @param plain - 0 bytes to 512 KiB; copied, not kept. The file as a whole is at most 1 MiB.
 * @returns UTF-8 JSON with a final line feed.
 * @throws BoundaryError ERR_CONFIG_INVALID for a bad purpose or a box above the limit.
 * @remarks A key serves up to 2^32 writes (random IVs, NIST SP 800-38D §8.3).
 */
export function sealBytes(plain: Uint8Array, options: SealOptions): Uint8Array {
  const { purpose, sealWith, publicPart = {} } = options;
  if (!PURPOSE.test(purpose)) throw invalidOption('purpose', '1 to 32 of a-z, 0-9 and -');
  const bytes =
    sealWith === 'none'
      ? writePlain(plain, plainHeader(purpose, publicPart))
      : writeSealed(plain, sealWith, purpose, publicPart, drawBytes(IV_BYTES, options.randomBytes));
  if (bytes.length > MAX_BOX_BYTES) {
    throw invalidOption('content', `a file of at most ${MAX_BOX_BYTES} bytes`);
  }
  return bytes;
}

/**
 * Opens the bytes of a file that {@link sealBytes} made.
 *
 * @throws BoundaryError ERR_KEYSTORE_MALFORMED when the file is not in the one accepted form or is
 *   for another purpose, before any derivation; ERR_KEYSTORE_LOCKED when the passphrase is wrong
 *   or missing, when anything was altered, and when a passphrase is given for a file that has
 *   none; ERR_CONFIG_INVALID for an unusable passphrase.
 * @remarks Blocks for as long as the cost in the header says; the cost is bounded first.
 */
export function openBytes(bytes: Uint8Array, options: OpenOptions): OpenedBox {
  const box = parseBox(bytes, options.purpose);
  const publicPart = box.header.public;
  if (box.protection === 'none') {
    // A passphrase means that protection is expected: a swapped-in plain file must not pass.
    if (options.passphrase !== undefined) {
      throw locked('the file is not protected by a passphrase, although one was given');
    }
    return { plain: openPlain(box), publicPart, sealedWith: 'none' };
  }
  if (options.passphrase === undefined) throw locked('a passphrase is needed');
  const sealedWith = deriveSealingKey(options.passphrase, box.kdf);
  return { plain: openSealed(box, sealedWith), publicPart, sealedWith };
}

/**
 * Reads the public part without a passphrase, and therefore without any proof that it is genuine.
 *
 * @throws BoundaryError ERR_KEYSTORE_MALFORMED as {@link openBytes}.
 */
export function readPublicPart(
  bytes: Uint8Array,
  purpose: string,
): { readonly protection: Protection; readonly publicPart: unknown } {
  const box = parseBox(bytes, purpose);
  return { protection: box.protection, publicPart: box.header.public };
}

function plainHeader(purpose: string, publicPart: PublicValue): Header {
  return { format: FORMAT, version: VERSION, purpose, protection: 'none', public: publicPart };
}

function sealedHeader(
  purpose: string,
  kdf: KdfParameters,
  iv: Uint8Array,
  publicPart: PublicValue,
): Header {
  return {
    format: FORMAT,
    version: VERSION,
    purpose,
    protection: 'passphrase',
    kdf: toKdfHeader(kdf),
    cipher: { name: CIPHER, iv: toHexText(iv) },
    public: publicPart,
  };
}

function writePlain(plain: Uint8Array, header: Header): Uint8Array {
  const checksum = checksumOf(header, plain);
  return toFile({ ...header, plain: toHexText(plain), checksum: toHexText(checksum) });
}

function writeSealed(
  plain: Uint8Array,
  { kdf, key }: SealingKey,
  purpose: string,
  publicPart: PublicValue,
  iv: Uint8Array,
): Uint8Array {
  const header = sealedHeader(purpose, kdf, iv, publicPart);
  const cipher = createCipheriv(CIPHER, key.reveal(), iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(toAssociatedData(header));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return toFile({ ...header, sealed: toHexText(sealed), tag: toHexText(cipher.getAuthTag()) });
}

function openPlain(box: PlainBox): Secret<Uint8Array> {
  if (!checksumOf(box.header, box.payload).equals(box.tag)) {
    throw malformedField('checksum', 'the SHA-256 of header and payload');
  }
  return new Secret(box.payload);
}

function openSealed(box: SealedBox, { key }: SealingKey): Secret<Uint8Array> {
  const decipher = createDecipheriv(CIPHER, key.reveal(), box.iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(toAssociatedData(box.header));
  decipher.setAuthTag(box.tag);
  // INVARIANT: nothing decrypted leaves before `final` has checked the tag.
  const plain = decipher.update(box.payload);
  try {
    decipher.final();
  } catch {
    plain.fill(0);
    throw locked('the passphrase is wrong, or the file was altered');
  }
  return new Secret<Uint8Array>(plain);
}

function parseBox(bytes: Uint8Array, purpose: string): SealedBox | PlainBox {
  const value = parseJson(bytes);
  const protection = readProtection(value);
  const box = protection === 'none' ? parsePlain(value, purpose) : parseSealed(value, purpose);
  const again =
    box.protection === 'none'
      ? toFile({ ...box.header, plain: toHexText(box.payload), checksum: toHexText(box.tag) })
      : toFile({ ...box.header, sealed: toHexText(box.payload), tag: toHexText(box.tag) });
  if (!Buffer.from(again).equals(bytes)) {
    throw malformedField('file', 'the exact bytes that this program writes');
  }
  return box;
}

function parsePlain(value: unknown, purpose: string): PlainBox {
  const names = ['format', 'version', 'purpose', 'protection', 'public', 'plain', 'checksum'];
  const record = readRecord(value, '', names);
  readStart(record, purpose);
  return {
    protection: 'none',
    header: plainHeader(purpose, record.public as PublicValue),
    payload: readHexBytes(record.plain, 'plain', 0, MAX_PAYLOAD_BYTES),
    tag: readHexBytes(record.checksum, 'checksum', CHECKSUM_BYTES),
  };
}

function parseSealed(value: unknown, purpose: string): SealedBox {
  const names = ['format', 'version', 'purpose', 'protection', 'kdf', 'cipher', 'public'];
  const record = readRecord(value, '', [...names, 'sealed', 'tag']);
  readStart(record, purpose);
  const kdf = parseKdf(record.kdf, 'kdf');
  const cipher = readRecord(record.cipher, 'cipher', ['name', 'iv']);
  readLiteral(cipher.name, 'cipher.name', CIPHER);
  const iv = readHexBytes(cipher.iv, 'cipher.iv', IV_BYTES);
  return {
    protection: 'passphrase',
    header: sealedHeader(purpose, kdf, iv, record.public as PublicValue),
    kdf,
    iv,
    payload: readHexBytes(record.sealed, 'sealed', 0, MAX_PAYLOAD_BYTES),
    tag: readHexBytes(record.tag, 'tag', TAG_BYTES),
  };
}

function readStart(record: Readonly<Record<string, unknown>>, purpose: string): void {
  readLiteral(record.format, 'format', FORMAT);
  readLiteral(record.version, 'version', VERSION);
  readLiteral(record.purpose, 'purpose', purpose);
}

/** The field that decides which others there are; format and version come first in an answer. */
function readProtection(value: unknown): Protection {
  if (typeof value !== 'object' || value === null) throw malformedField('file', 'a JSON object');
  const { format, version, protection } = value as Readonly<Record<string, unknown>>;
  readLiteral(format, 'format', FORMAT);
  readLiteral(version, 'version', VERSION);
  const text = readText(protection, 'protection', /^(?:passphrase|none)$/, 'passphrase or none');
  return text === 'none' ? 'none' : 'passphrase';
}

function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length > MAX_BOX_BYTES) throw malformedField('file', `at most ${MAX_BOX_BYTES} bytes`);
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    // The engine's message quotes the text, which may be key material: it is not passed on.
    throw malformedField('file', 'one JSON object');
  }
}

function toFile(value: Header): Uint8Array {
  return Buffer.from(`${stringify(value, 2)}\n`, 'utf8');
}

function toAssociatedData(header: Header): Uint8Array {
  return Buffer.from(stringify(header, 0), 'utf8');
}

function stringify(value: Header, indent: number): string {
  try {
    return JSON.stringify(value, null, indent);
  } catch {
    throw malformedField('public', 'JSON that is not nested too deeply');
  }
}

function checksumOf(header: Header, payload: Uint8Array): Buffer {
  return createHash('sha256')
    .update(toAssociatedData(header))
    .update('\n')
    .update(payload)
    .digest();
}

function locked(reason: string): BoundaryError {
  return new BoundaryError('ERR_KEYSTORE_LOCKED', { details: { reason } });
}

function invalidOption(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { field, expected } });
}
