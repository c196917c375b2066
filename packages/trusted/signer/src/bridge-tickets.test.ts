import { createScureHashBackend, createSignatureChecker, signHash } from '@countersign/crypto';
import { policyFromSettings } from '@countersign/policy';
import { CURVE_ORDER, Secret, toHex } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { configFrom, createTestClock } from '../test/pipeline-world.ts';
import { refusalOf } from '../test/refusal.ts';
import { transferBody } from '../test/request.ts';
import {
  AGENT,
  BRIDGE_PRIVATE_KEY,
  BRIDGE_PUBLIC_KEY,
  bridgeSettings,
  NOW_MS,
} from '../test/settings.ts';
import { type BridgeTicket, createBridgeTickets } from './bridge-tickets.ts';
import { type Approved, judge } from './judgement.ts';

const LIFE_MS = 120_000;
const MOST = 1_024;
const OTHER_KEY = new Secret(0x07e4n);

const checker = createSignatureChecker();
const config = configFrom(bridgeSettings(), []);
const approved = judgeTransfer();

function judgeTransfer(): Approved {
  const deps = {
    policy: policyFromSettings(bridgeSettings().policy),
    written: new Map(),
    keys: config.keys,
    backend: createScureHashBackend(),
  };
  const judgement = judge(deps, AGENT.clientId, transferBody(), NOW_MS);
  if (judgement.outcome === 'allow') return judgement;
  throw new Error(`not allowed: ${judgement.outcome}`);
}

function ticketFor(requestId: string): BridgeTicket {
  const receipt = { id: '0-0123456789abcdef', index: 0 };
  return { approved, requestId, scopes: ['all'], receipt, nowMs: NOW_MS, config };
}

type Answer = Readonly<Record<string, unknown>> & { readonly signature: readonly string[] };

/** The answer of an honest bridge, with members replaced. */
function answer(changes: Readonly<Record<string, unknown>> = {}): Answer {
  const { messageHash, domainHash = 0n } = approved.hashes;
  const { r, s } = signHash(messageHash, BRIDGE_PRIVATE_KEY);
  const publicKey = toHex(BRIDGE_PUBLIC_KEY);
  const { validUntilSec } = approved.message;
  return {
    signatureMode: 'v2_snip12',
    signatureKind: 'Snip12',
    domainHash: toHex(domainHash),
    messageHash: toHex(messageHash),
    sessionPublicKey: publicKey,
    signature: [publicKey, toHex(r), toHex(s), toHex(validUntilSec)],
    ...changes,
  };
}

function verify(document: unknown): ReturnType<typeof signHash> {
  const tickets = createBridgeTickets(createTestClock());
  return tickets.verifyAnswer(approved, Buffer.from(JSON.stringify(document)), checker);
}

/** The honest signature with one of its four felts replaced. */
function withFelt(index: number, felt: string): Answer {
  const honest = answer();
  return { ...honest, signature: honest.signature.with(index, felt) };
}

describe('a ticket', () => {
  it('works once', () => {
    const tickets = createBridgeTickets(createTestClock());
    const name = tickets.issue(ticketFor('r'));
    expect(tickets.take(name)?.requestId).toBe('r');
    expect(tickets.take(name)).toBeUndefined();
  });

  it('has a name nobody can guess and that no other has', () => {
    const tickets = createBridgeTickets(createTestClock());
    const names = Array.from({ length: 100 }, () => tickets.issue(ticketFor('r')));
    expect(new Set(names).size).toBe(100);
    expect(names.every((name) => /^[0-9a-f]{32}$/.test(name))).toBe(true);
  });

  it('is not found under another name', () => {
    const tickets = createBridgeTickets(createTestClock());
    tickets.issue(ticketFor('r'));
    expect(tickets.take('')).toBeUndefined();
    expect(tickets.take('__proto__')).toBeUndefined();
  });

  it('works until the moment before it expires', () => {
    const clock = createTestClock();
    const tickets = createBridgeTickets(clock);
    const [early, late] = [tickets.issue(ticketFor('a')), tickets.issue(ticketFor('b'))];
    clock.advance(LIFE_MS - 1);
    expect(tickets.take(early)).toBeDefined();
    clock.advance(1);
    expect(tickets.take(late)).toBeUndefined();
  });

  it('that has expired does not come back when the clock does', () => {
    const clock = createTestClock();
    const tickets = createBridgeTickets(clock);
    const name = tickets.issue(ticketFor('r'));
    clock.advance(LIFE_MS);
    tickets.take(name);
    clock.advance(-LIFE_MS);
    expect(tickets.take(name)).toBeUndefined();
  });

  it('is refused while too many wait, and given again once they have expired', () => {
    const clock = createTestClock();
    const tickets = createBridgeTickets(clock);
    for (let i = 0; i < MOST; i++) tickets.issue(ticketFor('r'));
    expect(refusalOf(() => tickets.issue(ticketFor('r'))).code).toBe('ERR_OVERLOADED');
    clock.advance(LIFE_MS);
    expect(tickets.take(tickets.issue(ticketFor('last')))?.requestId).toBe('last');
  });
});

