/**
 * The sources of fields, by name.
 *
 * @module
 */

import { EVALUATED_FIELD_SOURCES } from '@countersign/protocol';
import type { FieldSource } from '../field-source.ts';
import { ACTION_BODY } from './action-body.ts';
import { ETHEREUM_AUTHORIZATION } from './ethereum-authorization.ts';
import { ETHEREUM_CALLDATA } from './ethereum-calldata.ts';
import { ETHEREUM_TRANSACTION } from './ethereum-transaction.ts';
import { ETHEREUM_TYPED_DATA_DOMAIN } from './ethereum-typed-data-domain.ts';
import { ETHEREUM_TYPED_DATA_MESSAGE } from './ethereum-typed-data-message.ts';
import { HYPERLIQUID_ACTION } from './hyperliquid-action.ts';
import { CLIENT, KEY } from './identity.ts';
import { MESSAGE } from './message.ts';
import { REFERENCE } from './reference.ts';
import { SIMULATED_CHANGE } from './simulated-change.ts';
import { STARKNET_CALL } from './starknet-call.ts';
import { STARKNET_TRANSACTION } from './starknet-transaction.ts';
import { SYSTEM } from './system.ts';

const SOURCES: readonly FieldSource[] = [
  ACTION_BODY,
  CLIENT,
  ETHEREUM_AUTHORIZATION,
  ETHEREUM_CALLDATA,
  ETHEREUM_TRANSACTION,
  ETHEREUM_TYPED_DATA_DOMAIN,
  ETHEREUM_TYPED_DATA_MESSAGE,
  HYPERLIQUID_ACTION,
  KEY,
  MESSAGE,
  REFERENCE,
  SIMULATED_CHANGE,
  STARKNET_CALL,
  STARKNET_TRANSACTION,
  SYSTEM,
];

const BY_NAME: ReadonlyMap<string, FieldSource> = new Map(
  SOURCES.map((source) => [source.name, source]),
);

/** The source with this name; `undefined` for one whose chain this boundary does not read. */
export function fieldSource(name: string): FieldSource | undefined {
  return BY_NAME.get(name);
}

/** Names that {@link fieldSource} should know and does not; empty once every source exists. */
export function missingSources(): readonly string[] {
  return EVALUATED_FIELD_SOURCES.filter((name) => !BY_NAME.has(name));
}
