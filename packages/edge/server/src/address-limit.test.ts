import { describe, expect, it } from 'vitest';
import { type AddressLimitOptions, createAddressLimit } from './address-limit.ts';

/** A limit on a clock that the test moves. */
function limitAt(options: AddressLimitOptions = {}) {
  const clock = { nowMs: 0 };
  return { clock, limit: createAddressLimit({ ...options, nowMs: () => clock.nowMs }) };
}

const SMALL = { capacity: 10, refillPerSec: 10, penalty: 4 };

describe('with the defaults', () => {
  it('a local client never notices, at 5,000 requests a second for a minute', () => {
    const { clock, limit } = limitAt();
    let refused = 0;
    for (let i = 0; i < 300_000; i += 1) {
      clock.nowMs = i / 5;
      if (!limit.allow('127.0.0.1')) refused += 1;
    }
    expect(refused).toBe(0);
  });

  it('a local client may start with 5,000 requests at once', () => {
    const { limit } = limitAt();
    const answers = Array.from({ length: 5_000 }, () => limit.allow('::ffff:127.0.0.1'));
    expect(answers).not.toContain(false);
  });

  it('failures drain an address to about a hundred a second', () => {
    const { clock, limit } = limitAt();
    let failed = 0;
    for (let i = 0; i < 50_000; i += 1) {
      clock.nowMs = i / 5;
      if (!limit.allow('192.0.2.1')) continue;
      limit.penalise('192.0.2.1');
      failed += 1;
    }
    // ten seconds: a burst of a hundred, then a hundred a second
    expect(failed).toBeGreaterThan(900);
    expect(failed).toBeLessThan(1_150);
    expect(limit.allow('192.0.2.2')).toBe(true);
  });
});

describe('a bucket', () => {
  it('holds its capacity and fills up again', () => {
    const { clock, limit } = limitAt(SMALL);
    for (let i = 0; i < 10; i += 1) expect(limit.allow('192.0.2.1')).toBe(true);
    expect(limit.allow('192.0.2.1')).toBe(false);
    clock.nowMs = 99;
    expect(limit.allow('192.0.2.1')).toBe(false);
    clock.nowMs = 100;
    expect(limit.allow('192.0.2.1')).toBe(true);
    clock.nowMs = 1e9;
    for (let i = 0; i < 10; i += 1) expect(limit.allow('192.0.2.1')).toBe(true);
    expect(limit.allow('192.0.2.1')).toBe(false);
  });

  it('goes into debt for failures that were under way together, but not without end', () => {
    const { clock, limit } = limitAt(SMALL);
    for (let i = 0; i < 100; i += 1) limit.penalise('192.0.2.1');
    clock.nowMs = 1_050;
    expect(limit.allow('192.0.2.1')).toBe(false);
    clock.nowMs = 1_150;
    expect(limit.allow('192.0.2.1')).toBe(true);
  });

  it('is shared by a /64 and by the two spellings of an IPv4 address', () => {
    const { limit } = limitAt(SMALL);
    for (let i = 0; i < 5; i += 1) limit.penalise(`2001:db8::${i}`);
    expect(limit.allow('2001:db8::ffff')).toBe(false);
    expect(limit.allow('2001:db8:0:1::')).toBe(true);
    for (let i = 0; i < 5; i += 1) limit.penalise('::ffff:192.0.2.1');
    expect(limit.allow('192.0.2.1')).toBe(false);
  });

  it('does not fill when the clock is set back', () => {
    const { clock, limit } = limitAt(SMALL);
    clock.nowMs = 1_000;
    for (let i = 0; i < 10; i += 1) limit.allow('192.0.2.1');
    clock.nowMs = 0;
    expect(limit.allow('192.0.2.1')).toBe(false);
  });
});

describe('memory', () => {
  it('makes newcomers share a bucket while it is full', () => {
    const { limit } = limitAt({ ...SMALL, maxAddresses: 2 });
    limit.allow('192.0.2.1');
    limit.allow('192.0.2.2');
    for (let i = 10; i < 20; i += 1) expect(limit.allow(`192.0.2.${i}`)).toBe(true);
    expect(limit.allow('192.0.2.20')).toBe(false);
    expect(limit.allow('192.0.2.1')).toBe(true);
  });

  it('forgets addresses whose bucket is full again, not those in debt', () => {
    const { clock, limit } = limitAt({ ...SMALL, maxAddresses: 2 });
    limit.allow('192.0.2.1');
    for (let i = 0; i < 9; i += 1) limit.penalise('192.0.2.2');
    clock.nowMs = 1_001;
    // the table is swept now: 192.0.2.1 makes room for one newcomer
    for (let i = 0; i < 10; i += 1) expect(limit.allow('192.0.2.3')).toBe(true);
    expect(limit.allow('192.0.2.3')).toBe(false);
    expect(limit.allow('192.0.2.2')).toBe(false);
    expect(limit.allow('192.0.2.4')).toBe(true);
  });
});
