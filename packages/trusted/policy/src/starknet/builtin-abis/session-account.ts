/**
 * The session account: what the standard for session keys lays down, what every account has, and
 * what the accounts of agents add.
 *
 * Most of it no session key may call; reading it lets a refusal say what was asked for.
 *
 * @module
 * @see SNIP "Session Keys for Smart Accounts"
 */

import { ADDRESS, CLASS_HASH, FELT, listOf, U8, U32, U64, U256 } from '../abi-type.ts';
import { type BuiltinFunction, bothSpellings, call, view } from './builtin-function.ts';
import { CALL } from './outside-execution.ts';

const CALLS = listOf(CALL);
const KEY = { session_key: FELT };
const POLICY = { session_key: FELT, token: ADDRESS };
const MESSAGE = { calls: CALLS, valid_until: U64 };

export const SESSION_ACCOUNT: readonly BuiltinFunction[] = [
  // session keys
  call('add_or_update_session_key', {
    ...KEY,
    valid_until: U64,
    max_calls: U32,
    allowed_entrypoints: listOf(FELT),
  }),
  call('revoke_session_key', KEY),
  view('get_session_data', KEY),
  view('get_session_allowed_entrypoints_len', KEY),
  view('get_session_allowed_entrypoint_at', { ...KEY, index: U32 }),
  // spending
  call('set_spending_policy', {
    ...POLICY,
    max_per_call: U256,
    max_per_window: U256,
    window_seconds: U64,
  }),
  call('remove_spending_policy', POLICY),
  view('get_spending_policy', POLICY),
  // hashes and modes
  view('compute_session_message_hash', MESSAGE),
  view('compute_session_message_hash_v1', MESSAGE),
  view('compute_session_message_hash_v2', MESSAGE),
  call('set_session_signature_mode', { mode: U8 }),
  view('get_session_signature_mode', {}),
  // agents
  call('set_agent_id', { agent_id: FELT }),
  view('get_agent_id', {}),
  call('register_interfaces', {}),
  view('get_contract_info', {}),
  view('get_snip9_version', {}),
  // upgrades
  call('upgrade', { class_hash: CLASS_HASH }),
  call('execute_upgrade', {}),
  call('cancel_upgrade', {}),
  call('set_upgrade_delay', { delay: U64 }),
  view('get_upgrade_info', {}),
  // every account
  call('__execute__', { calls: CALLS }, { type: 'carries', path: ['calls'] }),
  call('__validate__', { calls: CALLS }),
  call('__validate_declare__', { class_hash: FELT }),
  call('__validate_deploy__', {
    class_hash: FELT,
    contract_address_salt: FELT,
    public_key: FELT,
  }),
  ...bothSpellings(call('set_public_key', { new_public_key: FELT, signature: listOf(FELT) })),
  ...bothSpellings(view('get_public_key', {})),
  ...bothSpellings(view('is_valid_signature', { hash: FELT, signature: listOf(FELT) })),
  ...bothSpellings(view('supports_interface', { interface_id: FELT })),
];
