import { describe, expect, it } from 'vitest';
import { compileField, fieldOf, transactionOf } from '../../fixtures/ethereum.ts';
import { ETHEREUM_TRANSACTION } from './ethereum-transaction.ts';

describe('ethereum_transaction', () => {
  it.each(['data', 'chainId', 'To', 'value.', ''])('refuses the field `%s`', (field) => {
    expect(() => compileField(ETHEREUM_TRANSACTION, { field })).toThrow(
      expect.objectContaining({ code: 'ERR_POLICY_DOCUMENT_INVALID' }),
    );
  });

  it.each(['to', 'value', 'chain_id'])('does not apply to a message: %s', (field) => {
    const message = { kind: 'message', content: new Uint8Array() } as const;
    expect(fieldOf(ETHEREUM_TRANSACTION, { field }, message).kind).toBe('inapplicable');
  });

  it('has no receiver where a contract is created', () => {
    const { to: _to, ...creation } = transactionOf();
    expect(fieldOf(ETHEREUM_TRANSACTION, { field: 'to' }, creation).kind).toBe('inapplicable');
    expect(fieldOf(ETHEREUM_TRANSACTION, { field: 'value' }, creation).kind).toBe('number');
  });

  it.each([
    ['to', { kind: 'address', value: 0xabcn }],
    ['value', { kind: 'number', value: 10n ** 18n }],
    ['chain_id', { kind: 'number', value: 8453n }],
  ])('reads %s', (field, value) => {
    const transaction = transactionOf({ to: 0xabcn, value: 10n ** 18n, chainId: 8453n });
    expect(fieldOf(ETHEREUM_TRANSACTION, { field }, transaction)).toEqual(value);
    expect(compileField(ETHEREUM_TRANSACTION, { field }).kind).toBe(value.kind);
  });
});
