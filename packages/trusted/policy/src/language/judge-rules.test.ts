import type { PolicyDocument } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { abiFunction, CAIRO_PRIMITIVES, U256 } from '../fixtures/cairo.ts';
import { all, decide, never, short } from '../fixtures/decisions.ts';
import { calls, rule, TOKEN_HEX, when } from '../fixtures/language.ts';
import { APPROVE, BALANCE_OF, FRIEND, ROUTER, SWAP, TOKEN, TRANSFER } from '../fixtures/shop.ts';

describe('governed tokens', () => {
  const limits: Partial<PolicyDocument> = {
    limits: [{ name: 'cap', metric: 'amount', token: TOKEN_HEX, per: 'request', max: '100' }],
  };
  const any: Partial<PolicyDocument> = {
    limits: [{ name: 'cap', metric: 'amount', token: 'any', per: 'request', max: '100' }],
  };
  const unknown = { to: TOKEN, selector: SWAP, calldata: [] };
  const malformed = { to: TOKEN, selector: TRANSFER, calldata: [FRIEND] };
  const carrier = CAIRO_PRIMITIVES.selectorOf('execute_from_outside_v2');
  const broken = { to: ROUTER, selector: carrier, calldata: [1n] };

  it.each([
    ['an unknown call', unknown, limits, 'ERR_POLICY_CALL_UNDECODABLE policy.undecodable 0'],
    ['a malformed call', malformed, limits, 'ERR_POLICY_CALL_UNDECODABLE policy.undecodable 0'],
    [
      'an unknown call to any contract',
      { ...unknown, to: ROUTER },
      any,
      'ERR_POLICY_CALL_UNDECODABLE policy.undecodable 0',
    ],
    ['an unknown call elsewhere', { ...unknown, to: ROUTER }, limits, 'allow'],
    ['a malformed call elsewhere', { ...malformed, to: ROUTER }, limits, 'allow'],
    [
      'a malformed call elsewhere that carries calls',
      broken,
      limits,
      'ERR_POLICY_CALL_UNDECODABLE policy.undecodable 0',
    ],
    ['a malformed call that carries calls, and no token with a limit', broken, {}, 'allow'],
    [
      'a call that gives nothing away',
      { to: TOKEN, selector: BALANCE_OF, calldata: [FRIEND] },
      limits,
      'allow',
    ],
    [
      'an allowance of nothing',
      { to: TOKEN, selector: APPROVE, calldata: [ROUTER, 0n, 0n] },
      limits,
      'allow',
    ],
  ] as const)('%s', (_name, call, change, expected) => {
    expect(short(decide([all()], calls(call), change))).toBe(expected);
  });

  describe('behind a function that only its own ABI knows', () => {
    const abi = [abiFunction('stake', { amount: U256 }), abiFunction('peek', {}, 'view')];
    const [stake, peek] = ['stake', 'peek'].map(CAIRO_PRIMITIVES.selectorOf);
    const abis = (target: string) => ({ abis: [{ targets: [target], abi: abi as never }] });
    const call = (to: bigint, selector = stake) => {
      return { to, selector: selector ?? 0n, calldata: selector === peek ? [] : [5n, 0n] };
    };
    const denied = 'ERR_POLICY_CALL_UNDECODABLE policy.undecodable 0';

    it.each([
      ['on the token', call(TOKEN), { ...limits, ...abis(TOKEN_HEX) }, denied],
      ['on any contract', call(ROUTER), { ...any, ...abis('0x2007') }, denied],
      ['on another contract', call(ROUTER), { ...limits, ...abis('0x2007') }, 'allow'],
      ['without limits', call(TOKEN), abis(TOKEN_HEX), 'allow'],
      ['a view of the token', call(TOKEN, peek), { ...limits, ...abis(TOKEN_HEX) }, 'allow'],
      ['a view of any contract', call(ROUTER, peek), { ...any, ...abis('0x2007') }, 'allow'],
    ] as const)('%s', (_name, item, change, expected) => {
      expect(short(decide([all()], calls(item), change))).toBe(expected);
    });

    it('the reason says so', () => {
      const verdict = decide([all()], calls(call(TOKEN)), { ...limits, ...abis(TOKEN_HEX) });
      expect(verdict).toMatchObject({
        details: { reason: expect.stringContaining('only the ABI of this contract knows stake') },
      });
    });

    it('effects are in doubt: false where it allows, an error where it denies', () => {
      const big = when('effect.amount', 'gt', '1000');
      const change = abis('0x2007');
      const small = rule({ conditions: [when('effect.amount', 'lte', '1000')] });
      expect(short(decide([small], calls(call(ROUTER)), change))).toBe(
        'ERR_POLICY_NO_RULE policy.no-rule 0',
      );
      expect(short(decide([all(), never(big)], calls(call(ROUTER)), change))).toBe(
        'ERR_POLICY_EVALUATION_FAILED never 0',
      );
    });
  });
});
