import { EVALUATED_FIELD_SOURCES, FOREIGN_FIELD_SOURCES } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import {
  ADDRESS,
  abiEnum,
  abiFunction,
  abiStruct,
  arrayOf,
  CAIRO_PRIMITIVES,
  FELT,
  U256,
} from '../../fixtures/cairo.ts';
import {
  type Field,
  intentOf,
  policy,
  rule,
  transaction,
  transfer,
  when,
} from '../../fixtures/language.ts';
import {
  ACCOUNT,
  APPROVE,
  BALANCE_OF,
  FRIEND,
  NOW_SEC,
  ROUTER,
  SEPOLIA,
  STRANGER,
  SWAP,
  TOKEN,
  TRANSFER,
} from '../../fixtures/shop.ts';
import { UNLIMITED_AMOUNT } from '../amounts.ts';
import { seenValue } from '../condition.ts';
import type { FieldValue } from '../field-value.ts';
import { framesOf } from '../judge-rules.ts';
import type { PolicyIntent } from '../policy-intent.ts';
import { fieldSource } from './index.ts';

const VALUES = new Map(
  Object.entries({
    contract: '0x1',
    reduce_only: 'true',
    is_cross: 'true',
  }),
);

/** What a field turns out to be for the first unit of an intent. */
function seen(
  source: Field,
  field: string,
  intent: PolicyIntent,
  options: { readonly value?: string; readonly abi?: readonly unknown[] } = {},
): FieldValue {
  const { value = VALUES.get(field) ?? '1', abi = [] } = options;
  const compiled = policy([rule({ method: '*', conditions: [when(field, 'eq', value, source)] })], {
    abis: [{ targets: ['0x2007'], abi: abi as never }],
  });
  const [frame] = framesOf(compiled, intent);
  const [condition] = compiled.program.rulesForAll[0]?.conditions ?? [];
  if (frame === undefined || condition === undefined) throw new Error('nothing was compiled');
  return seenValue(condition, frame);
}

const number = (value: bigint): FieldValue => ({ kind: 'number', value });
const address = (value: bigint): FieldValue => ({ kind: 'address', value });
const text = (value: string): FieldValue => ({ kind: 'text', value });
const list = (...items: readonly FieldValue[]): FieldValue => ({ kind: 'list', items });

const TRANSACTION = intentOf(transaction([transfer(60n)], { maxFee: 9n, tip: 2n }));
const MESSAGE = intentOf({ kind: 'message', content: new TextEncoder().encode('héllo') });

describe('every source', () => {
  it.each(EVALUATED_FIELD_SOURCES)('%s has its own name', (name) => {
    expect(fieldSource(name)?.name).toBe(name);
  });

  it.each(FOREIGN_FIELD_SOURCES)('%s is not read here', (name) => {
    expect(fieldSource(name)).toBeUndefined();
  });
});

describe('a field of another sort of request', () => {
  const fields: readonly (readonly [Field, string, PolicyIntent])[] = [
    ['starknet_call', 'target', MESSAGE],
    ['starknet_call', 'effect.amount', MESSAGE],
    ['starknet_call', 'transfer.amount', MESSAGE],
    ['starknet_transaction', 'nonce', MESSAGE],
    ['simulated_change', 'amount', MESSAGE],
    ['hyperliquid_action', 'size', MESSAGE],
    ['ethereum_7702_authorization', 'contract', MESSAGE],
    ['action_request_body', 'a', MESSAGE],
    ['message', 'byte_length', TRANSACTION],
    ['starknet_call', 'approve.amount', TRANSACTION],
  ];

  it.each(fields)('%s %s is inapplicable', (source, field, intent) => {
    const value = seen(source, field, intent);
    expect(value.kind === 'inapplicable' && value.doubtful === undefined).toBe(true);
  });
});

describe('system', () => {
  // 2026-02-13 12:00:00 UTC, a Friday
  it.each([
    ['current_unix_timestamp', NOW_SEC],
    ['utc_hour', 12n],
    ['utc_weekday', 5n],
    ['utc_minute_of_day', 720n],
  ])('%s', (field, value) => {
    expect(seen('system', field, MESSAGE)).toEqual(number(value));
  });

  it.each([
    ['utc_weekday', 0, 4n],
    ['utc_weekday', 86_400_000 * 3, 0n],
    ['utc_weekday', 86_400_000 * 3 - 1, 6n],
    ['utc_hour', 86_400_000 - 1, 23n],
    ['utc_minute_of_day', 86_400_000 - 1, 1_439n],
    ['current_unix_timestamp', 1_999, 1n],
  ] as const)('%s at %d ms', (field, nowMs, value) => {
    expect(seen('system', field, { ...MESSAGE, nowMs })).toEqual(number(value));
  });
});

