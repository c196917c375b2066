/**
 * `starknet_transaction`: what the transaction says as a whole.
 *
 * @module
 */

import type { CompiledField, FieldSource, ScalarKind } from '../field-source.ts';
import { doubtful, type FieldValue, inapplicable } from '../field-value.ts';
import type { PolicyIntent, StarknetTransaction } from '../policy-intent.ts';
import { sourceOf } from './field-names.ts';

const NO_TRANSACTION = inapplicable('not a Starknet transaction');
// An amount nobody promised to keep to is no small amount.
const NO_FEE = doubtful('the signature does not commit to a fee, so there is none to judge');

/** Chain ids by their usual names: ASCII, read as a number. */
const CHAINS: ReadonlyMap<string, bigint> = new Map([
  ['SN_MAIN', 0x534e5f4d41494en],
  ['SN_SEPOLIA', 0x534e5f5345504f4c4941n],
]);

export const STARKNET_TRANSACTION: FieldSource = sourceOf('starknet_transaction', {
  chain_id: { ...numberField(({ chainId }) => chainId), words: CHAINS },
  account: transactionField('address', ({ accountAddress }) => ({
    kind: 'address',
    value: accountAddress,
  })),
  nonce: numberField(({ accountNonce }) => accountNonce),
  call_count: numberField(({ calls }) => BigInt(calls.length)),
  valid_until: numberField(({ validUntilSec }) => validUntilSec),
  validity_seconds: numberField(
    ({ validUntilSec }, { nowMs }) => validUntilSec - BigInt(Math.floor(nowMs / 1_000)),
  ),
  message_kind: transactionField('text', ({ messageKind }) => ({
    kind: 'text',
    value: messageKind,
  })),
  max_fee: numberField(({ maxFee }) => maxFee),
  tip: numberField(({ tip }) => tip),
});

function numberField(
  read: (transaction: StarknetTransaction, intent: PolicyIntent) => bigint | undefined,
): CompiledField {
  return transactionField('number', (transaction, intent) => {
    const value = read(transaction, intent);
    return value === undefined ? NO_FEE : { kind: 'number', value };
  });
}

function transactionField(
  kind: ScalarKind,
  read: (transaction: StarknetTransaction, intent: PolicyIntent) => FieldValue,
): CompiledField {
  return {
    kind,
    resolve: ({ intent }) =>
      intent.action.kind === 'starknet_transaction' ? read(intent.action, intent) : NO_TRANSACTION,
  };
}
