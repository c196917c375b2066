import { hash } from 'starknet';
import { describe, expect, it } from 'vitest';
import { DENIED_ENTRYPOINTS, deniedEntrypointName } from './denied-selectors.ts';

describe('denied entrypoints', () => {
  it.each(DENIED_ENTRYPOINTS.map(({ name, selector }) => [name, selector] as const))(
    '%s has the selector of its name',
    (name, selector) => {
      expect(selector).toBe(BigInt(hash.getSelectorFromName(name)));
      expect(deniedEntrypointName(selector)).toBe(name);
    },
  );

  it('are these and no others', () => {
    const names = DENIED_ENTRYPOINTS.map(({ name }) => name);
    expect(names.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      '__execute__',
      '__validate__',
      '__validate_declare__',
      '__validate_deploy__',
      'add_or_update_session_key',
      'cancel_upgrade',
      'compute_session_message_hash',
      'compute_session_message_hash_v1',
      'compute_session_message_hash_v2',
      'emergency_revoke_all',
      'execute_from_outside_v2',
      'execute_upgrade',
      'register_interfaces',
      'register_session_key',
      'remove_spending_policy',
      'revoke_session_key',
      'schedule_upgrade',
      'setPublicKey',
      'set_agent_id',
      'set_public_key',
      'set_session_signature_mode',
      'set_spending_policy',
      'set_upgrade_delay',
      'upgrade',
    ]);
  });

  it.each(['transfer', 'approve', 'multi_route_swap', 'balance_of'])('%s is none', (name) => {
    expect(deniedEntrypointName(BigInt(hash.getSelectorFromName(name)))).toBeUndefined();
  });
});