describe('client, key, message, authorization', () => {
  it.each([
    ['client', 'id', MESSAGE, text('bot')],
    ['key', 'id', MESSAGE, text('trading')],
    ['message', 'content', MESSAGE, text('héllo')],
    ['message', 'byte_length', MESSAGE, number(6n)],
    [
      'ethereum_7702_authorization',
      'contract',
      intentOf({ kind: 'ethereum_7702_authorization', contract: 0xabcn }),
      address(0xabcn),
    ],
  ] as const)('%s %s', (source, field, intent, value) => {
    expect(seen(source, field, intent)).toEqual(value);
  });

  it('a message that is not UTF-8 has a length and no content', () => {
    const bytes = intentOf({ kind: 'message', content: new Uint8Array([0xff, 0xfe]) });
    expect(seen('message', 'content', bytes).kind).toBe('unreadable');
    expect(seen('message', 'byte_length', bytes)).toEqual(number(2n));
  });

  it('a mark at the beginning of a message is part of it', () => {
    const marked = intentOf({ kind: 'message', content: new TextEncoder().encode('\ufeffhi') });
    expect(seen('message', 'content', marked)).toEqual(text('\ufeffhi'));
  });

  it('an aggregation is an error', () => {
    expect(seen('reference', 'aggregation.x', MESSAGE).kind).toBe('unreadable');
    expect(seen('reference', 'aggregation.a.long.one', MESSAGE).kind).toBe('unreadable');
  });
});

describe('starknet_transaction', () => {
  it.each([
    ['chain_id', number(SEPOLIA)],
    ['account', address(ACCOUNT)],
    ['nonce', number(5n)],
    ['call_count', number(1n)],
    ['valid_until', number(NOW_SEC + 300n)],
    ['validity_seconds', number(300n)],
    ['message_kind', text('invoke-v2')],
    ['max_fee', number(9n)],
    ['tip', number(2n)],
  ])('%s', (field, value) => {
    expect(seen('starknet_transaction', field, TRANSACTION)).toEqual(value);
  });

  it.each(['max_fee', 'tip'])('%s nobody promised is in doubt', (field) => {
    const value = seen('starknet_transaction', field, intentOf(transaction([transfer(1n)])));
    expect(value).toMatchObject({ kind: 'inapplicable', doubtful: true });
  });

  it('takes chains by name', () => {
    const condition = when('chain_id', 'eq', 'SN_SEPOLIA', 'starknet_transaction');
    const compiled = policy([rule({ conditions: [condition] })]);
    const [frame] = framesOf(compiled, TRANSACTION);
    const [written] = compiled.program.rulesByMethod.values().next().value?.[0]?.conditions ?? [];
    expect(frame && written?.compare.permits(number(SEPOLIA) as never, 0)).toBe(1);
  });
});

describe('simulated_change', () => {
  const changes = [
    { kind: 'balance', token: TOKEN, party: ACCOUNT, amount: -60n },
    { kind: 'allowance', token: TOKEN, party: ROUTER, amount: 5n },
  ] as const;
  const simulated = intentOf(transaction([transfer(60n)], { simulatedChanges: changes }));

  it.each([
    ['kind', list(text('balance'), text('allowance'))],
    ['token', list(address(TOKEN), address(TOKEN))],
    ['party', list(address(ACCOUNT), address(ROUTER))],
    ['amount', list(number(-60n), number(5n))],
  ])('%s', (field, value) => {
    expect(seen('simulated_change', field, simulated)).toEqual(value);
  });

  it('is unreadable when nobody simulated', () => {
    expect(seen('simulated_change', 'amount', TRANSACTION).kind).toBe('unreadable');
  });
});

describe('hyperliquid_action', () => {
  const action = (fields: Readonly<Record<string, string | bigint | boolean>>) =>
    intentOf({ kind: 'hyperliquid_action', fields });

  it.each([
    ['type', 'order', text('order')],
    ['asset', 'BTC', text('BTC')],
    ['asset', 5n, number(5n)],
    ['size', 150_000_000n, number(150_000_000n)],
    ['reduce_only', true, { kind: 'boolean', value: true }],
    ['destination', '0xAbC', address(0xabcn)],
    ['builder', 0xabcn, address(0xabcn)],
  ] as const)('%s %o', (field, value, expected) => {
    expect(seen('hyperliquid_action', field, action({ [field]: value }))).toEqual(expected);
  });

  it.each([
    ['size', '1.5'],
    ['reduce_only', 'true'],
    ['destination', 'bob'],
    ['destination', ' 0xabc'],
    ['destination', '0xabc!'],
    ['destination', `0x${'1'.repeat(65)}`],
    ['destination', true],
    ['amount', '0xabc'],
    ['is_cross', 1n],
    ['tif', true],
    ['asset', true],
    ['type', 5n],
  ])('%s %o is of the wrong kind: unreadable', (field, value) => {
    expect(seen('hyperliquid_action', field, action({ [field]: value })).kind).toBe('unreadable');
  });

  it('has only the fields of its type', () => {
    expect(seen('hyperliquid_action', 'leverage', action({ type: 'order' })).kind).toBe(
      'inapplicable',
    );
  });
});

