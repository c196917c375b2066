/**
 * Comparing decoded values.
 *
 * @module
 */

import type { DecodedValue } from './call-reading.ts';

type Fields = ReadonlyMap<string, DecodedValue>;

/** Answers whether two values are of one kind and say the same. */
function isSameValue(a: DecodedValue, b: DecodedValue): boolean {
  if (a.kind === 'list' && b.kind === 'list') return isSameList(a.items, b.items);
  if (a.kind === 'struct' && b.kind === 'struct') return isSameStruct(a.fields, b.fields);
  if (a.kind === 'list' || a.kind === 'struct' || b.kind === 'list' || b.kind === 'struct') {
    return false;
  }
  return a.kind === b.kind && a.value === b.value;
}

/** The parameters of the first reading that all others have too, with the same value. */
export function agreedParameters(readings: readonly Fields[]): Fields {
  const [first = new Map(), ...rest] = readings;
  const agreed = [...first].filter(([name, value]) =>
    rest.every((fields) => {
      const other = fields.get(name);
      return other !== undefined && isSameValue(value, other);
    }),
  );
  return rest.length === 0 ? first : new Map(agreed);
}

function isSameList(a: readonly DecodedValue[], b: readonly DecodedValue[]): boolean {
  return (
    a.length === b.length &&
    a.every((item, index) => {
      const other = b[index];
      return other !== undefined && isSameValue(item, other);
    })
  );
}

function isSameStruct(a: Fields, b: Fields): boolean {
  return (
    a.size === b.size &&
    [...a].every(([name, value]) => {
      const other = b.get(name);
      return other !== undefined && isSameValue(value, other);
    })
  );
}
