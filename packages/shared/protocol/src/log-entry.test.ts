import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CanonicalValue, canonicalJson } from './canonical-json.ts';
import { FIELD_PRIME, toHex } from './felt.ts';
import { LIMITS } from './limits.ts';
import {
  type DecisionEntry,
  decisionEntryBytes,
  freezeEntryBytes,
  type LoggedRequest,
  type LoggedSpending,
  outcomeEntryBytes,
  settleEntryBytes,
} from './log-entry.ts';

const LARGEST = FIELD_PRIME - 1n;

const ASKED: LoggedRequest = {
  accountAddress: 0x4a6b1fn,
  chainId: 0x534e5f5345504f4c4941n,
  accountNonce: 42n,
  validUntilSec: 4_102_444_800n,
  calls: [{ to: 0x49d365n, selector: 0x83afd3n, calldata: [1n, 0x2386f26fc10000n, 0n] }],
};

const ALLOWED: DecisionEntry = {
  timeMs: 1_770_984_000_123,
  requestId: 'kr-1770984000000-00112233',
  clientId: 'mcp-tests',
  method: 'POST',
  target: '/v1/sign/session-transaction',
  bodySha256: 'ab'.repeat(32),
  policyHash: 'cd'.repeat(32),
  outcome: 'allow',
  asked: ASKED,
  message: {
    kind: 'invoke-v2',
    keyId: 'default',
    publicKey: 0x3924afn,
    domainHash: 0x34f0c6n,
    messageHash: 0xebb244n,
    custodian: 'local',
  },
};

const DENIED: DecisionEntry = {
  ...ALLOWED,
  outcome: 'deny',
  code: 'ERR_POLICY_CHAIN_DENIED',
  rule: 'chain.listed',
  message: undefined,
};

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const read = (bytes: Uint8Array): Record<string, unknown> =>
  JSON.parse(text(bytes)) as Record<string, unknown>;
const longest = (calls: number, felts: number): LoggedRequest => ({
  ...ASKED,
  caller: LARGEST,
  executeAfterSec: LARGEST,
  calls: Array.from({ length: calls }, () => ({
    to: LARGEST,
    selector: LARGEST,
    calldata: Array.from({ length: felts }, () => LARGEST),
  })),
});

const SPENDING: LoggedSpending = {
  atMs: 1_770_984_000_200,
  slot: '0x534e/0x4a6b1f/0x2a/account',
  reserved: [
    {
      bucket: 'trading daily 0x49d365',
      window: { type: 'sliding', seconds: 86_400 },
      amount: 100n,
      max: 250n,
      untilMs: 4_102_531_200_000,
    },
    {
      bucket: 'trading ever',
      window: { type: 'lifetime' },
      amount: 1n,
      max: undefined,
      untilMs: undefined,
    },
  ],
};

/** As many reservations as a decision may make, with names and amounts as long as they may be. */
const longestSpending = (character: string): LoggedSpending => ({
  atMs: 8_640_000_000_000_000,
  slot: character.repeat(512),
  reserved: Array.from({ length: LIMITS.chargesPerDecision }, (_, at) => ({
    bucket: `${at}`.padEnd(1_024, character),
    window: { type: 'sliding', seconds: 10_000_000_000 },
    amount: 2n ** 256n - 1n,
    max: 2n ** 256n - 1n,
    untilMs: 8_650_000_000_000_000,
  })),
});