describe('action_request_body', () => {
  const body = intentOf({
    kind: 'action_request_body',
    body: { a: { b: '5.0', c: null, d: true }, items: ['x', 'y'], o: { p: {} } },
  });

  it.each([
    ['a.b', text('5.0')],
    ['a.d', { kind: 'boolean', value: true }],
    ['items', list(text('x'), text('y'))],
    ['items.1', text('y')],
  ] as const)('%s', (field, value) => {
    expect(seen('action_request_body', field, body)).toEqual(value);
  });

  it.each(['a.c', 'a.x', 'a.b.c', 'toString', '__proto__', 'items.length', 'items.2'])(
    '%s is not there',
    (field) => {
      expect(seen('action_request_body', field, body).kind).toBe('inapplicable');
    },
  );

  it('places of a list are digits, of any number', () => {
    const items = Array.from({ length: 12 }, (_, i) => `item ${i}`);
    const long = intentOf({ kind: 'action_request_body', body: { items } });
    expect(seen('action_request_body', 'items.11', long)).toEqual(text('item 11'));
  });

  it('names that look like places are names', () => {
    const named = intentOf({ kind: 'action_request_body', body: { o: { '1a': 'x', a1: 'y' } } });
    expect(seen('action_request_body', 'o.1a', named)).toEqual(text('x'));
    expect(seen('action_request_body', 'o.a1', named)).toEqual(text('y'));
    expect(seen('action_request_body', 'o.1a', MESSAGE).kind).toBe('inapplicable');
  });

  it('an object is no value', () => {
    expect(seen('action_request_body', 'o', body).kind).toBe('unreadable');
  });
});

describe('starknet_call', () => {
  const call = (selector: bigint, calldata: readonly bigint[], to = TOKEN): PolicyIntent =>
    intentOf(transaction([{ to, selector, calldata }]));

  it.each([
    ['target', '0x1', address(TOKEN)],
    ['selector', '1', number(TRANSFER)],
    ['function_name', 'approve', text('transfer')],
    ['transfer.recipient', '0x1', address(FRIEND)],
    ['transfer.amount', '1', number(60n)],
    ['effect.kind', 'x', list(text('transfer'))],
    ['effect.token', '0x1', list(address(TOKEN))],
    ['effect.recipient', '0x1', list(address(FRIEND))],
    ['effect.amount', '1', list(number(60n))],
  ])('%s', (field, value, expected) => {
    expect(seen('starknet_call', field, TRANSACTION, { value })).toEqual(expected);
  });

  it('that gives nothing away has no effects', () => {
    const value = seen('starknet_call', 'effect.amount', call(BALANCE_OF, [FRIEND]));
    expect(value).toEqual(list());
  });

  it('calldata that does not fit is unreadable, for its function and its effects', () => {
    const short = call(TRANSFER, [FRIEND]);
    expect(seen('starknet_call', 'transfer.amount', short).kind).toBe('unreadable');
    expect(seen('starknet_call', 'effect.amount', short).kind).toBe('unreadable');
    expect(seen('starknet_call', 'approve.amount', short).kind).toBe('inapplicable');
    expect(seen('starknet_call', 'function_name', short, { value: 'transfer' })).toEqual(
      text('transfer'),
    );
  });

  it('a function nobody knows has no name, and effects in doubt', () => {
    const unknown = call(SWAP, []);
    expect(seen('starknet_call', 'function_name', unknown, { value: 'transfer' }).kind).toBe(
      'inapplicable',
    );
    expect(seen('starknet_call', 'effect.amount', unknown)).toMatchObject({ doubtful: true });
  });

  it('an amount without bound is more than any number', () => {
    const operator = seen('starknet_call', 'effect.amount', call(APPROVE, [ROUTER, 0n, 0n]));
    expect(operator).toEqual(list(number(0n)));
    expect(UNLIMITED_AMOUNT).toBeGreaterThan(1n << 256n);
  });
});

