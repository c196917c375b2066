import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CanonicalValue, canonicalJson } from './canonical-json.ts';
import { FIELD_PRIME, toHex } from './felt.ts';
import { LIMITS } from './limits.ts';
import {
  type DecisionEntry,
  decisionEntryBytes,
  type LoggedRequest,
  outcomeEntryBytes,
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

  it('is canonical', () => {
    const bytes = decisionEntryBytes(ALLOWED);
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
