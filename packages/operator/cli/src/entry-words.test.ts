import {
  type DecisionEntry,
  decisionEntryBytes,
  ERROR_TABLE,
  outcomeEntryBytes,
} from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { entryLine, entryRows, readEntry } from './entry-words.ts';

const TRANSFER = 0x83afd3f4caedc6eebf44246fe54e38c95e3179a5ec9ea81740eca5b482d12en;
const UPGRADE = 0xf2f7c15cbe06c8d94597cd91fd7f3369eae842359235712def5584f8d270cdn;

const ALLOWED: DecisionEntry = {
  timeMs: 1_770_984_000_123,
  requestId: 'kr-1',
  clientId: 'rent-bot',
  method: 'POST',
  target: '/v1/sign/session-transaction',
  bodySha256: 'ab'.repeat(32),
  policyHash: 'cd'.repeat(32),
  outcome: 'allow',
  asked: {
    accountAddress: 0xacc0n,
    chainId: 0x534e5f5345504f4c4941n,
    accountNonce: 7n,
    validUntilSec: 1_770_984_300n,
    calls: [{ to: 0x70c3n, selector: TRANSFER, calldata: [0xf21en, 5n, 1n] }],
  },
  message: {
    kind: 'invoke-v2',
    keyId: 'rent',
    publicKey: 0x3924n,
    domainHash: 1n,
    messageHash: 0xebb2n,
    custodian: 'local',
  },
};

type Calls = NonNullable<DecisionEntry['asked']>['calls'];

const read = (entry: DecisionEntry) => readEntry(decisionEntryBytes(entry)) ?? {};
const withCalls = (calls: Calls): DecisionEntry => ({
  ...ALLOWED,
  asked: ALLOWED.asked && { ...ALLOWED.asked, calls },
});
const denied: DecisionEntry = {
  ...ALLOWED,
  outcome: 'deny',
  code: 'ERR_POLICY_LIMIT_EXCEEDED',
  rule: 'key.caps.per-call',
  message: undefined,
};

describe('entryRows', () => {
  it('tells an allowed request', () => {
    expect(entryRows(read(ALLOWED))).toEqual({
      time: '2026-02-13T12:00:00.123Z',
      client: 'rent-bot',
      asked: 'account 0xacc0 on SN_SEPOLIA, nonce 0x7, valid until 2026-02-13T12:05:00.000Z',
      'call 1': `transfer of ${(1n << 128n) + 5n} base units of 0x70c3 to 0xf21e`,
      decided: 'allowed',
      policy: 'cd'.repeat(32),
      signed: 'invoke-v2 message 0xebb2 by key rent (0x3924), custody local',
      'request id': 'kr-1',
    });
  });

  it('tells a refusal by sentence, code and rule', () => {
    const rows = entryRows(read(denied));
    expect(rows.decided).toBe(
      `refused: ${ERROR_TABLE.ERR_POLICY_LIMIT_EXCEEDED.sentence} (ERR_POLICY_LIMIT_EXCEEDED) (rule key.caps.per-call)`,
    );
    expect(rows).not.toHaveProperty('signed');
  });

  it('tells a request that could not be read by its target', () => {
    const rows = entryRows(read({ ...denied, asked: undefined, rule: undefined }));
    expect(rows.asked).toBe('/v1/sign/session-transaction');
    expect(rows).not.toHaveProperty('call 1');
  });

  it('tells that nothing was signed after all', () => {
    const bytes = outcomeEntryBytes({
      timeMs: 0,
      requestId: 'r',
      decidedAt: 3,
      code: 'ERR_CUSTODIAN_MISMATCH',
    });
    expect(entryRows(readEntry(bytes) ?? {}).decided).toContain(
      'not signed after all: the custodian',
    );
  });

  it('names administration by name, an unknown selector by number', () => {
    const calls = [
      { to: 1n, selector: UPGRADE, calldata: [2n] },
      { to: 1n, selector: 0x5a9n, calldata: [] },
    ];
    expect(entryRows(read(withCalls(calls)))).toMatchObject({
      'call 1': 'upgrade on 0x1 with 1 felts',
      'call 2': '0x5a9 on 0x1 with 0 felts',
    });
  });

  it('says where calldata is kept as a digest', () => {
    const calls = Array.from({ length: 8 }, () => ({
      to: 1n,
      selector: TRANSFER,
      calldata: Array.from({ length: 256 }, () => 1n << 250n),
    }));
    expect(entryRows(read(withCalls(calls)))['call 8']).toBe(
      'transfer on 0x1 with 256 felts, kept as a digest',
    );
  });

  it('shows a chain that is no text as its number', () => {
    const asked = ALLOWED.asked && { ...ALLOWED.asked, chainId: 0x1n };
    expect(entryRows(read({ ...ALLOWED, asked })).asked).toMatch(/ on (0x1|\ufffd), /);
  });
});

describe('what is not understood', () => {
  it('is left out', () => {
    expect(entryRows({})).toEqual({ decided: expect.stringContaining('refused') });
    expect(entryRows({ type: 'note', client: 7, asked: [], message: 'x' })).toMatchObject({
      client: '7',
    });
  });

  it('never makes a call look like another', () => {
    const call = { to: '0x1', selector: `0x${TRANSFER.toString(16)}` };
    const odd = (calldata: readonly unknown[]): string | undefined =>
      entryRows({ asked: { calls: [{ ...call, calldata }] } })['call 1'];
    expect(odd(['0x2', '0x5', '0x0'])).toBe('transfer of 5 base units of 0x1 to 0x2');
    expect(odd(['0x2', 'new', '0x5', '0x0'])).toBe('transfer on 0x1 with 4 felts');
    expect(odd([null, '0x2', '0x5', '0x0'])).toBe('transfer on 0x1 with 4 felts');
  });

  it('cannot speak to the terminal', () => {
    const rows = entryRows({
      client: 'a\u001b[2Jb\u009bc',
      requestId: 'x\u202ey\u0007',
      type: 'x',
    });
    expect(rows).toMatchObject({ client: 'a\ufffd[2Jb\ufffdc', 'request id': 'x\ufffdy\ufffd' });
  });

  it.each([
    ['no JSON', 'x'],
    ['a list', '[]'],
    ['a text', '"x"'],
    ['null', 'null'],
  ])('is no entry: %s', (_name, text) => {
    expect(readEntry(Buffer.from(text))).toBeUndefined();
  });
});

describe('entryLine', () => {
  it('is one line with everything in its place', () => {
    expect(entryLine(12, read(ALLOWED))).toBe(
      `    12  2026-02-13T12:00:00.123Z  rent-bot  allowed  transfer of ${(1n << 128n) + 5n} base units of 0x70c3 to 0xf21e`,
    );
  });

  it('joins calls', () => {
    const calls = [1n, 2n].map((to) => ({ to, selector: 0x5a9n, calldata: [] }));
    expect(entryLine(0, read(withCalls(calls)))).toContain(
      '0x5a9 on 0x1 with 0 felts; 0x5a9 on 0x2',
    );
  });

  it('says what kind of entry has no request', () => {
    expect(entryLine(0, read({ ...denied, asked: undefined }))).toMatch(/ {2}decision$/);
    expect(entryLine(0, {})).toMatch(/^ {5}0 {2}- {2}- {2}refused: unknown {2}-$/);
  });
});