describe('starknet_call, parameters of an ABI', () => {
  const abi = [
    abiStruct('shop::Hop', { pool: ADDRESS, amount: U256 }),
    abiEnum('shop::Side', { Buy: FELT, Hold: '()' }),
    abiFunction('trade', {
      hops: arrayOf('shop::Hop'),
      side: 'shop::Side',
      pair: '(core::felt252, core::felt252)',
    }),
  ];
  const selector = CAIRO_PRIMITIVES.selectorOf('trade');
  const buy = [2n, FRIEND, 5n, 0n, STRANGER, 6n, 0n, 0n, 7n, 8n, 9n];
  const hold = [0n, 1n, 8n, 9n];
  const at = (field: string, calldata: readonly bigint[], value = '1', to = ROUTER) =>
    seen('starknet_call', field, intentOf(transaction([{ to, selector, calldata }])), {
      value,
      abi,
    });

  it.each([
    ['trade.hops.pool', '0x1', list(address(FRIEND), address(STRANGER))],
    ['trade.hops.amount', '1', list(number(5n), number(6n))],
    ['trade.hops.1.amount', '1', number(6n)],
    ['trade.side.variant', 'Buy', text('Buy')],
    ['trade.side.value', '1', number(7n)],
    ['trade.pair.0', '1', number(8n)],
  ])('%s', (field, value, expected) => {
    expect(at(field, buy, value)).toEqual(expected);
  });

  it.each([
    ['trade.hops.5.amount', 'an item beyond the list'],
    ['trade.side.value', 'a variant without a value'],
  ])('%s: %s is inapplicable', (field) => {
    expect(at(field, hold).kind).toBe('inapplicable');
  });

  it('on a contract whose ABI is not known are unreadable', () => {
    expect(at('trade.side.variant', hold, 'Buy', STRANGER).kind).toBe('unreadable');
  });

  it.each(['trade.hops', 'trade.side', 'trade.pair', 'trade.side.other', 'trade.pair.2', 'trade'])(
    '%s is no value, and refused at load',
    (field) => {
      expect(() => at(field, hold)).toThrow(
        expect.objectContaining({ code: 'ERR_POLICY_DOCUMENT_INVALID' }),
      );
    },
  );

  it('the name of a function is told by its selector, where another contract knows it', () => {
    const elsewhere = intentOf(transaction([{ to: STRANGER, selector, calldata: [] }]));
    expect(seen('starknet_call', 'function_name', elsewhere, { value: 'trade', abi })).toEqual(
      text('trade'),
    );
  });
});

describe('a unit', () => {
  it('reads its call once and remembers what it is told to', () => {
    let reads = 0;
    const reader = {
      read: () => {
        reads += 1;
        return { kind: 'unknown' } as const;
      },
      functionsNamed: () => [],
    };
    const conditions = [when('effect.amount', 'eq', '1'), when('effect.kind', 'eq', 'x')];
    const compiled = policy([rule({ conditions })], {}, { reader });
    const [frame] = framesOf(compiled, TRANSACTION);
    for (const condition of [...compiled.program.rulesByMethod.values()][0]?.[0]?.conditions ??
      []) {
      if (frame !== undefined) seenValue(condition, frame);
    }
    expect(reads).toBe(1);
  });
});

describe('effects of a call', () => {
  const effects = [
    { kind: 'operator', token: TOKEN, recipient: ROUTER, amount: 'unlimited' },
    { kind: 'burn', token: TOKEN, recipient: undefined, amount: 5n },
  ] as const;
  const reader = {
    read: () => ({ kind: 'decoded', functionName: 'f', parameters: new Map(), effects }) as const,
    functionsNamed: () => [],
  };
  const effect = (field: string, value: string) => {
    const compiled = policy([rule({ conditions: [when(field, 'eq', value)] })], {}, { reader });
    const [frame] = framesOf(compiled, TRANSACTION);
    const [written] = compiled.program.rulesByMethod.values().next().value?.[0]?.conditions ?? [];
    return frame && written && seenValue(written, frame);
  };

  it('have an amount beyond every other where nothing bounds it', () => {
    expect(effect('effect.amount', '5')).toEqual(list(number(UNLIMITED_AMOUNT), number(5n)));
  });

  it('have no recipient where nobody receives', () => {
    expect(effect('effect.recipient', '0x1')).toMatchObject({
      items: [address(ROUTER), { kind: 'inapplicable' }],
    });
  });

  it('have a kind and a token', () => {
    expect(effect('effect.kind', 'burn')).toEqual(list(text('operator'), text('burn')));
    expect(effect('effect.token', '0x1')).toEqual(list(address(TOKEN), address(TOKEN)));
  });
});
