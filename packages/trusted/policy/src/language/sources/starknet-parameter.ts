/**
 * Parameters of Starknet calls: `<function>.<parameter>`, then members of structs and places in lists, as
 * `value-path.ts` has them.
 *
 * @module
 */

import type { PolicyCondition } from '@countersign/protocol';
import type { AbiFunction, AbiParameter, AbiType } from '../../starknet/abi-type.ts';
import type { CallReading } from '../../starknet/call-reading.ts';
import type { CompileContext, CompiledField, ScalarKind } from '../field-source.ts';
import { type FieldValue, inapplicable, unreadable } from '../field-value.ts';
import { isPlace, valueAt } from '../value-path.ts';

const OTHER_CALL = inapplicable('another function is called');
const NO_ABI = unreadable('no ABI says how this contract reads the function');

/** What a path can lead to by the types: a kind, or nothing that is compared. */
type PathKind = ScalarKind | 'any' | undefined;

/**
 * Compiles a path; its function must be known to an ABI and its parameters to one of those.
 *
 * @throws BoundaryError made by `context.refuse`.
 */
export function callParameter(
  { field }: PolicyCondition,
  { reader, primitives, refuse }: CompileContext,
): CompiledField {
  const [name = '', ...path] = field.split('.');
  const functions = reader.functionsNamed(name);
  if (functions.length === 0) {
    throw refuse('field', field, `a function that an ABI knows; add the ABI of ${name} under abis`);
  }
  const kinds = functions.flatMap((item) => kindAt(item, path) ?? []);
  const kind = commonKind(kinds);
  if (kind === undefined) {
    const words = functions.flatMap((item) => item.parameters.map((p) => `${name}.${p.name}`));
    throw refuse('field', field, `a value; parameters of ${name}: ${words.join(', ')}`, words);
  }
  const selector = primitives.selectorOf(name);
  return {
    kind,
    resolve: ({ call, reading }) =>
      call?.selector === selector ? parameterOf(reading(), path) : OTHER_CALL,
  };
}

function parameterOf(reading: CallReading | undefined, path: readonly string[]): FieldValue {
  if (reading?.kind === 'decoded') {
    return valueAt({ kind: 'struct', fields: reading.parameters }, path);
  }
  return reading?.kind === 'undecodable' ? unreadable(reading.reason) : NO_ABI;
}

function kindAt({ parameters }: AbiFunction, path: readonly string[]): PathKind {
  const [step, ...rest] = path;
  const parameter = parameters.find(({ name }) => name === step);
  return parameter === undefined ? undefined : kindOf(parameter.type, rest);
}

function kindOf(type: AbiType, path: readonly string[]): PathKind {
  const [step, ...rest] = path;
  switch (type.kind) {
    case 'list':
    case 'repeat':
      return kindOf(type.item, isPlace(step) ? rest : path);
    case 'struct':
      return memberKind(type.members, step, rest);
    case 'enum':
      return enumKind(type.variants, step, rest);
    case 'nonzero':
      return kindOf(type.of, path);
    default:
      return step === undefined ? scalarKind(type) : undefined;
  }
}

function memberKind(
  members: readonly AbiParameter[],
  step: string | undefined,
  rest: readonly string[],
): PathKind {
  const member = members.find(({ name }) => name === step);
  return member === undefined ? undefined : kindOf(member.type, rest);
}

/** `variant` is a name; `value` is whatever the payloads have there. */
function enumKind(
  variants: readonly AbiParameter[],
  step: string | undefined,
  rest: readonly string[],
): PathKind {
  if (step === 'variant') return rest.length === 0 ? 'text' : undefined;
  if (step !== 'value') return undefined;
  return commonKind(variants.flatMap(({ type }) => kindOf(type, rest) ?? []));
}

function commonKind(kinds: readonly (ScalarKind | 'any')[]): PathKind {
  const [kind] = kinds;
  return kinds.every((other) => other === kind) ? kind : 'any';
}

function scalarKind({ kind }: AbiType): PathKind {
  if (kind === 'signed' || kind === 'limbs') return 'number';
  return kind === 'number' || kind === 'address' || kind === 'boolean' || kind === 'text'
    ? kind
    : undefined;
}
