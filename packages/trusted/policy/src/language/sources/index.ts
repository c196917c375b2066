/**
 * The sources of fields, by name.
 *
 * @module
 */

import type { EvaluatedFieldSource } from '@countersign/protocol';
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

/** One for every source this boundary evaluates: a missing one does not compile. */
const SOURCES: Readonly<Record<EvaluatedFieldSource, FieldSource>> = {
  action_request_body: ACTION_BODY,
  client: CLIENT,
  ethereum_7702_authorization: ETHEREUM_AUTHORIZATION,
  ethereum_calldata: ETHEREUM_CALLDATA,
  ethereum_transaction: ETHEREUM_TRANSACTION,
  ethereum_typed_data_domain: ETHEREUM_TYPED_DATA_DOMAIN,
  ethereum_typed_data_message: ETHEREUM_TYPED_DATA_MESSAGE,
  hyperliquid_action: HYPERLIQUID_ACTION,
  key: KEY,
  message: MESSAGE,
  reference: REFERENCE,
  simulated_change: SIMULATED_CHANGE,
  starknet_call: STARKNET_CALL,
  starknet_transaction: STARKNET_TRANSACTION,
  system: SYSTEM,
};

const BY_NAME: ReadonlyMap<string, FieldSource> = new Map(Object.entries(SOURCES));

/** The source with this name; `undefined` for one whose chain this boundary does not read. */
export function fieldSource(name: string): FieldSource | undefined {
  return BY_NAME.get(name);
}
