import { hash } from 'starknet';
import { describe, expect, it } from 'vitest';
import { ADDRESS, abiFunction, arrayOf, CAIRO_PRIMITIVES, FELT, U256 } from '../fixtures/cairo.ts';
import { OPAQUE_TOKEN_ENTRYPOINTS, readTokenCall, TOKEN_LAYOUTS } from '../token-call.ts';
import { BUILTIN_FUNCTIONS } from './builtin-abis/builtin-abis.ts';
import { createCallReader } from './call-reader.ts';
import { knownFunctions } from './known-function.ts';

const { selectorOf } = CAIRO_PRIMITIVES;
const TOKEN = 0x70c3n;
const OTHER = 0x70c4n;
const LIMB = 1n << 128n;
/** Realistic addresses are longer than a limb, which tells some layouts apart. */
const BOB = 0xb0b00000000000000000000000000000000000000000000000000000b0bn;
const EVE = 0xe0e00000000000000000000000000000000000000000000000000000e0en;

const builtin = createCallReader({ abis: [], primitives: CAIRO_PRIMITIVES });

/** A reader that knows an ABI for the token. */
const readerOf = (...abi: readonly unknown[]) =>
  createCallReader({ abis: [{ targets: [TOKEN], abi }], primitives: CAIRO_PRIMITIVES });

const call = (name: string, ...calldata: readonly bigint[]) => ({
  to: TOKEN,
  selector: selectorOf(name),
  calldata,
});
const read = (name: string, ...calldata: readonly bigint[]) =>
  builtin.read(call(name, ...calldata));

const gives = (kind: string, recipient: bigint | undefined, amount: bigint | 'unlimited') => ({
  kind,
  token: TOKEN,
  recipient,
  amount,
});

/** Shortest calldata of every call that gives something away, and what. */
const EFFECTS: readonly (readonly [string, readonly bigint[], ReturnType<typeof gives>])[] = [
  ['transfer', [BOB, 5n, 1n], gives('transfer', BOB, LIMB + 5n)],
  ['transfer_from', [EVE, BOB, 5n, 0n], gives('transfer', BOB, 5n)],
  ['transferFrom', [EVE, BOB, 5n, 0n], gives('transfer', BOB, 5n)],
  ['approve', [BOB, 5n, 0n], gives('allowance', BOB, 5n)],
  ['approve', [BOB, 0n, 0n], gives('allowance', BOB, 0n)],
  ['increase_allowance', [BOB, 5n, 0n], gives('allowance', BOB, 5n)],
  ['increaseAllowance', [BOB, 5n, 0n], gives('allowance', BOB, 5n)],
  ['permit', [EVE, BOB, 5n, 0n, 99n, 2n, 1n, 2n], gives('allowance', BOB, 5n)],
  ['burn', [5n, 0n], gives('burn', undefined, 5n)],
  ['burn', [EVE, 5n, 0n], gives('burn', undefined, 5n)],
  ['burn', [EVE, 1n, 0n, 5n, 0n], gives('burn', undefined, 5n)],
  ['burn_from', [EVE, 5n, 0n], gives('burn', undefined, 5n)],
  ['burnFrom', [EVE, 5n, 0n], gives('burn', undefined, 5n)],
  ['batch_burn', [EVE, 2n, 1n, 0n, 2n, 0n, 2n, 5n, 0n, 6n, 0n], gives('burn', undefined, 11n)],
  ['batchBurn', [EVE, 0n, 0n], gives('burn', undefined, 0n)],
  ['transfer_and_call', [BOB, 5n, 0n, 0n], gives('transfer', BOB, 5n)],
  ['transferAndCall', [BOB, 5n, 0n, 1n, 7n], gives('transfer', BOB, 5n)],
  ['transfer_from_and_call', [EVE, BOB, 5n, 0n, 0n], gives('transfer', BOB, 5n)],
  ['transferFromAndCall', [EVE, BOB, 5n, 0n, 0n], gives('transfer', BOB, 5n)],
  ['approve_and_call', [BOB, 5n, 0n, 0n], gives('allowance', BOB, 5n)],
  ['approveAndCall', [BOB, 5n, 0n, 0n], gives('allowance', BOB, 5n)],
  ['deposit', [5n, 0n, BOB], gives('deposit', BOB, 5n)],
  ['mint', [5n, 0n, BOB], gives('deposit', BOB, 'unlimited')],
  ['mint', [BOB, 5n, 0n], gives('transfer', BOB, 5n)],
  ['mint', [BOB, 1n, 0n, 5n, 0n, 0n], gives('transfer', BOB, 5n)],
  ['withdraw', [5n, 0n, BOB, EVE], gives('withdraw', BOB, 5n)],
  ['redeem', [5n, 0n, BOB, EVE], gives('redeem', BOB, 5n)],
  ['safe_transfer_from', [EVE, BOB, 9n, 0n, 0n], gives('transfer', BOB, 'unlimited')],
  ['safeTransferFrom', [EVE, BOB, 9n, 0n, 1n, 7n], gives('transfer', BOB, 'unlimited')],
  ['safe_transfer_from', [EVE, BOB, 9n, 0n, 5n, 0n, 0n], gives('transfer', BOB, 5n)],
  ['safeTransferFrom', [EVE, BOB, 9n, 0n, 5n, 1n, 0n], gives('transfer', BOB, LIMB + 5n)],
  ['safe_batch_transfer_from', [EVE, BOB, 1n, 9n, 0n, 1n, 5n, 0n, 0n], gives('transfer', BOB, 5n)],
  ['safeBatchTransferFrom', [EVE, BOB, 0n, 2n, 5n, 0n, 6n, 0n, 0n], gives('transfer', BOB, 11n)],
  ['safe_mint', [BOB, 9n, 0n, 0n], gives('transfer', BOB, 'unlimited')],
  ['safeMint', [BOB, 9n, 0n, 0n], gives('transfer', BOB, 'unlimited')],
  ['set_approval_for_all', [BOB, 1n], gives('operator', BOB, 'unlimited')],
  ['setApprovalForAll', [BOB, 1n], gives('operator', BOB, 'unlimited')],
];

