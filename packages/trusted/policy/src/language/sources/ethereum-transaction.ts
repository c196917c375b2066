/**
 * `ethereum_transaction`: receiver, value and chain of a transaction.
 *
 * @module
 */

import type { CompiledField, FieldSource, ScalarKind } from '../field-source.ts';
import { type FieldValue, inapplicable } from '../field-value.ts';
import type { EthereumTransaction } from '../policy-intent.ts';
import { sourceOf } from './field-names.ts';

const NO_TRANSACTION = inapplicable('not an Ethereum transaction');
const NO_RECEIVER = inapplicable('the transaction creates a contract');

/** Addresses compare whatever their casing, numbers whatever their notation. */
export const ETHEREUM_TRANSACTION: FieldSource = sourceOf('ethereum_transaction', {
  to: transactionField('address', ({ to }) =>
    to === undefined ? NO_RECEIVER : { kind: 'address', value: to },
  ),
  value: transactionField('number', ({ value }) => ({ kind: 'number', value })),
  chain_id: transactionField('number', ({ chainId }) => ({ kind: 'number', value: chainId })),
});

function transactionField(
  kind: ScalarKind,
  read: (transaction: EthereumTransaction) => FieldValue,
): CompiledField {
  return {
    kind,
    resolve: ({ intent: { action } }) =>
      action.kind === 'ethereum_transaction' ? read(action) : NO_TRANSACTION,
  };
}