describe('decisionEntryBytes', () => {
  it('writes an allowed request', () => {
    expect(read(decisionEntryBytes(ALLOWED))).toEqual({
      format: 'countersign-entry/v1',
      type: 'decision',
      time: '2026-02-13T12:00:00.123Z',
      requestId: ALLOWED.requestId,
      client: 'mcp-tests',
      request: {
        method: 'POST',
        target: '/v1/sign/session-transaction',
        bodySha256: ALLOWED.bodySha256,
      },
      policy: ALLOWED.policyHash,
      outcome: 'allow',
      asked: {
        account: '0x4a6b1f',
        chain: '0x534e5f5345504f4c4941',
        accountNonce: '0x2a',
        validUntil: '4102444800',
        calls: [
          { to: '0x49d365', selector: '0x83afd3', calldata: ['0x1', '0x2386f26fc10000', '0x0'] },
        ],
      },
      message: {
        kind: 'invoke-v2',
        keyId: 'default',
        publicKey: '0x3924af',
        domainHash: '0x34f0c6',
        messageHash: '0xebb244',
        custodian: 'local',
      },
    });
  });

  it('writes a refusal with its code and rule, and no message', () => {
    const entry = read(decisionEntryBytes(DENIED));
    expect(entry).toMatchObject({
      outcome: 'deny',
      code: 'ERR_POLICY_CHAIN_DENIED',
      rule: 'chain.listed',
    });
    expect(entry).not.toHaveProperty('message');
  });

  it('writes nothing of a request that could not be read but its digest', () => {
    const entry = read(decisionEntryBytes({ ...DENIED, asked: undefined, rule: undefined }));
    expect(Object.keys(entry)).toEqual(
      'client code format outcome policy request requestId time type'.split(' '),
    );
  });

  it('writes caller and start of an outside execution', () => {
    const asked = { ...ASKED, caller: 0x414e59n, executeAfterSec: 5n };
    expect(read(decisionEntryBytes({ ...ALLOWED, asked })).asked).toMatchObject({
      caller: '0x414e59',
      executeAfter: '5',
    });
  });

  it('writes what was reserved, with amounts as decimal text', () => {
    expect(read(decisionEntryBytes({ ...ALLOWED, spending: SPENDING })).spending).toEqual({
      at: 1_770_984_000_200,
      slot: '0x534e/0x4a6b1f/0x2a/account',
      reserved: [
        {
          bucket: 'trading daily 0x49d365',
          window: 'sliding',
          seconds: 86_400,
          amount: '100',
          cap: '250',
          until: 4_102_531_200_000,
        },
        { bucket: 'trading ever', window: 'lifetime', amount: '1' },
      ],
    });
  });

  it('leaves out that nothing was reserved', () => {
    const spending = { ...SPENDING, reserved: [] };
    expect(decisionEntryBytes({ ...ALLOWED, spending })).toEqual(decisionEntryBytes(ALLOWED));
  });

  it('is canonical', () => {
    const bytes = decisionEntryBytes({ ...ALLOWED, spending: SPENDING });
    expect(canonicalJson(read(bytes) as CanonicalValue)).toBe(text(bytes));
  });

  it('takes no free text along, whatever hangs on what it is given', () => {
    const extra = { reason: 'hunter2', context: { tool: 'hunter2' }, body: 'hunter2' };
    const entry = {
      ...ALLOWED,
      ...extra,
      asked: { ...ASKED, ...extra, calls: ASKED.calls.map((call) => ({ ...call, ...extra })) },
      message: ALLOWED.message && { ...ALLOWED.message, ...extra },
    };
    expect(text(decisionEntryBytes(entry))).toBe(text(decisionEntryBytes(ALLOWED)));
  });
});

