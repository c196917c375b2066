import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Admission, createConnectionLimits } from './connection-limits.ts';

const codeOf = (admission: Admission): string =>
  admission.admitted ? 'admitted' : admission.error.code;

const release = (admission: Admission): void => {
  if (admission.admitted) admission.release();
};

describe('connections', () => {
  it('are limited per address, loopback included', () => {
    const limits = createConnectionLimits({ maxConnectionsPerAddress: 2 });
    const [first] = [limits.openConnection('127.0.0.1'), limits.openConnection('::ffff:127.0.0.1')];
    expect(codeOf(limits.openConnection('127.0.0.1'))).toBe('ERR_CONNECTION_LIMIT');
    expect(codeOf(limits.openConnection('127.0.0.2'))).toBe('admitted');
    if (first !== undefined) release(first);
    expect(codeOf(limits.openConnection('127.0.0.1'))).toBe('admitted');
  });

  it('are limited per /64', () => {
    const limits = createConnectionLimits({ maxConnectionsPerAddress: 1 });
    expect(codeOf(limits.openConnection('2001:db8::1'))).toBe('admitted');
    expect(codeOf(limits.openConnection('2001:db8::2'))).toBe('ERR_CONNECTION_LIMIT');
    expect(codeOf(limits.openConnection('2001:db8:0:1::1'))).toBe('admitted');
  });

  it('are limited altogether', () => {
    const limits = createConnectionLimits({ maxConnections: 2 });
    limits.openConnection('192.0.2.1');
    const second = limits.openConnection('192.0.2.2');
    expect(codeOf(limits.openConnection('192.0.2.3'))).toBe('ERR_OVERLOADED');
    release(second);
    expect(codeOf(limits.openConnection('192.0.2.3'))).toBe('admitted');
  });

  it('leave the defaults far above a pool of one client', () => {
    const limits = createConnectionLimits();
    const pool = Array.from({ length: 512 }, () => codeOf(limits.openConnection('127.0.0.1')));
    expect(new Set(pool)).toEqual(new Set(['admitted']));
  });
});

describe('requests', () => {
  it('are limited altogether', () => {
    const limits = createConnectionLimits({ maxInFlight: 2 });
    const first = limits.beginRequest();
    limits.beginRequest();
    expect(codeOf(limits.beginRequest())).toBe('ERR_OVERLOADED');
    release(first);
    expect(codeOf(limits.beginRequest())).toBe('admitted');
  });

  it('give a place back once', () => {
    const limits = createConnectionLimits({ maxInFlight: 2 });
    const first = limits.beginRequest();
    limits.beginRequest();
    release(first);
    release(first);
    expect(limits.counts().requests).toBe(1);
    expect(codeOf(limits.beginRequest())).toBe('admitted');
    expect(codeOf(limits.beginRequest())).toBe('ERR_OVERLOADED');
  });
});

describe('counts', () => {
  it('follow any order of opening and releasing, and end at nothing', () => {
    const step = fc.record({
      address: fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1'),
      open: fc.boolean(),
      which: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const limits = createConnectionLimits({ maxConnectionsPerAddress: 3, maxConnections: 5 });
        const held: { address: string; admission: Admission }[] = [];
        for (const { address, open, which } of steps) {
          const mine = held.filter((one) => one.address === address).length;
          if (open) {
            const admission = limits.openConnection(address);
            const expected =
              mine >= 3 ? 'ERR_CONNECTION_LIMIT' : held.length >= 5 ? 'ERR_OVERLOADED' : 'admitted';
            expect(codeOf(admission)).toBe(expected);
            if (admission.admitted) held.push({ address, admission });
          } else if (held.length > 0) {
            for (const { admission } of held.splice(which % held.length, 1)) release(admission);
          }
          const addresses = new Set(held.map((one) => one.address)).size;
          expect(limits.counts()).toEqual({ connections: held.length, addresses, requests: 0 });
        }
        for (const { admission } of held) release(admission);
        expect(limits.counts()).toEqual({ connections: 0, addresses: 0, requests: 0 });
      }),
      { numRuns: 200 },
    );
  });
});
