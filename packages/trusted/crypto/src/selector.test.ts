import { FIELD_PRIME, toHex } from '@countersign/protocol';
import fc from 'fast-check';
import { hash } from 'starknet';
import { describe, expect, it } from 'vitest';
import { parseEntrypoint, selectorOf } from './selector.ts';

const INVALID = expect.objectContaining({ code: 'ERR_REQUEST_INVALID' });

/** The entrypoints the session account refuses to a session key; the first fifteen SISNA refuses too. */
const DENIED: readonly (readonly [string, bigint])[] = [
  ['upgrade', 0xf2f7c15cbe06c8d94597cd91fd7f3369eae842359235712def5584f8d270cdn],
  ['add_or_update_session_key', 0x27d4f8b711f8a318b18cac75c0b7c9941844dbbece6f62ca10111055acb64c1n],
  ['revoke_session_key', 0x32d4c11046940bbba0d48557b365ca002c6adc3f58d28671c8b7542ab7d60e9n],
  ['__execute__', 0x15d40a3d6ca2ac30f4031e42be28da9b056fef9bb7357ac5e85627ee876e5adn],
  ['set_public_key', 0x2e3e21ff5952b2531241e37999d9c4c8b3034cccc89a202a6bf019bdf5294f9n],
  ['setPublicKey', 0xbc0eb87884ab91e330445c3584a50d7ddf4b568f02fbeb456a6242cce3f5d9n],
  ['execute_from_outside_v2', 0x34cc13b274446654ca3233ed2c1620d4c5d1d32fd20b47146a3371064bdc57dn],
  ['set_spending_policy', 0x27b6399a529753e66438fe0341234566c390277e9c20b0f556016eb33bb698n],
  ['remove_spending_policy', 0x28dac008d849601a4f136c3a869aa4dcb43907ea63ab552ecddfd2281144040n],
  ['set_agent_id', 0x17cd32d8077a525ef459dfcaffdfd06dc2a0e768da2fcd4b0ef1305c004e652n],
  ['register_interfaces', 0x1a72fc9792be4429ef781cbdb95dbfdf9bff382c55e729c0b2a82176da7f52bn],
  [
    'compute_session_message_hash',
    0x433ed9223563a4d5c41a51c34ff063a0cefe648c0d6a3a1bdf938c6a04d59n,
  ],
  ['__validate__', 0x162da33a4585851fe8d3af3c2a9c60b557814e221e0d4f30ff0b2189d9c7775n],
  ['__validate_declare__', 0x289da278a8dc833409cabfdad1581e8e7d40e42dcaed693fa4008dcdb4963b3n],
  ['__validate_deploy__', 0x36fcbf06cd96843058359e1a75928beacfac10727dab22a3972f0af8aa92895n],
  ['schedule_upgrade', 0x3f8283b7983db1115f253e864fb43723bb3b601f23cef0bb23be52bc44f1480n],
  ['execute_upgrade', 0x19925c13ff65c51d4866a3cbc71afdf99d2716ba0eb7c60c98d81e3b19ea109n],
  ['cancel_upgrade', 0x330d5fab48d19f4088e8ef9a116cea6878dda20dd38687654937609a4aaba24n],
  ['set_upgrade_delay', 0x1e4ec461d25ed5f9b15dfc3ed3fbcb411f4387f5177129af1f3b969166b2d34n],
  ['register_session_key', 0x2dcd9f2373f5e5c3cd0bfeb27ac794ed5ed47d5ca1352fa426a7657fdeaaa44n],
  ['emergency_revoke_all', 0x147d0d17f96661f1846957fb6fde1cfaa856c9d8521bcbcc80e8896de412ac2n],
  [
    'compute_session_message_hash_v1',
    0x716435e2ab13845fb22b679f460bc9da48b65cc88ed9e25e9c83f35e9f54b8n,
  ],
  [
    'compute_session_message_hash_v2',
    0x357617427de8b77b1b5ecdd61972e9fa022af38e3fd5474ca2d37de3aa8e519n,
  ],
  ['set_session_signature_mode', 0x13f83b66ca46057a0284a2b8a21e9684581944296aad36e98ddd329939accfn],
];

