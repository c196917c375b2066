/**
 * Entrypoints no session key may call, as the contract lists them.
 *
 * @module
 */

export const DENIED_SELECTORS: readonly (readonly [name: string, selector: string])[] = [
  ['upgrade', '0xf2f7c15cbe06c8d94597cd91fd7f3369eae842359235712def5584f8d270cd'],
  [
    'add_or_update_session_key',
    '0x27d4f8b711f8a318b18cac75c0b7c9941844dbbece6f62ca10111055acb64c1',
  ],
  ['revoke_session_key', '0x32d4c11046940bbba0d48557b365ca002c6adc3f58d28671c8b7542ab7d60e9'],
  ['__execute__', '0x15d40a3d6ca2ac30f4031e42be28da9b056fef9bb7357ac5e85627ee876e5ad'],
  ['set_public_key', '0x2e3e21ff5952b2531241e37999d9c4c8b3034cccc89a202a6bf019bdf5294f9'],
  ['setPublicKey', '0xbc0eb87884ab91e330445c3584a50d7ddf4b568f02fbeb456a6242cce3f5d9'],
  ['execute_from_outside_v2', '0x34cc13b274446654ca3233ed2c1620d4c5d1d32fd20b47146a3371064bdc57d'],
  ['set_spending_policy', '0x27b6399a529753e66438fe0341234566c390277e9c20b0f556016eb33bb698'],
  ['remove_spending_policy', '0x28dac008d849601a4f136c3a869aa4dcb43907ea63ab552ecddfd2281144040'],
  ['set_agent_id', '0x17cd32d8077a525ef459dfcaffdfd06dc2a0e768da2fcd4b0ef1305c004e652'],
  ['register_interfaces', '0x1a72fc9792be4429ef781cbdb95dbfdf9bff382c55e729c0b2a82176da7f52b'],
  [
    'compute_session_message_hash',
    '0x433ed9223563a4d5c41a51c34ff063a0cefe648c0d6a3a1bdf938c6a04d59',
  ],
  ['__validate__', '0x162da33a4585851fe8d3af3c2a9c60b557814e221e0d4f30ff0b2189d9c7775'],
  ['__validate_declare__', '0x289da278a8dc833409cabfdad1581e8e7d40e42dcaed693fa4008dcdb4963b3'],
  ['__validate_deploy__', '0x36fcbf06cd96843058359e1a75928beacfac10727dab22a3972f0af8aa92895'],
  ['schedule_upgrade', '0x3f8283b7983db1115f253e864fb43723bb3b601f23cef0bb23be52bc44f1480'],
  ['execute_upgrade', '0x19925c13ff65c51d4866a3cbc71afdf99d2716ba0eb7c60c98d81e3b19ea109'],
  ['cancel_upgrade', '0x330d5fab48d19f4088e8ef9a116cea6878dda20dd38687654937609a4aaba24'],
  ['set_upgrade_delay', '0x1e4ec461d25ed5f9b15dfc3ed3fbcb411f4387f5177129af1f3b969166b2d34'],
  ['register_session_key', '0x2dcd9f2373f5e5c3cd0bfeb27ac794ed5ed47d5ca1352fa426a7657fdeaaa44'],
  ['emergency_revoke_all', '0x147d0d17f96661f1846957fb6fde1cfaa856c9d8521bcbcc80e8896de412ac2'],
  [
    'compute_session_message_hash_v1',
    '0x716435e2ab13845fb22b679f460bc9da48b65cc88ed9e25e9c83f35e9f54b8',
  ],
  [
    'compute_session_message_hash_v2',
    '0x357617427de8b77b1b5ecdd61972e9fa022af38e3fd5474ca2d37de3aa8e519',
  ],
  [
    'set_session_signature_mode',
    '0x13f83b66ca46057a0284a2b8a21e9684581944296aad36e98ddd329939accf',
  ],
];
