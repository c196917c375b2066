/**
 * `simulated_change`: what a simulation says a transaction would change, one item per change.
 *
 * @module
 */

import type { CompiledField, FieldSource, ScalarKind } from '../field-source.ts';
import { type FieldValue, inapplicable, unreadable } from '../field-value.ts';
import type { SimulatedChange } from '../policy-intent.ts';
import { sourceOf } from './field-names.ts';

const NO_TRANSACTION = inapplicable('not a Starknet transaction');
const NO_SIMULATION = unreadable('no simulation was made');

export const SIMULATED_CHANGE: FieldSource = sourceOf('simulated_change', {
  kind: changeField('text', ({ kind }) => ({ kind: 'text', value: kind })),
  token: changeField('address', ({ token }) => ({ kind: 'address', value: token })),
  party: changeField('address', ({ party }) => ({ kind: 'address', value: party })),
  amount: changeField('number', ({ amount }) => ({ kind: 'number', value: amount })),
});

function changeField(
  kind: ScalarKind,
  read: (change: SimulatedChange) => FieldValue,
): CompiledField {
  return {
    kind,
    resolve: ({ intent: { action } }) => {
      if (action.kind !== 'starknet_transaction') return NO_TRANSACTION;
      if (action.simulatedChanges === undefined) return NO_SIMULATION;
      return { kind: 'list', items: action.simulatedChanges.map(read) };
    },
  };
}
