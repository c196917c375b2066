/**
 * Entrypoints a session key must never call, on any target: account administration, the protocol's
 * own entrypoints, and the hash helpers that would turn the account into an oracle.
 *
 * Each selector is the low 250 bits of Keccak-256 of the name; `denied-selectors.test.ts` recomputes
 * them.
 *
 * @module
 */

export interface DeniedEntrypoint {
  readonly name: string;
  readonly selector: bigint;
}

export const DENIED_ENTRYPOINTS: readonly DeniedEntrypoint[] = [
  { name: 'upgrade', selector: 0xf2f7c15cbe06c8d94597cd91fd7f3369eae842359235712def5584f8d270cdn },
  {
    name: 'add_or_update_session_key',
    selector: 0x27d4f8b711f8a318b18cac75c0b7c9941844dbbece6f62ca10111055acb64c1n,
  },
  {
    name: 'revoke_session_key',
    selector: 0x32d4c11046940bbba0d48557b365ca002c6adc3f58d28671c8b7542ab7d60e9n,
  },
  {
    name: '__execute__',
    selector: 0x15d40a3d6ca2ac30f4031e42be28da9b056fef9bb7357ac5e85627ee876e5adn,
  },
  {
    name: 'set_public_key',
    selector: 0x2e3e21ff5952b2531241e37999d9c4c8b3034cccc89a202a6bf019bdf5294f9n,
  },
  {
    name: 'setPublicKey',
    selector: 0xbc0eb87884ab91e330445c3584a50d7ddf4b568f02fbeb456a6242cce3f5d9n,
  },
  {
    name: 'execute_from_outside_v2',
    selector: 0x34cc13b274446654ca3233ed2c1620d4c5d1d32fd20b47146a3371064bdc57dn,
  },
  {
    name: 'set_spending_policy',
    selector: 0x27b6399a529753e66438fe0341234566c390277e9c20b0f556016eb33bb698n,
  },
  {
    name: 'remove_spending_policy',
    selector: 0x28dac008d849601a4f136c3a869aa4dcb43907ea63ab552ecddfd2281144040n,
  },
  {
    name: 'set_agent_id',
    selector: 0x17cd32d8077a525ef459dfcaffdfd06dc2a0e768da2fcd4b0ef1305c004e652n,
  },
  {
    name: 'register_interfaces',
    selector: 0x1a72fc9792be4429ef781cbdb95dbfdf9bff382c55e729c0b2a82176da7f52bn,
  },
  {
    name: 'compute_session_message_hash',
    selector: 0x433ed9223563a4d5c41a51c34ff063a0cefe648c0d6a3a1bdf938c6a04d59n,
  },
  {
    name: '__validate__',
    selector: 0x162da33a4585851fe8d3af3c2a9c60b557814e221e0d4f30ff0b2189d9c7775n,
  },
  {
    name: '__validate_declare__',
    selector: 0x289da278a8dc833409cabfdad1581e8e7d40e42dcaed693fa4008dcdb4963b3n,
  },
  {
    name: '__validate_deploy__',
    selector: 0x36fcbf06cd96843058359e1a75928beacfac10727dab22a3972f0af8aa92895n,
  },
  {
    name: 'schedule_upgrade',
    selector: 0x3f8283b7983db1115f253e864fb43723bb3b601f23cef0bb23be52bc44f1480n,
  },
  {
    name: 'execute_upgrade',
    selector: 0x19925c13ff65c51d4866a3cbc71afdf99d2716ba0eb7c60c98d81e3b19ea109n,
  },
  {
    name: 'cancel_upgrade',
    selector: 0x330d5fab48d19f4088e8ef9a116cea6878dda20dd38687654937609a4aaba24n,
  },
  {
    name: 'set_upgrade_delay',
    selector: 0x1e4ec461d25ed5f9b15dfc3ed3fbcb411f4387f5177129af1f3b969166b2d34n,
  },
  {
    name: 'register_session_key',
    selector: 0x2dcd9f2373f5e5c3cd0bfeb27ac794ed5ed47d5ca1352fa426a7657fdeaaa44n,
  },
  {
    name: 'emergency_revoke_all',
    selector: 0x147d0d17f96661f1846957fb6fde1cfaa856c9d8521bcbcc80e8896de412ac2n,
  },
  {
    name: 'compute_session_message_hash_v1',
    selector: 0x716435e2ab13845fb22b679f460bc9da48b65cc88ed9e25e9c83f35e9f54b8n,
  },
  {
    name: 'compute_session_message_hash_v2',
    selector: 0x357617427de8b77b1b5ecdd61972e9fa022af38e3fd5474ca2d37de3aa8e519n,
  },
  {
    name: 'set_session_signature_mode',
    selector: 0x13f83b66ca46057a0284a2b8a21e9684581944296aad36e98ddd329939accfn,
  },
];

const BY_SELECTOR: ReadonlyMap<bigint, string> = new Map(
  DENIED_ENTRYPOINTS.map((entry) => [entry.selector, entry.name]),
);

/** The name of the denied entrypoint with this selector, or `undefined` when it is not denied. */
export function deniedEntrypointName(selector: bigint): string | undefined {
  return BY_SELECTOR.get(selector);
}