describe('the limit of an entry', () => {
  it('replaces calldata by its digest where the calls are too long', () => {
    const asked = longest(8, 256);
    const bytes = decisionEntryBytes({ ...ALLOWED, asked });
    expect(bytes.length).toBeLessThanOrEqual(LIMITS.logEntryBytes);
    const { calls } = read(bytes).asked as { calls: Record<string, unknown>[] };
    const calldata = canonicalJson(asked.calls[0]?.calldata.map(toHex) ?? []);
    expect(calls).toHaveLength(8);
    expect(calls[0]).toEqual({
      to: toHex(LARGEST),
      selector: toHex(LARGEST),
      felts: 256,
      calldataSha256: createHash('sha256').update(calldata).digest('hex'),
    });
  });

  it('keeps calls in full where they fit', () => {
    const bytes = decisionEntryBytes({ ...ALLOWED, asked: longest(3, 256) });
    const { calls } = read(bytes).asked as { calls: Record<string, unknown>[] };
    expect(calls.every((call) => 'calldata' in call)).toBe(true);
  });

  it('holds for the longest request an edge can forward', () => {
    const bytes = decisionEntryBytes({
      ...ALLOWED,
      clientId: '\u00ff'.repeat(LIMITS.clientIdChars),
      requestId: 'r'.repeat(LIMITS.correlationIdChars),
      // Each of these takes two bytes in JSON.
      target: `/${'"'.repeat(LIMITS.headerBytes - 1)}`,
      asked: longest(LIMITS.callsPerRequest, LIMITS.calldataPerRequest / LIMITS.callsPerRequest),
    });
    expect(bytes.length).toBeLessThanOrEqual(LIMITS.logEntryBytes);
  });

  it.each(['b', '\u0001', '\u20ac'])(
    'holds for the longest request beside as many reservations as there may be, of %j',
    (character) => {
      const spending = longestSpending(character);
      const bytes = decisionEntryBytes({
        ...ALLOWED,
        clientId: '\u00ff'.repeat(LIMITS.clientIdChars),
        requestId: 'r'.repeat(LIMITS.correlationIdChars),
        target: `/${'"'.repeat(LIMITS.headerBytes - 1)}`,
        asked: longest(LIMITS.callsPerRequest, LIMITS.calldataPerRequest / LIMITS.callsPerRequest),
        spending,
      });
      expect(bytes.length).toBeLessThanOrEqual(LIMITS.logEntryBytes);
      const { reserved } = read(bytes).spending as { reserved: object[] };
      expect(reserved).toHaveLength(LIMITS.chargesPerDecision);
    },
  );

  it('gives up the names of buckets before the list of calls, and none of the amounts', () => {
    const asked = longest(8, 32);
    const entry = read(decisionEntryBytes({ ...ALLOWED, asked, spending: longestSpending('b') }));
    const { slotSha256, reserved } = entry.spending as {
      slotSha256: string;
      reserved: Record<string, unknown>[];
    };
    expect((entry.asked as { calls: object[] }).calls).toHaveLength(8);
    expect(slotSha256).toBe(createHash('sha256').update('b'.repeat(512)).digest('hex'));
    expect(reserved[7]).toEqual({
      bucketSha256: createHash('sha256').update('7'.padEnd(1_024, 'b')).digest('hex'),
      window: 'sliding',
      seconds: 10_000_000_000,
      amount: String(2n ** 256n - 1n),
      cap: String(2n ** 256n - 1n),
      until: 8_650_000_000_000_000,
    });
  });

  it('holds for any calls within the wire contract', () => {
    const felt = fc.bigInt({ min: 0n, max: LARGEST });
    const call = fc.record({
      to: felt,
      selector: felt,
      calldata: fc.array(felt, { maxLength: 256, size: 'max' }),
    });
    fc.assert(
      fc.property(fc.array(call, { minLength: 1, maxLength: 8 }), (calls) => {
        const bytes = decisionEntryBytes({ ...ALLOWED, asked: { ...ASKED, calls } });
        expect(bytes.length).toBeLessThanOrEqual(LIMITS.logEntryBytes);
      }),
      { numRuns: 30 },
    );
  });
});

describe('outcomeEntryBytes', () => {
  it('names the entry that allowed, and why nothing was signed', () => {
    const entry = { timeMs: 0, requestId: 'r-1', decidedAt: 12, code: 'ERR_CUSTODIAN_UNAVAILABLE' };
    expect(text(outcomeEntryBytes(entry))).toBe(
      '{"code":"ERR_CUSTODIAN_UNAVAILABLE","decidedAt":12,"format":"countersign-entry/v1",' +
        '"requestId":"r-1","time":"1970-01-01T00:00:00.000Z","type":"outcome"}',
    );
  });
});

describe('freezeEntryBytes', () => {
  it.each(['freeze', 'unfreeze'] as const)('says %s and of what', (action) => {
    expect(text(freezeEntryBytes({ timeMs: 0, action, scope: 'client:x' }))).toBe(
      `{"format":"countersign-entry/v1","scope":"client:x","time":"1970-01-01T00:00:00.000Z","type":"${action}"}`,
    );
  });
});

describe('settleEntryBytes', () => {
  it('says when a slot was used', () => {
    const settlement = { kind: 'executed', atMs: 5_000 } as const;
    expect(read(settleEntryBytes({ timeMs: 0, slot: 's', settlement }))).toEqual({
      format: 'countersign-entry/v1',
      type: 'settle',
      time: '1970-01-01T00:00:00.000Z',
      slot: 's',
      outcome: 'executed',
      at: 5_000,
    });
  });

  it('says that it never can be', () => {
    const entry = read(
      settleEntryBytes({ timeMs: 0, slot: 's', settlement: { kind: 'impossible' } }),
    );
    expect(entry).toMatchObject({ slot: 's', outcome: 'impossible' });
    expect(entry).not.toHaveProperty('at');
  });
});
