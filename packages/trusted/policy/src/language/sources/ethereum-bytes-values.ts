/**
 * Values to compare bytes with.
 *
 * @module
 */

import type { PolicyCondition } from '@countersign/protocol';
import type { ElementaryType } from '../../ethereum/abi-types.ts';
import type { CompileContext } from '../field-source.ts';

const WHOLE = ['eq', 'in', 'in_condition_set'];
const WHOLE_FORM = /^0x(?:[0-9a-f]{2})*$/;
const PART_FORM = /^(?:0x)?[0-9a-f]+$/;

/**
 * Refuses values that no bytes can equal or contain, in the strict profile: bytes are compared as
 * lower-case hex, so a rule written in capitals would never hold, whatever it denies.
 *
 * @param leaves - Types of the field, one per overload.
 * @throws BoundaryError made by `context.refuse`.
 */
export function checkBytesValues(
  leaves: readonly ElementaryType[],
  { operator }: PolicyCondition,
  { profile, refuse, values }: CompileContext,
): void {
  const sizes = leaves.flatMap(sizeOf);
  if (profile !== 'strict' || sizes.length < leaves.length) return;
  for (const value of values) {
    const isWhole = WHOLE.includes(operator);
    const fits = isWhole ? sizes.some((size) => isBytes(value, size)) : PART_FORM.test(value);
    if (!fits) throw refuse('value', value, isWhole ? expected(sizes) : 'lower-case hex digits');
  }
}

/** Bytes a type has; `any`, or none for a type that is not bytes. */
function sizeOf(type: ElementaryType): readonly (number | 'any')[] {
  if (type.kind === 'fixed-bytes') return [type.size];
  return type.kind === 'bytes' ? ['any'] : [];
}

function isBytes(text: string, size: number | 'any'): boolean {
  return WHOLE_FORM.test(text) && (size === 'any' || text.length === 2 + 2 * size);
}

function expected(sizes: readonly (number | 'any')[]): string {
  const digits = sizes.map((size) => (size === 'any' ? 'an even number of' : 2 * size));
  return `0x and ${digits.join(' or ')} lower-case hex digits`;
}
