/**
 * The public half of a keystore: one entry per key, its form in the file, and what must hold
 * between entries.
 *
 * A rotation keeps the replaced key as `<keyId>@<generation>`, retired. `@` is not allowed in a key
 * id that a caller chooses, so the two kinds of name cannot meet.
 *
 * @module
 */

import { BoundaryError, FIELD_PRIME, toHex } from '@countersign/protocol';
import {
  malformedField,
  readBoolean,
  readInteger,
  readList,
  readRecord,
  readText,
} from './keystore-shape.ts';
import type { PublicValue } from './sealed-box.ts';

/** What may be known about a key without the passphrase. */
export interface KeyEntry {
  /** 1–64 of `[A-Za-z0-9._-]`; for a retired key followed by `@` and its generation. */
  readonly keyId: string;
  /** x coordinate of the public key, in [1, P). */
  readonly publicKey: bigint;
  /** When the key was made or imported, Unix milliseconds. */
  readonly createdAtMs: number;
  /** Kinds of messages it may sign, sorted. A kind that the signer does not know allows nothing. */
  readonly messageKinds: readonly string[];
  /** 1 for the first key of a key id, one more at each rotation; never used twice. */
  readonly generation: number;
  /** Replaced by a rotation: kept, but no longer handed out for signing. */
  readonly retired: boolean;
  /** For a retired key, the entry that replaced it, while that is still here. */
  readonly successor: string | undefined;
}

/** Most entries of one keystore, retired ones included; with the longest names they fill 0.9 MiB. */
export const MAX_KEYS = 512;

const KEY_ID = /^[A-Za-z0-9._-]{1,64}$/;
const ENTRY_ID = /^[A-Za-z0-9._-]{1,64}(?:@[1-9][0-9]{0,8})?$/;
const PUBLIC_KEY = /^0x[1-9a-f][0-9a-f]{0,63}$/;
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;
const MESSAGE_KIND = /^[a-z0-9][a-z0-9.-]{0,63}$/;
const MESSAGE_KIND_TEXT = 'a lower-case name of 1 to 64 letters, digits, full stops and hyphens';
const MAX_MESSAGE_KINDS = 16;
const MAX_GENERATION = 999_999_999;
const FIELDS = [
  'keyId',
  'publicKey',
  'createdAt',
  'messageKinds',
  'generation',
  'retired',
  'successor',
] as const;

/** Checks a key id that a caller chooses. @throws BoundaryError ERR_CONFIG_INVALID, not quoting it. */
export function assertKeyId(keyId: string): void {
  if (KEY_ID.test(keyId)) return;
  throw invalid('keyId', '1 to 64 letters, digits, full stops, underscores and hyphens');
}

/**
 * Sorts message kinds and drops repetitions.
 *
 * @param kinds - 1–16 names of `[a-z0-9.-]`.
 * @throws BoundaryError ERR_CONFIG_INVALID.
 */
export function toMessageKinds(kinds: readonly string[]): readonly string[] {
  const sorted = [...new Set(kinds)].sort(compareText);
  if (sorted.length < 1 || sorted.length > MAX_MESSAGE_KINDS) {
    throw invalid('messageKinds', `1 to ${MAX_MESSAGE_KINDS} names`);
  }
  if (!sorted.every((kind) => MESSAGE_KIND.test(kind))) {
    throw invalid('messageKinds', MESSAGE_KIND_TEXT);
  }
  return sorted;
}

/** The key id that an entry belongs to: its own, or what stands before the `@`. */
export function baseKeyId(entryId: string): string {
  return entryId.split('@', 1)[0] ?? entryId;
}

/** The name that the key of an entry gets when it is replaced. */
export function retiredId(entry: Pick<KeyEntry, 'keyId' | 'generation'>): string {
  return `${baseKeyId(entry.keyId)}@${entry.generation}`;
}

/** The first generation that no entry of `keyId` has used. */
export function nextGeneration(entries: readonly KeyEntry[], keyId: string): number {
  const used = entries
    .filter((entry) => baseKeyId(entry.keyId) === keyId)
    .map((entry) => entry.generation);
  return Math.max(0, ...used) + 1;
}

/** Puts entries into the order of the file and names the successor of each retired one. */
export function arrangeEntries<T extends KeyEntry>(entries: readonly T[]): readonly T[] {
  const next = new Map<KeyEntry, KeyEntry>();
  for (const family of familiesOf(entries)) {
    for (const [index, entry] of family.entries()) {
      const follower = family[index + 1];
      if (entry.retired && follower !== undefined) next.set(entry, follower);
    }
  }
  return [...entries]
    .sort((a, b) => compareText(a.keyId, b.keyId))
    .map((entry) => ({ ...entry, successor: next.get(entry)?.keyId }));
}

/**
 * Checks what must hold between entries: names and keys are unique, names fit generation and
 * retirement, an active key is the newest of its name, order and successors are those of
 * {@link arrangeEntries}.
 *
 * @throws BoundaryError ERR_KEYSTORE_MALFORMED naming the field.
 */
export function assertEntriesConsistent(entries: readonly KeyEntry[]): void {
  assertDistinct(entries.map((entry) => entry.keyId));
  // INVARIANT: one key has one name, or limits set per key id could be added up.
  assertDistinct(entries.map((entry) => entry.publicKey));
  entries.forEach(assertNamed);
  for (const family of familiesOf(entries)) assertNewestActive(family, entries);
  const arranged = arrangeEntries(entries);
  entries.forEach((entry, index) => {
    assertArranged(entry, arranged[index], index);
  });
}