describe('an answer that holds', () => {
  it('gives its signature', () => {
    const { r, s } = signHash(approved.hashes.messageHash, BRIDGE_PRIVATE_KEY);
    expect(verify(answer())).toEqual({ r, s });
  });

  it('may have s in the upper half, and gives the lower one', () => {
    const { r, s } = signHash(approved.hashes.messageHash, BRIDGE_PRIVATE_KEY);
    expect(verify(withFelt(2, toHex(CURVE_ORDER - s)))).toEqual({ r, s });
  });

  it('may carry further members and spell its numbers otherwise', () => {
    const spelt = `0x00${toHex(approved.hashes.messageHash).slice(2).toUpperCase()}`;
    expect(verify(answer({ messageHash: spelt, provider: 'x' })).r).toBeGreaterThan(0n);
  });
});

describe('an answer that is not what was demanded', () => {
  const otherKey = toHex(0x1234n);
  const mismatches: readonly [string, () => Answer][] = [
    ['domainHash', () => answer({ domainHash: '0x1' })],
    ['messageHash', () => answer({ messageHash: toHex(approved.hashes.messageHash ^ 1n) })],
    ['sessionPublicKey', () => answer({ sessionPublicKey: otherKey })],
    ['signature[0]', () => withFelt(0, otherKey)],
    ['signature[3]', () => withFelt(3, toHex(approved.message.validUntilSec + 1n))],
    ['signature', () => withFelt(1, toHex(1n))],
    ['signature', () => withFelt(2, toHex(1n))],
    ['signature', () => withFelt(2, '0x0')],
    ['signature', signedByAnother],
    ['signature', signedForAnotherHash],
  ];

  /** Everything honest but the key that signed. */
  function signedByAnother(): Answer {
    const { r, s } = signHash(approved.hashes.messageHash, OTHER_KEY);
    const { signature } = answer();
    return answer({ signature: signature.with(1, toHex(r)).with(2, toHex(s)) });
  }

  function signedForAnotherHash(): Answer {
    const { r, s } = signHash(approved.hashes.messageHash ^ 1n, BRIDGE_PRIVATE_KEY);
    const { signature } = answer();
    return answer({ signature: signature.with(1, toHex(r)).with(2, toHex(s)) });
  }

  it.each(mismatches)('is refused for its %s', (field, make) => {
    const refusal = refusalOf(() => verify(make()));
    expect(refusal.code).toBe('ERR_CUSTODIAN_MISMATCH');
    expect(refusal.details).toEqual({ field });
  });
});

describe('an answer nobody can read', () => {
  const tickets = createBridgeTickets(createTestClock());

  it.each(['', 'no JSON', '[]', 'null', '{}', '{"signatureMode":"v1"}'])('`%s`', (text) => {
    const refusal = refusalOf(() => tickets.verifyAnswer(approved, Buffer.from(text), checker));
    expect(refusal.code).toBe('ERR_CUSTODIAN_UNAVAILABLE');
  });

  it('says nothing of what the bridge sent', () => {
    const text = '{"signatureMode":"bearer-token-5f1e"}';
    const refusal = refusalOf(() => tickets.verifyAnswer(approved, Buffer.from(text), checker));
    expect(JSON.stringify(refusal.details)).not.toContain('bearer-token');
  });

  it('is one with three or five felts', () => {
    const { signature } = answer();
    for (const felts of [signature.slice(0, 3), [...signature, '0x1']]) {
      const refusal = refusalOf(() => verify(answer({ signature: felts })));
      expect(refusal.code).toBe('ERR_CUSTODIAN_UNAVAILABLE');
    }
  });
});