describe('a call that moves tokens', () => {
  it.each(EFFECTS)('%s %s gives it away', (name, calldata, effect) => {
    expect(read(name, ...calldata)).toMatchObject({
      kind: 'decoded',
      functionName: name,
      effects: [effect],
    });
  });

  it.each(EFFECTS)('%s %s with a felt less or two more is no call', (name, calldata) => {
    const shorter = call(name, ...calldata.slice(0, -1));
    const longer = call(name, ...calldata, 1n << 130n, 1n << 130n);
    for (const changed of [shorter, longer]) {
      expect(builtin.read(changed)).toMatchObject({ kind: 'undecodable', functionName: name });
    }
  });

  it('stands in the table above, every one of them', () => {
    const moving = [...knownFunctions(CAIRO_PRIMITIVES).values()].filter(({ layouts }) =>
      layouts.some(({ effect }) => effect?.type === 'gives'),
    );
    expect(new Set(EFFECTS.map(([name]) => name))).toEqual(new Set(moving.map(({ name }) => name)));
  });

  it.each(['permit_and_transfer', 'permitAndTransfer'])('%s is never decoded', (name) => {
    expect(read(name)).toEqual({
      kind: 'undecodable',
      functionName: name,
      reason: 'its layout is not known',
    });
    expect(readerOf(abiFunction(name, {})).read(call(name))).toMatchObject({ kind: 'undecodable' });
  });

  it.each([...TOKEN_LAYOUTS.values()].map(([name]) => name))(
    '%s means what readTokenCall says',
    (name) => {
      for (const calldata of [[BOB, 5n, 1n], [EVE, BOB, 5n, 1n], [BOB, LIMB, 0n], []]) {
        const { selector } = call(name);
        const older = readTokenCall(selector, calldata);
        const newer = builtin.read({ to: TOKEN, selector, calldata });
        expect(newer.kind).toBe(older.kind);
        if (older.kind !== 'decoded' || newer.kind !== 'decoded') continue;
        const { recipient, amount } = older.call;
        expect(newer.effects).toMatchObject([{ recipient, amount }]);
      }
    },
  );

  it.each([...OPAQUE_TOKEN_ENTRYPOINTS])(
    'that is opaque to readTokenCall is known (%s %s)',
    (selector) => {
      expect(knownFunctions(CAIRO_PRIMITIVES).get(selector)?.movesTokens).toBe(true);
    },
  );
});

