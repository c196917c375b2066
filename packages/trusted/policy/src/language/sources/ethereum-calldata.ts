/**
 * `ethereum_calldata`: the function a transaction calls, and its parameters, by the ABI of the
 * condition.
 *
 * The function is found by its selector, so overloads of one name are told apart. Calldata of another
 * function is inapplicable; calldata of this one that is not its canonical encoding is an error:
 * contracts may well accept it, and a rule cannot say what it does.
 *
 * @module
 */

import type { PolicyCondition } from '@countersign/protocol';
import { type Decoding, decodeParameters } from '../../ethereum/abi-decode.ts';
import {
  type AbiFunction,
  type AbiFunctions,
  parseAbi,
  SELECTOR_BYTES,
} from '../../ethereum/abi-function.ts';
import type { ElementaryType } from '../../ethereum/abi-types.ts';
import { hexOfBytes } from '../../ethereum/bytes.ts';
import { abiShape, type PathEnd, pathEnd, scalarKind } from '../../ethereum/type-path.ts';
import type { DecodedValue } from '../../starknet/call-reading.ts';
import type { CompileContext, CompiledField, FieldSource } from '../field-source.ts';
import { type FieldValue, inapplicable, unreadable } from '../field-value.ts';
import { memoKey, type PolicyUnit } from '../policy-unit.ts';
import { valueAt } from '../value-path.ts';
import { checkBytesValues } from './ethereum-bytes-values.ts';

/** A call that was decoded. */
interface DecodedCall {
  readonly kind: 'call';
  readonly called: AbiFunction;
  readonly values: ReadonlyMap<string, DecodedValue>;
}

const NO_CALL = inapplicable('not a call of an Ethereum contract');
const OTHER_CALL = inapplicable('another function is called');
const NO_SELECTOR = unreadable('fewer bytes of calldata than a selector has');

/** Decodings of a unit, by the shape of the function. */
const DECODINGS = memoKey<Map<string, Decoding>>();

const FUNCTION_NAME = 'function_name';
const EQUALITY = ['eq', 'in', 'in_condition_set'];

export const ETHEREUM_CALLDATA: FieldSource = {
  name: 'ethereum_calldata',
  compile(condition, context) {
    const { field, abi } = condition;
    const { primitives, refuse } = context;
    if (abi === undefined) throw refuse('abi', abi, 'a list of ABI items');
    const functions = parseAbi(abi, primitives.keccak256, refuse);
    if (field === FUNCTION_NAME) return functionName(condition, functions, context);
    return parameter(condition, functions, context);
  },
};

function functionName(
  { operator }: PolicyCondition,
  functions: AbiFunctions,
  { profile, refuse, values }: CompileContext,
): CompiledField {
  const names = [...functions.values()].map(({ name }) => name);
  if (profile === 'strict' && EQUALITY.includes(operator)) {
    for (const value of values) {
      if (!names.includes(value)) throw refuse('value', value, '', names);
    }
  }
  return {
    kind: 'text',
    resolve: (unit) => {
      const call = readCall(unit, functions);
      return call.kind === 'call' ? { kind: 'text', value: call.called.name } : call;
    },
  };
}

function parameter(
  condition: PolicyCondition,
  functions: AbiFunctions,
  context: CompileContext,
): CompiledField {
  const [name = '', ...path] = condition.field.split('.');
  const types = leafTypes(condition.field, functions, context.refuse);
  const leaves = [...types.values()];
  const kinds = new Set(leaves.map(scalarKind));
  const [kind] = kinds;
  checkBytesValues(leaves, condition, context);
  const named = new Map([...functions].filter(([, called]) => called.name === name));
  return {
    kind: kind === undefined || kinds.size > 1 ? 'any' : kind,
    resolve: (unit) => {
      const call = readCall(unit, named);
      if (call.kind !== 'call') return call;
      // An overload may lack the parameter.
      if (!types.has(call.called.selector)) return OTHER_CALL;
      return valueAt({ kind: 'struct', fields: call.values }, path);
    },
  };
}

/** What a path leads to, by the selectors of the functions that have it; never empty. */
function leafTypes(
  field: string,
  functions: AbiFunctions,
  refuse: CompileContext['refuse'],
): ReadonlyMap<string, ElementaryType> {
  const [name = '', ...path] = field.split('.');
  const named = [...functions.values()].filter((item) => item.name === name);
  const ends = named.map((item): [string, PathEnd] => [item.selector, endIn(item, path)]);
  const types = ends.flatMap(([selector, end]): [string, ElementaryType][] =>
    end.kind === 'leaf' ? [[selector, end.type]] : [],
  );
  if (types.length > 0) return new Map(types);
  const failed = ends.flatMap(([, end]) => (end.kind === 'nowhere' ? [end] : []));
  const words = failed.flatMap((end) => end.words.map((word) => `${name}.${word}`));
  const expected = failed.map((end) => end.expected).find((text) => text !== '');
  if (words.length > 0) throw refuse('field', field, '', words);
  if (expected !== undefined) throw refuse('field', field, `${name}.${expected}`);
  const paths = [...functions.values()].flatMap((item) =>
    item.inputs.map((input) => `${item.name}.${input.name}`),
  );
  throw refuse('field', field, '', [FUNCTION_NAME, ...paths]);
}

function endIn({ inputs }: AbiFunction, path: readonly string[]): PathEnd {
  return pathEnd({ kind: 'struct', members: inputs }, abiShape, path);
}

function readCall(unit: PolicyUnit, functions: AbiFunctions): DecodedCall | FieldValue {
  const { action } = unit.intent;
  if (action.kind !== 'ethereum_transaction') return NO_CALL;
  // Without a receiver the data is a program, and without data only money moves.
  if (action.to === undefined || action.data.length === 0) return NO_CALL;
  if (action.data.length < SELECTOR_BYTES) return NO_SELECTOR;
  const called = functions.get(hexOfBytes(action.data.subarray(0, SELECTOR_BYTES)));
  if (called === undefined) return OTHER_CALL;
  const decoding = decodingOf(unit, called, action.data.subarray(SELECTOR_BYTES));
  if (decoding.kind === 'decoded') return { kind: 'call', called, values: decoding.values };
  return unreadable(`calldata of ${called.signature}: ${decoding.reason}`);
}

/** Conditions bring ABIs of their own; the same function is decoded once per unit all the same. */
function decodingOf(unit: PolicyUnit, called: AbiFunction, data: Uint8Array): Decoding {
  const decodings = unit.remember(DECODINGS, () => new Map<string, Decoding>());
  const known = decodings.get(called.shape);
  if (known !== undefined) return known;
  const made = decodeParameters(called.inputs, data);
  decodings.set(called.shape, made);
  return made;
}
