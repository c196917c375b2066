/**
 * Canonical JSON (RFC 8785) for values made of strings, safe integers, booleans, null, arrays and
 * plain objects. Amounts and felts are strings here, so no number formatting question arises.
 *
 * @module
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */

export type CanonicalValue =
  | null
  | boolean
  | number
  | string
  | readonly CanonicalValue[]
  | { readonly [key: string]: CanonicalValue | undefined };

/**
 * Serialises `value` with keys sorted by UTF-16 code units and without blanks.
 *
 * Members whose value is `undefined` are left out.
 *
 * @throws TypeError for a number that is not a safe integer, and for a lone surrogate.
 */
export function canonicalJson(value: CanonicalValue): string {
  if (typeof value === 'string') return canonicalString(value);
  if (typeof value === 'number') return canonicalInteger(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value as Readonly<Record<string, CanonicalValue | undefined>>)
    .filter((member): member is [string, CanonicalValue] => member[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${canonicalString(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

function canonicalString(text: string): string {
  if (!text.isWellFormed())
    throw new TypeError('a string with a lone surrogate has no canonical form');
  return JSON.stringify(text);
}

function canonicalInteger(value: number): string {
  if (!Number.isSafeInteger(value)) throw new TypeError('expected a safe integer');
  return String(value);
}
