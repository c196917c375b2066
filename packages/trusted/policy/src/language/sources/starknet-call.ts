/**
 * `starknet_call`: one call of a Starknet transaction, as the ABIs read it.
 *
 * A field of a function that is not the one called is inapplicable. What belongs to the call and
 * cannot be read, because the calldata does not fit or no ABI knows the function on this contract, is
 * an error. `effect.*` are lists, one item per token effect of the call; of a function that no ABI knows,
 * or only the contract's own, they are in doubt, since it may move anything.
 *
 * @module
 */

import type { PolicyCondition } from '@countersign/protocol';
import type { CallReading, TokenEffect } from '../../starknet/call-reading.ts';
import { toldEffects, untoldReason } from '../../starknet/told-effects.ts';
import { UNLIMITED_AMOUNT } from '../amounts.ts';
import type { CompileContext, CompiledField, FieldSource, ScalarKind } from '../field-source.ts';
import { doubtful, type FieldValue, inapplicable, unreadable } from '../field-value.ts';
import type { StarknetCall } from '../policy-intent.ts';
import { callParameter } from './starknet-parameter.ts';

const NO_CALL = inapplicable('not a Starknet call');
const NO_NAME = inapplicable('a function that no ABI of this contract knows');
const NOBODY = inapplicable('nobody receives it');

const FIELDS: ReadonlyMap<string, CompiledField> = new Map(
  Object.entries({
    target: callField('address', ({ to }) => ({ kind: 'address', value: to })),
    selector: callField('number', ({ selector }) => ({ kind: 'number', value: selector })),
    'effect.kind': effectField('text', ({ kind }) => ({ kind: 'text', value: kind })),
    'effect.token': effectField('address', ({ token }) => ({ kind: 'address', value: token })),
    'effect.recipient': effectField('address', ({ recipient }) =>
      recipient === undefined ? NOBODY : { kind: 'address', value: recipient },
    ),
    'effect.amount': effectField('number', ({ amount }) => ({
      kind: 'number',
      value: amount === 'unlimited' ? UNLIMITED_AMOUNT : amount,
    })),
  }),
);

/** How errors name what is not a fixed field. */
const OTHERS = ['function_name', '<function>.<parameter>'];
/** The name of a function no ABI knows cannot be read, only told from names that are mentioned. */
const NAME_OPERATORS = ['eq', 'in', 'in_condition_set'];

export const STARKNET_CALL: FieldSource = {
  name: 'starknet_call',
  compile(condition, context) {
    const { field } = condition;
    if (field === 'function_name') return functionName(condition, context);
    const fixed = FIELDS.get(field);
    if (fixed !== undefined) return fixed;
    if (field.startsWith('effect.') || !field.includes('.')) {
      throw context.refuse('field', field, '', [...FIELDS.keys(), ...OTHERS]);
    }
    return callParameter(condition, context);
  },
};

function functionName(
  { operator }: PolicyCondition,
  { functionNames, primitives, reader, refuse, values }: CompileContext,
): CompiledField {
  if (!NAME_OPERATORS.includes(operator)) throw refuse('operator', operator, '', NAME_OPERATORS);
  for (const name of values) {
    if (reader.functionsNamed(name).length === 0) {
      throw refuse('value', name, 'a function that an ABI knows; add its ABI under abis');
    }
    functionNames.set(primitives.selectorOf(name), name);
  }
  return callField('text', (call, reading) => {
    const known = reading();
    const name =
      known === undefined || known.kind === 'unknown'
        ? functionNames.get(call.selector)
        : known.functionName;
    return name === undefined ? NO_NAME : { kind: 'text', value: name };
  });
}

function callField(
  kind: ScalarKind,
  read: (call: StarknetCall, reading: () => CallReading | undefined) => FieldValue,
): CompiledField {
  return {
    kind,
    resolve: (unit) => (unit.call === undefined ? NO_CALL : read(unit.call, () => unit.reading())),
  };
}

function effectField(kind: ScalarKind, read: (effect: TokenEffect) => FieldValue): CompiledField {
  return callField(kind, (call, reading) => {
    const known = reading();
    const effects = toldEffects(known);
    if (effects !== undefined) return { kind: 'list', items: effects.map(read) };
    const reason = untoldReason(call, known);
    return known?.kind === 'undecodable' ? unreadable(reason) : doubtful(reason);
  });
}
