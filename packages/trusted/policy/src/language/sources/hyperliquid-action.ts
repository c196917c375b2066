/**
 * `hyperliquid_action`: fields of a decoded action. Which of them there are depends on its type.
 *
 * @module
 */

import type { CompiledField, FieldSource } from '../field-source.ts';
import { type FieldValue, inapplicable, unreadable } from '../field-value.ts';
import { sourceOf } from './field-names.ts';

const KINDS = {
  type: 'text',
  asset: 'any',
  side: 'text',
  size: 'number',
  limit_price: 'number',
  notional: 'number',
  leverage: 'number',
  is_cross: 'boolean',
  reduce_only: 'boolean',
  tif: 'text',
  trigger_price: 'number',
  destination: 'address',
  amount: 'number',
  vault_address: 'address',
  builder: 'address',
  builder_fee: 'number',
  expires_after: 'number',
  chain: 'text',
} as const satisfies Readonly<Record<string, CompiledField['kind']>>;

const HEX = /^0x[0-9a-fA-F]{1,64}$/;

export const HYPERLIQUID_ACTION: FieldSource = sourceOf(
  'hyperliquid_action',
  Object.fromEntries(Object.entries(KINDS).map(([name, kind]) => [name, actionField(name, kind)])),
);

function actionField(name: string, kind: CompiledField['kind']): CompiledField {
  const absent = inapplicable(`the action has no ${name}`);
  return {
    kind,
    resolve: ({ intent: { action } }) => {
      if (action.kind !== 'hyperliquid_action') return inapplicable('not a Hyperliquid action');
      if (!Object.hasOwn(action.fields, name)) return absent;
      return toValue(name, kind, action.fields[name]);
    },
  };
}

function toValue(
  name: string,
  kind: CompiledField['kind'],
  value: string | bigint | boolean | undefined,
): FieldValue {
  if (typeof value === 'bigint' && (kind === 'number' || kind === 'any')) {
    return { kind: 'number', value };
  }
  if (typeof value === 'bigint' && kind === 'address') return { kind: 'address', value };
  if (typeof value === 'string' && kind === 'address' && HEX.test(value)) {
    return { kind: 'address', value: BigInt(value) };
  }
  if (typeof value === 'string' && (kind === 'text' || kind === 'any')) {
    return { kind: 'text', value };
  }
  if (typeof value === 'boolean' && kind === 'boolean') return { kind: 'boolean', value };
  return unreadable(`${name} is not of its kind, ${kind}`);
}