describe('selectorOf', () => {
  it.each(DENIED)('%s', (name, selector) => {
    expect(selectorOf(name)).toBe(selector);
    expect(parseEntrypoint(name)).toEqual({ selector, name });
    expect(parseEntrypoint(toHex(selector))).toEqual({ selector });
  });

  it('covers 24 different selectors', () => {
    expect(new Set(DENIED.map(([, selector]) => selector)).size).toBe(24);
  });

  it('agrees with starknet.js on random names', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,255}$/), (name) => {
        expect(selectorOf(name)).toBe(hash.starknetKeccak(name));
        expect(selectorOf(name)).toBeLessThan(1n << 250n);
      }),
    );
  });

  it('stays right when more names pass than it keeps', () => {
    for (let i = 0; i < 3_000; i += 1) selectorOf(`name_${i}`);
    for (const i of [0, 1, 1_500, 2_999]) {
      expect(selectorOf(`name_${i}`)).toBe(hash.starknetKeccak(`name_${i}`));
    }
  });

  it.each([
    ['empty', ''],
    ['a leading digit', '1transfer'],
    ['a blank', 'trans fer'],
    ['a trailing newline', 'transfer\n'],
    ['a hyphen', 'trans-fer'],
    ['a letter outside ASCII', 'tränsfer'],
    ['a Cyrillic look-alike', 'trаnsfer'],
    ['a NUL', 'transfer\0'],
    ['257 characters', 'a'.repeat(257)],
    ['hex', '0x1'],
  ])('refuses %s', (_, name) => {
    expect(() => selectorOf(name)).toThrow(INVALID);
  });

  it('takes 256 characters', () => {
    const name = 'a'.repeat(256);
    expect(selectorOf(name)).toBe(hash.starknetKeccak(name));
  });
});

describe('parseEntrypoint', () => {
  it('takes hex as the selector itself, never as a name', () => {
    const text = '0x2222222222222222';
    expect(parseEntrypoint(text)).toEqual({ selector: 0x2222222222222222n });
    expect(parseEntrypoint(text).selector).not.toBe(hash.starknetKeccak(text));
  });

  it('takes upper-case digits, leading zeros, zero and P - 1', () => {
    expect(parseEntrypoint('0xAB').selector).toBe(0xabn);
    expect(parseEntrypoint(`0x${'0'.repeat(62)}ab`).selector).toBe(0xabn);
    expect(parseEntrypoint('0x0').selector).toBe(0n);
    expect(parseEntrypoint(toHex(FIELD_PRIME - 1n)).selector).toBe(FIELD_PRIME - 1n);
  });

  it.each([
    ['P', toHex(FIELD_PRIME)],
    ['2^256 - 1', `0x${'f'.repeat(64)}`],
    ['65 digits', `0x${'0'.repeat(64)}1`],
    ['no digits', '0x'],
    ['an upper-case prefix', '0X1'],
    ['a sign', '-0x1'],
    ['a blank before', ' 0x1'],
    ['a newline after', '0x1\n'],
    ['a digit that is not hex', '0xg'],
    ['decimal', '12345'],
    ['empty', ''],
    ['257 characters', 'a'.repeat(257)],
  ])('refuses %s', (_, text) => {
    expect(() => parseEntrypoint(text)).toThrow(INVALID);
  });

  it.each([undefined, null, 1, 1n, {}, []])('refuses %s, which is no text', (value) => {
    expect(() => parseEntrypoint(value as never)).toThrow(INVALID);
    expect(() => selectorOf(value as never)).toThrow(INVALID);
  });

  it('names the field it was given', () => {
    expect(() => parseEntrypoint('a b', 'calls[2].entrypoint')).toThrow(
      expect.objectContaining({
        details: expect.objectContaining({ field: 'calls[2].entrypoint' }),
      }),
    );
  });
});