describe('a call that gives nothing away', () => {
  it.each([
    ['decrease_allowance', [BOB, 5n, 0n]],
    ['decreaseAllowance', [BOB, 5n, 0n]],
    ['set_approval_for_all', [BOB, 0n]],
    ['setApprovalForAll', [BOB, 0n]],
    ['balance_of', [BOB]],
    ['balanceOf', [BOB, 1n, 0n]],
    ['allowance', [BOB, EVE]],
    ['total_supply', []],
    ['owner_of', [1n, 0n]],
    ['preview_mint', [1n, 0n]],
    ['get_session_data', [1n]],
    ['revoke_session_key', [1n]],
    ['__execute__', [0n]],
  ])('%s %s', (name, calldata) => {
    const reading = read(name, ...calldata);
    expect(reading).toMatchObject({ kind: 'decoded', functionName: name, effects: [] });
    expect(reading).not.toHaveProperty('effectsUnknown');
  });

  it.each([
    ['decrease_allowance', [BOB, 5n]],
    ['set_approval_for_all', [BOB, 2n]],
    ['total_supply', [1n]],
    ['upgrade', [1n << 251n]],
    ['add_or_update_session_key', [1n, 2n, 3n, 2n, 4n]],
  ])('%s %s does not fit', (name, calldata) => {
    expect(read(name, ...calldata)).toMatchObject({ kind: 'undecodable', functionName: name });
  });

  it('has the parameters of its standard', () => {
    const reading = read('set_spending_policy', 1n, TOKEN, 2n, 0n, 3n, 0n, 60n);
    expect(reading.kind === 'decoded' && [...reading.parameters.keys()]).toEqual([
      'session_key',
      'token',
      'max_per_call',
      'max_per_window',
      'window_seconds',
    ]);
  });

  it('is unknown when no ABI has its selector', () => {
    expect(read('multi_route_swap', 1n)).toEqual({ kind: 'unknown' });
    expect(builtin.read({ to: TOKEN, selector: 0n, calldata: [] })).toEqual({ kind: 'unknown' });
  });
});

describe('calldata that fits two layouts', () => {
  it('gives away what either gives, and only parameters that mean one thing', () => {
    expect(read('safe_transfer_from', EVE, BOB, 9n, 0n, 2n, 0n, 0n)).toEqual({
      kind: 'decoded',
      functionName: 'safe_transfer_from',
      parameters: new Map([
        ['from', { kind: 'address', value: EVE }],
        ['to', { kind: 'address', value: BOB }],
        ['token_id', { kind: 'number', value: 9n }],
      ]),
      effects: [gives('transfer', BOB, 'unlimited'), gives('transfer', BOB, 2n)],
    });
  });

  it('names every recipient it may have', () => {
    expect(read('mint', 1n, 2n, 3n)).toMatchObject({
      parameters: new Map(),
      effects: [gives('deposit', 3n, 'unlimited'), gives('transfer', 1n, (3n << 128n) + 2n)],
    });
  });

  it('is settled by the ABI of the target', () => {
    const nft = { from: ADDRESS, to: ADDRESS, tokenId: U256, data: arrayOf(FELT) };
    const reading = readerOf(abiFunction('safe_transfer_from', nft)).read(
      call('safe_transfer_from', EVE, BOB, 9n, 0n, 2n, 0n, 0n),
    );
    expect(reading).toMatchObject({ effects: [gives('transfer', BOB, 'unlimited')] });
    expect(reading.kind === 'decoded' && [...reading.parameters.keys()]).toEqual(Object.keys(nft));
  });
});

