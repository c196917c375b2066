import { BoundaryError } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { compileField, fieldOf, typedDataOf, type Written } from '../../fixtures/ethereum.ts';
import { AGENT, DOMAIN_FIELDS } from '../../fixtures/hyperliquid-messages.ts';
import type { FieldValue } from '../field-value.ts';
import type { PolicyJson, TypedDataField } from '../policy-intent.ts';
import { ETHEREUM_TYPED_DATA_DOMAIN } from './ethereum-typed-data-domain.ts';

type Domain = Readonly<Record<string, PolicyJson>>;

const CONTRACT = '0xA0b86991c6218b36c1d19d4a2e9eb0ce3606eb48';

const read = (
  field: string,
  domain: Domain,
  domainFields: readonly TypedDataField[] | undefined = DOMAIN_FIELDS,
  profile: 'strict' | 'faithful' = 'strict',
): FieldValue => {
  const types = domainFields === undefined ? {} : { EIP712Domain: domainFields };
  const action = typedDataOf({ ...AGENT, domain, types });
  return fieldOf(ETHEREUM_TYPED_DATA_DOMAIN, { field }, action, profile);
};

function refusal(field: string): unknown {
  return expect.objectContaining({
    constructor: BoundaryError,
    code: 'ERR_POLICY_DOCUMENT_INVALID',
    details: expect.objectContaining({ field }),
  });
}

describe('a condition is refused', () => {
  it.each(['name', 'version', 'salt', 'chainID', 'domain.chainId', 'toString', ''])(
    'about `%s`',
    (field) => {
      const compile = () => compileField(ETHEREUM_TYPED_DATA_DOMAIN, { field });
      expect(compile).toThrow(refusal('field'));
    },
  );

  it.each<[what: string, written: Written, member: string]>([
    ['a list of chains', { field: 'chainId', operator: 'in', value: ['1', '5'] }, 'operator'],
    ['a list in the other spelling', { field: 'chain_id', operator: 'in', value: [] }, 'operator'],
    ['a chain in hex', { field: 'chainId', value: '0x539' }, 'value'],
    ['a chain in words', { field: 'chainId', value: 'mainnet' }, 'value'],
  ])('by Privy, so by the faithful profile: %s', (_what, written, member) => {
    const compile = () => compileField(ETHEREUM_TYPED_DATA_DOMAIN, written, 'faithful');
    expect(compile).toThrow(refusal(member));
    expect(compileField(ETHEREUM_TYPED_DATA_DOMAIN, written).kind).toBe('number');
  });
});

describe('a chain is the same number', () => {
  it.each(['1337', '0x539', '0x0539'])('written %s', (chainId) => {
    const value = { kind: 'number', value: 1337n };
    expect(read('chainId', { chainId })).toEqual(value);
    expect(read('chain_id', { chainId })).toEqual(value);
  });

  it.each<[what: string, chainId: PolicyJson]>([
    ['an exponent', '1.337e3'],
    ['zeros in front', '01337'],
    ['a boolean', true],
    ['null', null],
    ['a list', ['1337']],
    ['more than 256 bits', `1${'0'.repeat(78)}`],
  ])('and unreadable with %s', (_what, chainId) => {
    expect(read('chainId', { chainId }).kind).toBe('unreadable');
  });
});

describe('a contract', () => {
  it('is an address, in either spelling of the field', () => {
    const value = { kind: 'address', value: BigInt(CONTRACT) };
    expect(read('verifyingContract', { verifyingContract: CONTRACT })).toEqual(value);
    expect(read('verifying_contract', { verifyingContract: CONTRACT })).toEqual(value);
  });

  it('is unreadable when it is none', () => {
    expect(read('verifyingContract', { verifyingContract: 'cosmos' }).kind).toBe('unreadable');
  });
});

describe('what the signature does not cover is doubtful', () => {
  const doubtful = expect.objectContaining({ kind: 'inapplicable', doubtful: true });
  const domain = { chainId: '1337', verifyingContract: CONTRACT };

  it.each<[what: string, field: string, domainFields: readonly TypedDataField[]]>([
    ['an undeclared chain', 'chainId', [{ name: 'name', type: 'string' }]],
    ['a chain that is text', 'chainId', [{ name: 'chainId', type: 'string' }]],
    ['an undeclared contract', 'verifyingContract', [{ name: 'chainId', type: 'uint256' }]],
    ['nothing declared', 'chainId', []],
  ])('%s', (_what, field, domainFields) => {
    expect(read(field, domain, domainFields)).toEqual(doubtful);
    // Privy compares what the request says.
    expect(read(field, domain, domainFields, 'faithful')).not.toEqual(doubtful);
  });

  it.each(['chainId', 'verifyingContract'])('a domain without %s', (field) => {
    expect(read(field, { name: 'Exchange' })).toEqual(doubtful);
    expect(read(field, Object.create(domain))).toEqual(doubtful);
  });

  it('but types without a struct of the domain cover all of it', () => {
    const action = typedDataOf({ ...AGENT, domain, types: {} });
    expect(fieldOf(ETHEREUM_TYPED_DATA_DOMAIN, { field: 'chainId' }, action).kind).toBe('number');
  });
});

it('another sort of request is inapplicable, without a doubt', () => {
  const message = { kind: 'message', content: new Uint8Array() } as const;
  const value = fieldOf(ETHEREUM_TYPED_DATA_DOMAIN, { field: 'chainId' }, message);
  expect(value).toEqual({ kind: 'inapplicable', reason: expect.any(String) });
});
