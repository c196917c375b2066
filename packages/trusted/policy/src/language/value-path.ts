/**
 * Paths into decoded values: `amount`, `order.maker`, `steps.0.pool`, `steps.pool`.
 *
 * A name leads into a struct, a number into a list. A path that stops at a list, or goes on behind it
 * with a name, is about every item. Sources follow a path through the types first, at load, and refuse
 * one that leads nowhere; what still cannot be found in a value is an error.
 *
 * @module
 */

import type { DecodedValue } from '../starknet/call-reading.ts';
import { type FieldValue, inapplicable, unreadable } from './field-value.ts';

const PLACE = /^(?:0|[1-9][0-9]{0,5})$/;
const SHORTER_LIST = inapplicable('the list is shorter');
const NO_PAYLOAD = inapplicable('the variant has no value');
const NO_SCALAR = unreadable('a struct is compared by its members');

/** Whether a step is a place in a list: digits without leading zeros, below a million. */
export function isPlace(step: string | undefined): step is string {
  return step !== undefined && PLACE.test(step);
}

/**
 * Follows a path through a value.
 *
 * @param path - One that leads somewhere by the types of the value.
 * @returns One value, or a list where the path is about every item. An item the list does not have,
 *   and the payload of a variant that has none, are inapplicable.
 */
export function valueAt(value: DecodedValue, path: readonly string[]): FieldValue {
  return follow(value, path, 0);
}

function follow(value: DecodedValue, path: readonly string[], depth: number): FieldValue {
  const step = path[depth];
  if (value.kind === 'list') return itemsAt(value.items, path, depth);
  if (value.kind === 'struct') {
    if (step === undefined) return NO_SCALAR;
    const member = value.fields.get(step);
    return member === undefined
      ? absentMember(value.fields, step)
      : follow(member, path, depth + 1);
  }
  return step === undefined ? value : unreadable(`nothing to find under ${step}`);
}

function itemsAt(
  items: readonly DecodedValue[],
  path: readonly string[],
  depth: number,
): FieldValue {
  const step = path[depth];
  if (!isPlace(step))
    return { kind: 'list', items: items.map((item) => follow(item, path, depth)) };
  const item = items[Number(step)];
  return item === undefined ? SHORTER_LIST : follow(item, path, depth + 1);
}

/** Enums are structs of `variant` and, where the variant has a payload, `value`. */
function absentMember(fields: ReadonlyMap<string, DecodedValue>, step: string): FieldValue {
  if (step === 'value' && fields.has('variant')) return NO_PAYLOAD;
  return unreadable(`no ${step} among ${[...fields.keys()].join(', ')}`);
}
