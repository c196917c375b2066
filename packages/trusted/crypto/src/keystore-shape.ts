/**
 * Strict readers for the parts of a keystore file: each takes an unknown value and the path of its
 * field, and gives a typed value or refuses by naming that field.
 *
 * The names and values found in a file are never repeated in an error: in a damaged or unprotected
 * file they may be key material.
 *
 * @module
 */

import { BoundaryError } from '@countersign/protocol';

/** The refusal of one field. `expected` describes the rule and never quotes what was found. */
export function malformedField(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_KEYSTORE_MALFORMED', { details: { field, expected } });
}

/**
 * Reads an object that has exactly the fields `names`.
 *
 * @throws BoundaryError ERR_KEYSTORE_MALFORMED naming the missing field, or the object that has an
 *   unknown one.
 */
export function readRecord<Name extends string>(
  value: unknown,
  field: string,
  names: readonly Name[],
): Readonly<Record<Name, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformedField(field, 'an object');
  }
  const missing = names.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) throw malformedField(joinPath(field, missing), 'to be present');
  if (Object.keys(value).length !== names.length) {
    throw malformedField(field, `no fields besides ${names.join(', ')}`);
  }
  return value as Readonly<Record<Name, unknown>>;
}

/** Reads an array of at most `maxItems`. Errors as {@link readRecord}. */
export function readList(value: unknown, field: string, maxItems: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > maxItems) {
    throw malformedField(field, `a list of at most ${maxItems} items`);
  }
  return value;
}

/** Reads exactly the value `expected`. Errors as {@link readRecord}. */
export function readLiteral<const T extends string | number | null>(
  value: unknown,
  field: string,
  expected: T,
): T {
  if (value !== expected) throw malformedField(field, String(expected));
  return expected;
}

/** Reads a string that matches `pattern`, which must be anchored. Errors as {@link readRecord}. */
export function readText(value: unknown, field: string, pattern: RegExp, expected: string): string {
  if (typeof value !== 'string' || !pattern.test(value)) throw malformedField(field, expected);
  return value;
}

/** Reads an integer in [`min`, `max`]. Errors as {@link readRecord}. */
export function readInteger(value: unknown, field: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
    throw malformedField(field, `an integer from ${min} to ${max}`);
  }
  return value;
}

/** Reads `true` or `false`. Errors as {@link readRecord}. */
export function readBoolean(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean') throw malformedField(field, 'true or false');
  return value;
}

/** Reads lower-case hex without a prefix as bytes, `min` to `max` of them. Errors as {@link readRecord}. */
export function readHexBytes(
  value: unknown,
  field: string,
  min: number,
  max: number = min,
): Uint8Array {
  const size = min === max ? `${min}` : `${min} to ${max}`;
  const text = readText(value, field, /^(?:[0-9a-f]{2})*$/, `${size} bytes in lower-case hex`);
  const bytes = text.length / 2;
  if (bytes < min || bytes > max) throw malformedField(field, `${size} bytes in lower-case hex`);
  return new Uint8Array(Buffer.from(text, 'hex'));
}

/** Writes bytes as lower-case hex without a prefix. */
export function toHexText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

function joinPath(parent: string, name: string): string {
  return parent === '' ? name : `${parent}.${name}`;
}