describe('the ABI of a target', () => {
  const transfer = abiFunction('transfer', { to: ADDRESS, value: U256 });

  it('names the parameters, the effects stay', () => {
    expect(readerOf(transfer).read(call('transfer', BOB, 5n, 0n))).toEqual({
      kind: 'decoded',
      functionName: 'transfer',
      parameters: new Map([
        ['to', { kind: 'address', value: BOB }],
        ['value', { kind: 'number', value: 5n }],
      ]),
      effects: [gives('transfer', BOB, 5n)],
    });
  });

  it('holds for its targets only', () => {
    const reading = readerOf(transfer).read({ ...call('transfer', BOB, 5n, 0n), to: OTHER });
    expect(reading.kind === 'decoded' && [...reading.parameters.keys()]).toEqual([
      'recipient',
      'amount',
    ]);
  });

  it('leaves what it does not declare to the built-in ones', () => {
    expect(readerOf(transfer).read(call('approve', BOB, 5n, 0n))).toMatchObject({
      effects: [gives('allowance', BOB, 5n)],
    });
  });

  it.each([
    ['as a function of nothing', {}, []],
    ['as a function of a felt', { x: FELT }, [5n]],
    ['with the amount in one felt', { to: ADDRESS, value: FELT }, [BOB, 5n]],
    ['with an amount past 128 bits', { a: FELT, b: FELT, c: FELT }, [BOB, LIMB, 0n]],
  ])('that declares transfer %s does not hide it', (_name, inputs, calldata) => {
    const reading = readerOf(abiFunction('transfer', inputs, 'view')).read(
      call('transfer', ...calldata),
    );
    expect(reading).toMatchObject({ kind: 'undecodable', functionName: 'transfer' });
  });

  it('that declares transfer with other types of the same size still moves tokens', () => {
    const felts = abiFunction('transfer', { a: FELT, b: FELT, c: FELT }, 'view');
    expect(readerOf(felts).read(call('transfer', BOB, 5n, 0n))).toMatchObject({
      parameters: new Map(
        [BOB, 5n, 0n].map((value, i) => ['abc'.charAt(i), { kind: 'number', value }]),
      ),
      effects: [gives('transfer', BOB, 5n)],
    });
  });

  it.each(['token_id', 'tokenId', 'id'])('that calls the amount `%s` has none', (name) => {
    const approve = abiFunction('approve', { to: ADDRESS, [name]: U256 });
    expect(readerOf(approve).read(call('approve', BOB, 0n, 0n))).toMatchObject({
      effects: [gives('allowance', BOB, 'unlimited')],
    });
  });

  it('decides what fits its own functions', () => {
    expect(readerOf(transfer).read(call('transfer', BOB, 5n))).toEqual({
      kind: 'undecodable',
      functionName: 'transfer',
      reason: 'parameter `value`: the calldata ends where u256 was expected',
    });
  });

  it('alone cannot promise that a function moves nothing', () => {
    const swap = { amount: U256 };
    const stranger = readerOf(abiFunction('swap', swap)).read(call('swap', 5n, 0n));
    expect(stranger).toMatchObject({ kind: 'decoded', effects: [], effectsUnknown: true });
    const quote = readerOf(abiFunction('swap', swap, 'view')).read(call('swap', 5n, 0n));
    expect(quote).not.toHaveProperty('effectsUnknown');
  });

  it('that gives a harmless function another layout makes it a stranger', () => {
    const odd = abiFunction('decrease_allowance', { spender: ADDRESS });
    expect(readerOf(odd).read(call('decrease_allowance', BOB))).toMatchObject({
      effectsUnknown: true,
    });
    const usual = abiFunction('decrease_allowance', { spender: ADDRESS, by: U256 });
    expect(readerOf(usual).read(call('decrease_allowance', BOB, 1n, 0n))).not.toHaveProperty(
      'effectsUnknown',
    );
  });

  it('is one', () => {
    const twice = { targets: [TOKEN, TOKEN], abi: [] };
    expect(() => createCallReader({ abis: [twice], primitives: CAIRO_PRIMITIVES })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
    );
  });
});

