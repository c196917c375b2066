import { describe, expect, it } from 'vitest';
import type { BoundaryError } from './errors.ts';
import { FIELD_PRIME, toHex } from './felt.ts';
import { refusalOf } from './fixtures/refusal.ts';
import { LIMITS } from './limits.ts';
import { parseSessionRequest, type SessionRequest } from './session-request.ts';
import { parseStrictJson } from './strict-json.ts';

type Json = Readonly<Record<string, unknown>>;

const CALL = {
  contractAddress: '0x49d36570d4e46f48e99674bd3fcc84644ddd6b96f7c741b1562b82f9e004dc7',
  entrypoint: 'transfer',
  calldata: ['0x123', '10000000000000000', '0'],
};

const VALID: Json = {
  accountAddress: '0x4a6b1f403e879b54ba3e68072fe4c3aaf8eb3617a51d8fea59b769432abbf50',
  keyId: 'default',
  chainId: '0x534e5f5345504f4c4941',
  nonce: '42',
  validUntil: 4_102_444_800,
  calls: [CALL],
};

const P = toHex(FIELD_PRIME);
const LAST = toHex(FIELD_PRIME - 1n);

const parse = (body: unknown): SessionRequest =>
  parseSessionRequest(parseStrictJson(Buffer.from(JSON.stringify(body), 'utf8')));
const refusal = (body: unknown): BoundaryError => refusalOf(() => parse(body));
const withCall = (change: Json): Json => ({ ...VALID, calls: [{ ...CALL, ...change }] });
const context = (change: unknown): Json => ({ ...VALID, context: change });
const felts = (count: number): string[] => Array.from({ length: count }, () => '1');
const calls = (count: number, calldata: string[] = []): Json => ({
  ...VALID,
  calls: Array.from({ length: count }, () => ({ ...CALL, calldata })),
});

function expectRefused(body: unknown, field: string): void {
  const error = refusal(body);
  expect(error.code).toBe('ERR_REQUEST_INVALID');
  expect(error.details.formErrors).toEqual([]);
  expect(Object.keys(error.details.fieldErrors ?? {})).toEqual([field]);
}

const NO_HEX: readonly unknown[] = [
  '',
  '0x',
  '42',
  '0X1',
  'abc',
  '0xg',
  ' 0x1',
  '0x1 ',
  `0x${'0'.repeat(65)}`,
  42,
  null,
  true,
  ['0x1'],
  {},
];
const NO_HEX_OR_DECIMAL: readonly unknown[] = [
  '',
  '0x',
  '-1',
  '1.0',
  '1e3',
  '0X1',
  ' 1',
  '1'.repeat(79),
  `0x${'0'.repeat(65)}`,
  42,
  null,
  ['1'],
];

