/**
 * `ethereum_typed_data_domain`: chain and contract of the domain of typed data.
 *
 * The other fields of a domain are not offered, as Privy offers none. In the strict profile a field
 * counts only when the signature covers it: a domain whose `EIP712Domain` does not declare `chainId`
 * may name any chain and is valid on all of them.
 *
 * @module
 * @see https://eips.ethereum.org/EIPS/eip-712#definition-of-domainseparator
 */

import type { PolicyProfile } from '@countersign/protocol';
import type { ElementaryType } from '../../ethereum/abi-types.ts';
import { scalarKind } from '../../ethereum/type-path.ts';
import { readElementary } from '../../ethereum/typed-data-reading.ts';
import { DOMAIN_TYPE, structOf } from '../../ethereum/typed-data-types.ts';
import type { CompileContext, FieldSource } from '../field-source.ts';
import { doubtful, type FieldValue, inapplicable, unreadable } from '../field-value.ts';
import type { TypedDataAction } from '../policy-intent.ts';
import { valueAt } from '../value-path.ts';
import { namedField } from './field-names.ts';

interface DomainField {
  /** Its name in the domain. */
  readonly name: 'chainId' | 'verifyingContract';
  /** The type EIP-712 gives it, as text and read. */
  readonly declared: string;
  readonly type: ElementaryType;
}

const CHAIN: DomainField = {
  name: 'chainId',
  declared: 'uint256',
  type: { kind: 'uint', bits: 256 },
};
const CONTRACT: DomainField = {
  name: 'verifyingContract',
  declared: 'address',
  type: { kind: 'address' },
};
const FIELDS: ReadonlyMap<string, DomainField> = new Map([
  ['chainId', CHAIN],
  ['chain_id', CHAIN],
  ['verifyingContract', CONTRACT],
  ['verifying_contract', CONTRACT],
]);

const NO_TYPED_DATA = inapplicable('not typed data');
const DECIMAL = /^[0-9]+$/;

export const ETHEREUM_TYPED_DATA_DOMAIN: FieldSource = {
  name: 'ethereum_typed_data_domain',
  compile(condition, context) {
    const field = namedField(FIELDS, condition, context);
    if (field === CHAIN && context.profile === 'faithful') refuseAsPrivy(condition, context);
    return {
      kind: scalarKind(field.type),
      resolve: ({ intent: { action } }) =>
        action.kind === 'typed_data' ? readField(field, action, context.profile) : NO_TYPED_DATA,
    };
  },
};

/** Privy takes no list of chains, and a chain in decimal digits only. */
function refuseAsPrivy(
  { operator }: { readonly operator: string },
  { refuse, values }: CompileContext,
): void {
  if (operator === 'in') {
    throw refuse('operator', operator, 'eq; in the faithful profile a chain is not one of a list');
  }
  const other = values.find((value) => !DECIMAL.test(value));
  if (other !== undefined) throw refuse('value', other, 'a chain id in decimal digits, in quotes');
}

function readField(
  field: DomainField,
  { domain, types }: TypedDataAction,
  profile: PolicyProfile,
): FieldValue {
  const value = Object.hasOwn(domain, field.name) ? domain[field.name] : undefined;
  // Without a chain it is valid on any, so it may be the one a rule denies.
  if (value === undefined) return doubtful(`the domain has no ${field.name}`);
  if (profile === 'strict' && !isCovered(field, types)) {
    return doubtful(`the signature does not cover ${field.name} as ${field.declared}`);
  }
  const read = readElementary(field.type, value);
  if (read.kind === 'undecodable') return unreadable(`${field.name} of the domain: ${read.reason}`);
  return valueAt(read.value, []);
}

/** Types without the struct of the domain stand for a domain of all the fields there are. */
function isCovered({ name, declared }: DomainField, types: TypedDataAction['types']): boolean {
  const fields = structOf(types, DOMAIN_TYPE);
  if (fields === undefined) return true;
  return fields.some((field) => field.name === name && field.type === declared);
}
