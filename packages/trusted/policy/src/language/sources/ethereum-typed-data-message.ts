/**
 * `ethereum_typed_data_message`: a path into the message of typed data.
 *
 * A condition brings types and applies to a request of exactly these: same structs, same fields, same
 * order, the struct of the domain among them. Their fields say how a value is compared: addresses and
 * integers as numbers, text and bytes character by character, lists item by item.
 *
 * Another primary type is another message: its name is what the type hash begins with, so no
 * contract takes one for the other. The same primary type with other types is *doubtful*: a struct
 * nobody uses more, or the struct of the domain less, makes the types unequal and leaves what is
 * signed as it was. In a rule that allows this is false; in one that denies false would let through
 * what the rule was written against, so the strict profile takes it for an error.
 *
 * @module
 * @see https://eips.ethereum.org/EIPS/eip-712#definition-of-hashstruct
 */

import { pathEnd, type Shape, scalarKind } from '../../ethereum/type-path.ts';
import { readTypedData, type TypedDataReading } from '../../ethereum/typed-data-reading.ts';
import {
  checkTypes,
  sameTypes,
  structOf,
  type TypedDataTypes,
  typedDataShape,
} from '../../ethereum/typed-data-types.ts';
import type { FieldSource } from '../field-source.ts';
import { doubtful, type FieldValue, inapplicable, unreadable } from '../field-value.ts';
import { memoKey, type PolicyUnit } from '../policy-unit.ts';
import { valueAt } from '../value-path.ts';
import { checkBytesValues } from './ethereum-bytes-values.ts';

const NO_TYPED_DATA = inapplicable('not typed data');
const OTHER_MESSAGE = inapplicable('another primary type');
/** `A(B b)B` with the fields of `B` has the type hash of `A` with a member that is a `B`. */
const BRACKET = unreadable('a primary type with a bracket in its name may pass for another one');
const OTHER_TYPES = doubtful('the primary type of the condition, and other types');

/** The message of a unit, read by the types it came with. */
const READING = memoKey<TypedDataReading>();

const NOTHING: Shape<string> = { kind: 'struct', members: [] };

export const ETHEREUM_TYPED_DATA_MESSAGE: FieldSource = {
  name: 'ethereum_typed_data_message',
  compile(condition, context) {
    const { field, typed_data } = condition;
    const { refuse } = context;
    if (typed_data === undefined) {
      throw refuse('typed_data', typed_data, 'an object of types and primary_type');
    }
    const { types, primary_type: primaryType } = typed_data;
    checkTypes(types, refuse);
    const members = structOf(types, primaryType);
    if (members === undefined) {
      throw refuse('typed_data.primary_type', primaryType, '', Object.keys(types));
    }
    const path = field.split('.');
    const shapeOf = (type: string): Shape<string> => typedDataShape(types, type) ?? NOTHING;
    const end = pathEnd({ kind: 'struct', members }, shapeOf, path);
    if (end.kind === 'nowhere') throw refuse('field', field, end.expected, end.words);
    checkBytesValues([end.type], condition, context);
    return {
      kind: scalarKind(end.type),
      resolve: (unit) => readMessage(unit, types, primaryType, path),
    };
  },
};

function readMessage(
  unit: PolicyUnit,
  types: TypedDataTypes,
  primaryType: string,
  path: readonly string[],
): FieldValue {
  const { action } = unit.intent;
  if (action.kind !== 'typed_data') return NO_TYPED_DATA;
  if (action.primaryType.includes('(')) return BRACKET;
  if (action.primaryType !== primaryType) return OTHER_MESSAGE;
  if (!sameTypes(action.types, types)) return OTHER_TYPES;
  const reading = unit.remember(READING, () =>
    readTypedData(action.types, action.primaryType, action.message),
  );
  return reading.kind === 'decoded' ? valueAt(reading.value, path) : unreadable(reading.reason);
}