/**
 * Reads the public part of a keystore file.
 *
 * @throws BoundaryError ERR_KEYSTORE_MALFORMED naming the field.
 */
export function parseEntries(publicPart: unknown): readonly KeyEntry[] {
  const { keys } = readRecord(publicPart, 'public', ['keys']);
  const entries = readList(keys, 'public.keys', MAX_KEYS).map(parseEntry);
  assertEntriesConsistent(entries);
  return entries;
}

/** The public part of a keystore file; {@link parseEntries} reads it back. */
export function toPublicPart(entries: readonly KeyEntry[]): PublicValue {
  return { keys: entries.map(toPublicEntry) };
}

/** An entry as JSON: the public key as `0x` hex, the time in ISO 8601, an absent successor as null. */
export function toPublicEntry(entry: KeyEntry): Readonly<Record<string, PublicValue>> {
  return {
    keyId: entry.keyId,
    publicKey: toHex(entry.publicKey),
    createdAt: new Date(entry.createdAtMs).toISOString(),
    messageKinds: entry.messageKinds,
    generation: entry.generation,
    retired: entry.retired,
    successor: entry.successor ?? null,
  };
}

function parseEntry(value: unknown, index: number): KeyEntry {
  const field = `public.keys[${index}]`;
  const record = readRecord(value, field, FIELDS);
  return {
    keyId: readText(record.keyId, `${field}.keyId`, ENTRY_ID, 'a key id'),
    publicKey: readPublicKey(record.publicKey, `${field}.publicKey`),
    createdAtMs: readTime(record.createdAt, `${field}.createdAt`),
    messageKinds: readMessageKinds(record.messageKinds, `${field}.messageKinds`),
    generation: readInteger(record.generation, `${field}.generation`, 1, MAX_GENERATION),
    retired: readBoolean(record.retired, `${field}.retired`),
    successor: readSuccessor(record.successor, `${field}.successor`),
  };
}

function readPublicKey(value: unknown, field: string): bigint {
  const expected = 'lower-case 0x hex without leading zeros, above zero and below the field prime';
  const publicKey = BigInt(readText(value, field, PUBLIC_KEY, expected));
  if (publicKey >= FIELD_PRIME) throw malformedField(field, expected);
  return publicKey;
}

function readTime(value: unknown, field: string): number {
  const expected = 'a UTC time such as 2026-01-31T12:00:00.000Z';
  const text = readText(value, field, TIME, expected);
  const timeMs = Date.parse(text);
  if (Number.isNaN(timeMs) || new Date(timeMs).toISOString() !== text) {
    throw malformedField(field, expected);
  }
  return timeMs;
}

function readMessageKinds(value: unknown, field: string): readonly string[] {
  const kinds = readList(value, field, MAX_MESSAGE_KINDS).map((kind, index) =>
    readText(kind, `${field}[${index}]`, MESSAGE_KIND, MESSAGE_KIND_TEXT),
  );
  const ascending = kinds.every((kind, i) => i === 0 || compareText(kinds[i - 1] ?? '', kind) < 0);
  if (kinds.length === 0 || !ascending) throw malformedField(field, 'sorted names, each once');
  return kinds;
}

function readSuccessor(value: unknown, field: string): string | undefined {
  return value === null ? undefined : readText(value, field, ENTRY_ID, 'a key id or null');
}

function assertDistinct(values: readonly unknown[]): void {
  if (new Set(values).size !== values.length) {
    throw malformedField('public.keys', 'each key id and each key once');
  }
}

function assertNamed(entry: KeyEntry, index: number): void {
  const name = entry.retired ? retiredId(entry) : baseKeyId(entry.keyId);
  if (entry.keyId === name) return;
  throw malformedField(`public.keys[${index}].keyId`, 'to fit generation and retired');
}

// INVARIANT: a rotation never gives a retired key a name that is taken.
function assertNewestActive(family: readonly KeyEntry[], entries: readonly KeyEntry[]): void {
  const active = family.find((entry) => !entry.retired);
  if (active === undefined) return;
  if (family.every((entry) => entry === active || entry.generation < active.generation)) return;
  const field = `public.keys[${entries.indexOf(active)}].generation`;
  throw malformedField(field, 'to be above those of its retired keys');
}

function assertArranged(entry: KeyEntry, expected: KeyEntry | undefined, index: number): void {
  if (entry.keyId !== expected?.keyId) {
    throw malformedField('public.keys', 'to be sorted by key id');
  }
  if (entry.successor !== expected.successor) {
    const field = `public.keys[${index}].successor`;
    throw malformedField(field, 'the next generation of the key, or null');
  }
}

/** Entries that share a key id, oldest generation first. */
function familiesOf(entries: readonly KeyEntry[]): readonly (readonly KeyEntry[])[] {
  const families = Map.groupBy(entries, (entry) => baseKeyId(entry.keyId));
  return [...families.values()].map((family) => family.sort((a, b) => a.generation - b.generation));
}

/** By UTF-16 code units: the same on every machine. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function invalid(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { field, expected } });
}