describe('a field in hex only', () => {
  const fields: readonly (readonly [string, (value: unknown) => Json, string])[] = [
    ['accountAddress', (value) => ({ ...VALID, accountAddress: value }), 'accountAddress'],
    [
      'contractAddress',
      (value) => withCall({ contractAddress: value }),
      'calls[0].contractAddress',
    ],
  ];

  it.each(fields)('%s accepts 1-64 digits of either case', (_name, body) => {
    for (const text of ['0x1', '0xAb', `0x${'0'.repeat(60)}ab`, LAST]) {
      expect(() => parse(body(text))).not.toThrow();
    }
  });

  it.each(fields)('%s refuses anything else', (_name, body, path) => {
    for (const value of NO_HEX) expectRefused(body(value), path.replace(/\[.*/, ''));
  });

  it.each(fields)('%s refuses a value at or above the field prime', (_name, body, path) => {
    for (const text of [P, `0x${'f'.repeat(64)}`]) {
      const error = refusal(body(text));
      expect(error.code).toBe('ERR_FELT_OUT_OF_RANGE');
      expect(error.details).toMatchObject({ field: path, value: text });
    }
  });
});

describe('a field in hex or decimal', () => {
  const fields: readonly (readonly [string, (value: unknown) => Json, string])[] = [
    ['chainId', (value) => ({ ...VALID, chainId: value }), 'chainId'],
    ['nonce', (value) => ({ ...VALID, nonce: value }), 'nonce'],
    ['caller', (value) => ({ ...VALID, caller: value }), 'caller'],
    ['calldata', (value) => withCall({ calldata: ['1', value] }), 'calls[0].calldata[1]'],
  ];

  it.each(fields)('%s accepts both', (_name, body) => {
    for (const text of ['0', '7', '007', '0x7', '0xAB', LAST, String(FIELD_PRIME - 1n)]) {
      expect(() => parse(body(text))).not.toThrow();
    }
  });

  it.each(fields)('%s refuses anything else', (_name, body, path) => {
    for (const value of NO_HEX_OR_DECIMAL) expectRefused(body(value), path.replace(/\[.*/, ''));
  });

  it.each(fields)('%s refuses a value at or above the field prime', (_name, body, path) => {
    for (const text of [P, String(FIELD_PRIME), '9'.repeat(78)]) {
      const error = refusal(body(text));
      expect(error.code).toBe('ERR_FELT_OUT_OF_RANGE');
      expect(error.details).toMatchObject({ field: path, value: text });
    }
  });

  it('reads both to the same number', () => {
    expect(parse({ ...VALID, nonce: '42' }).accountNonce).toBe(42n);
    expect(parse({ ...VALID, nonce: '0x2a' }).accountNonce).toBe(42n);
  });
});

describe('mandatory fields', () => {
  it.each(['accountAddress', 'chainId', 'nonce', 'validUntil', 'calls'])('%s', (name) => {
    expectRefused({ ...VALID, [name]: undefined }, name);
  });

  it.each(['contractAddress', 'entrypoint', 'calldata'])('calls[].%s', (name) => {
    expectRefused(withCall({ [name]: undefined }), 'calls');
  });

  it.each(['keyId', 'caller', 'executeAfter', 'messageKind', 'context'])('%s is none', (name) => {
    expect(() => parse({ ...VALID, [name]: undefined })).not.toThrow();
  });

  it.each(['keyId', 'caller', 'executeAfter', 'messageKind', 'context'])(
    '%s may be absent but not null',
    (name) => {
      expectRefused({ ...VALID, [name]: null }, name);
    },
  );
});

describe('keyId', () => {
  it('has 1 to 64 characters', () => {
    expect(parse({ ...VALID, keyId: 'k'.repeat(64) }).keyId).toHaveLength(64);
    expect(parse({ ...VALID, keyId: undefined }).keyId).toBeUndefined();
    for (const keyId of ['', 'k'.repeat(65), 1, {}]) expectRefused({ ...VALID, keyId }, 'keyId');
  });
});

describe('validUntil', () => {
  it('is a whole number of seconds', () => {
    expect(parse({ ...VALID, validUntil: 1 }).validUntilSec).toBe(1n);
    const most = Number.MAX_SAFE_INTEGER;
    expect(parse({ ...VALID, validUntil: most }).validUntilSec).toBe(BigInt(most));
  });

  it.each([
    ['zero', '0'],
    ['negative', '-1'],
    ['a string', '"4102444800"'],
    ['a fraction', '4102444800.5'],
    ['a fraction of zero', '4102444800.0'],
    ['an exponent', '4e9'],
    ['past the safe integers', '9007199254740992'],
    ['minus zero', '-0'],
    ['true', 'true'],
  ])('that is %s is refused', (_name, literal) => {
    const text = JSON.stringify(VALID).replace('4102444800', literal);
    const error = refusalOf(() => parseSessionRequest(parseStrictJson(Buffer.from(text))));
    expect(Object.keys(error.details.fieldErrors ?? {})).toEqual(['validUntil']);
  });
});

describe('executeAfter', () => {
  const after = (executeAfter: unknown): Json => ({ ...VALID, validUntil: 100, executeAfter });

  it('may be as late as validUntil', () => {
    expect(parse(after('100')).executeAfterSec).toBe(100n);
    expect(parse(after('0x0')).executeAfterSec).toBe(0n);
  });

  it('must not be later', () => {
    expectRefused(after('101'), 'executeAfter');
  });

  it('is a felt in hex or decimal', () => {
    for (const value of NO_HEX_OR_DECIMAL) expectRefused(after(value), 'executeAfter');
    expect(refusal(after(P)).code).toBe('ERR_FELT_OUT_OF_RANGE');
  });
});

describe('calls', () => {
  it(`are 1 to ${LIMITS.callsPerRequest}`, () => {
    expect(parse(calls(LIMITS.callsPerRequest)).calls).toHaveLength(LIMITS.callsPerRequest);
    expectRefused(calls(LIMITS.callsPerRequest + 1), 'calls');
    for (const value of [[], {}, 'call', 1]) expectRefused({ ...VALID, calls: value }, 'calls');
  });

  it.each([
    ['a number', 1],
    ['a fraction', 1.5],
    ['null', null],
    ['an array', []],
    ['a text', 'transfer'],
  ])('are objects, not %s', (_name, item) => {
    expectRefused({ ...VALID, calls: [item] }, 'calls');
  });

  it('have entrypoints of 1 to 256 characters, kept as sent', () => {
    const longest = 'e'.repeat(LIMITS.entrypointChars);
    expect(parse(withCall({ entrypoint: longest })).calls[0]?.entrypoint).toBe(longest);
    expect(parse(withCall({ entrypoint: '0x00AB' })).calls[0]?.entrypoint).toBe('0x00AB');
    for (const entrypoint of ['', `${longest}e`, 7, null]) {
      expectRefused(withCall({ entrypoint }), 'calls');
    }
  });

  it(`carry at most ${LIMITS.calldataPerCall} felts each`, () => {
    expect(() => parse(calls(1, felts(LIMITS.calldataPerCall)))).not.toThrow();
    expectRefused(calls(1, felts(LIMITS.calldataPerCall + 1)), 'calls');
    expect(parse(withCall({ calldata: [] })).calls[0]?.calldata).toEqual([]);
  });

  it(`carry at most ${LIMITS.calldataPerRequest} felts together`, () => {
    expect(() => parse(calls(8, felts(256)))).not.toThrow();
    const oneMore = [...(calls(8, felts(256)).calls as Json[]), { ...CALL, calldata: ['1'] }];
    const error = refusal({ ...VALID, calls: oneMore });
    expect(error.code).toBe('ERR_REQUEST_INVALID');
    expect(JSON.stringify(error.details)).toContain('at most 2048 felts, found 2049');
  });
});

describe('messageKind', () => {
  it.each(['invoke-v1', 'invoke-v2', 'outside-v2'])('%s', (messageKind) => {
    expect(parse({ ...VALID, messageKind }).messageKind).toBe(messageKind);
  });

  it.each(['v1', 'INVOKE-V2', '', 'outside-v1', 2, ['invoke-v2']])('is not %j', (messageKind) => {
    expectRefused({ ...VALID, messageKind }, 'messageKind');
  });
});

describe('context', () => {
  it.each([
    ['requester', LIMITS.contextChars.requester],
    ['tool', LIMITS.contextChars.tool],
    ['reason', LIMITS.contextChars.reason],
  ] as const)('bounds %s to %i characters', (name, limit) => {
    const longest = 'x'.repeat(limit);
    expect(parse(context({ [name]: longest })).context[name]).toBe(longest);
    expect(parse(context({ [name]: '' })).context[name]).toBe('');
    for (const value of [`${longest}x`, 1, null, {}]) {
      expectRefused(context({ [name]: value }), 'context');
    }
  });

  it.each([
    ['a text', 'x'],
    ['a number', 1],
    ['a number with a fraction', 1.5],
    ['a number past the safe integers', 2 ** 60],
    ['an array', []],
  ])('is an object, not %s', (_name, value) => {
    expectRefused(context(value), 'context');
  });

  it.each(['requestId', 'traceId'] as const)('echoes %s only when it is a plain text', (name) => {
    const echoed = (value: unknown): unknown => parse(context({ [name]: value })).context[name];
    expect(echoed('kr-1-a')).toBe('kr-1-a');
    expect(echoed('x'.repeat(LIMITS.correlationIdChars))).toHaveLength(LIMITS.correlationIdChars);
    for (const value of ['', ' \t', 'x'.repeat(LIMITS.correlationIdChars + 1), 7, {}, null]) {
      expect(echoed(value)).toBeUndefined();
    }
  });
});

describe('unknown fields', () => {
  it('are dropped at every level', () => {
    const body = {
      ...VALID,
      requestId: 'top',
      client_id: 'x',
      calls: [{ ...CALL, value: '1', gas: 2 }],
      context: { actor: 'me', mobile_action_id: 'a-1' },
    };
    expect(parse(body)).toEqual(parse({ ...VALID, context: {} }));
  });

  it('named like members of a prototype change nothing', () => {
    const text = JSON.stringify(VALID).replace('{', '{"__proto__":{"messageKind":"outside-v2"},');
    const request = parseSessionRequest(parseStrictJson(Buffer.from(text)));
    expect(request).toEqual(parse(VALID));
  });
});

describe('what is parsed', () => {
  it('is numbers, and the texts that are quoted back', () => {
    expect(parse({ ...VALID, chainId: '0x00534e5f5345504f4c4941' })).toEqual({
      accountAddress: BigInt(String(VALID.accountAddress)),
      accountAddressText: VALID.accountAddress,
      keyId: 'default',
      chainId: 0x534e5f5345504f4c4941n,
      chainIdText: '0x00534e5f5345504f4c4941',
      accountNonce: 42n,
      caller: undefined,
      executeAfterSec: undefined,
      validUntilSec: 4_102_444_800n,
      calls: [
        {
          to: BigInt(CALL.contractAddress),
          entrypoint: 'transfer',
          calldata: [0x123n, 10_000_000_000_000_000n, 0n],
        },
      ],
      messageKind: undefined,
      context: {},
    });
  });
});

describe('the whole body', () => {
  it.each([
    ['an array', [VALID]],
    ['null', null],
    ['a text', 'x'],
    ['a number', 1],
  ])('must not be %s', (_name, body) => {
    const error = refusal(body);
    expect(error.code).toBe('ERR_REQUEST_INVALID');
    expect(error.details.formErrors).toHaveLength(1);
  });

  it('that lacks everything names everything', () => {
    expect(Object.keys(refusal({}).details.fieldErrors ?? {})).toEqual([
      'accountAddress',
      'chainId',
      'nonce',
      'validUntil',
      'calls',
    ]);
  });

  it('with thousands of faults is answered in a few lines', () => {
    const error = refusal(
      calls(
        64,
        Array.from({ length: 32 }, () => 'x'),
      ),
    );
    expect(JSON.stringify(error.details).length).toBeLessThan(4_096);
  });

  it('is not repeated where it does not fit its schema', () => {
    const error = refusal({ ...VALID, nonce: 'hunter2', keyId: 'hunter2'.repeat(20) });
    expect(JSON.stringify([error.message, error.details])).not.toContain('hunter2');
  });
});