describe('calls that carry calls', () => {
  const packed = (calls: readonly ReturnType<typeof call>[]): readonly bigint[] => [
    BigInt(calls.length),
    ...calls.flatMap(({ to, selector, calldata }) => [
      to,
      selector,
      BigInt(calldata.length),
      ...calldata,
    ]),
  ];
  const outside = (...calls: readonly ReturnType<typeof call>[]) => [
    EVE,
    7n,
    0n,
    99n,
    ...packed(calls),
    2n,
    1n,
    2n,
  ];
  const pay = call('transfer', BOB, 5n, 0n);
  const approve = { ...call('approve', EVE, 6n, 0n), to: OTHER };

  it.each(['execute_from_outside', 'execute_from_outside_v2'])(
    '%s gives away what they give',
    (name) => {
      expect(read(name, ...outside(pay, approve))).toMatchObject({
        kind: 'decoded',
        effects: [gives('transfer', BOB, 5n), { ...gives('allowance', EVE, 6n), token: OTHER }],
      });
    },
  );

  it('execute_from_outside_v3, whose nonce is two felts', () => {
    const calldata = [EVE, 7n, 1n, 0n, 99n, ...packed([pay]), 0n];
    expect(read('execute_from_outside_v3', ...calldata)).toMatchObject({
      effects: [gives('transfer', BOB, 5n)],
    });
  });

  it('__execute__', () => {
    expect(read('__execute__', ...packed([pay]))).toMatchObject({
      effects: [gives('transfer', BOB, 5n)],
    });
  });

  it('cannot be read when one of the calls cannot', () => {
    for (const hidden of [call('transfer', BOB, 5n), call('multi_route_swap')]) {
      expect(read('execute_from_outside_v2', ...outside(pay, hidden))).toEqual({
        kind: 'undecodable',
        functionName: 'execute_from_outside_v2',
        reason: 'what call 1 that it carries gives away cannot be told',
        carriesCalls: true,
      });
    }
  });

  it('cannot be read when only the ABI of a target knows one of the calls', () => {
    const reader = readerOf(abiFunction('swap', {}));
    expect(reader.read(call('__execute__', ...packed([call('swap')])))).toMatchObject({
      kind: 'undecodable',
    });
  });

  it('may move anything when they cannot be read, and say so', () => {
    const odd = readerOf(abiFunction('execute_from_outside', { calls: FELT }));
    for (const reading of [
      read('execute_from_outside', 1n),
      odd.read(call('execute_from_outside', 1n)),
      odd.read(call('execute_from_outside')),
    ]) {
      expect(reading).toMatchObject({ kind: 'undecodable', carriesCalls: true });
    }
    expect(read('transfer')).not.toHaveProperty('carriesCalls');
  });

  it('can be four deep, and no deeper', () => {
    const wrap = (inner: ReturnType<typeof call>) => call('__execute__', ...packed([inner]));
    const four = wrap(wrap(wrap(wrap(pay))));
    expect(builtin.read(four)).toMatchObject({ effects: [gives('transfer', BOB, 5n)] });
    expect(builtin.read(wrap(four))).toMatchObject({ kind: 'undecodable' });
  });
});

describe('functionsNamed', () => {
  it('gives those of targets first, then those built in', () => {
    const own = abiFunction('transfer', { to: ADDRESS, value: U256 });
    const names = readerOf(own)
      .functionsNamed('transfer')
      .map(({ parameters }) => parameters.map(({ name }) => name));
    expect(names).toEqual([
      ['to', 'value'],
      ['recipient', 'amount'],
    ]);
  });

  it('gives every layout', () => {
    expect(builtin.functionsNamed('safe_transfer_from')).toHaveLength(2);
    expect(builtin.functionsNamed('nothing')).toEqual([]);
  });
});

describe('the built-in functions', () => {
  it('are found by the selectors of their names', () => {
    const known = knownFunctions(CAIRO_PRIMITIVES);
    for (const { abi } of BUILTIN_FUNCTIONS) {
      expect(known.get(BigInt(hash.getSelectorFromName(abi.name)))?.name).toBe(abi.name);
    }
  });

  it('have rules about parameters they have', () => {
    for (const { abi, effect } of BUILTIN_FUNCTIONS) {
      if (effect?.type !== 'gives') continue;
      const sort = (name: string | undefined) =>
        abi.parameters.find((each) => each.name === name)?.type.kind;
      expect([undefined, 'address']).toContain(sort(effect.recipient));
      expect(sort(effect.recipient) === undefined).toBe(effect.recipient === undefined);
      expect([undefined, 'limbs', 'list']).toContain(sort(effect.amount));
      expect(sort(effect.amount) === undefined).toBe(effect.amount === undefined);
      expect(sort(effect.when)).toBe(effect.when === undefined ? undefined : 'boolean');
    }
  });
});
