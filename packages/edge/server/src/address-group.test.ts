import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressGroup, UNKNOWN_ADDRESS } from './address-group.ts';

describe('addressGroup', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1%eth0', '192.0.2.1'],
    ['::ffff:192.0.2.256', UNKNOWN_ADDRESS],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1:ffff:c000:201', '0:0:0:0::/64'],
    ['fe80::1%br.1.2.3', 'fe80:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['1::ffff:192.0.2.1', '1:0:0:0::/64'],
    ['', UNKNOWN_ADDRESS],
    ['unknown', UNKNOWN_ADDRESS],
    ['/run/edge.sock', UNKNOWN_ADDRESS],
    ['192.0.2.1:80', UNKNOWN_ADDRESS],
    ['192.0.2.256', UNKNOWN_ADDRESS],
  ])('of %s is %s', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });

  it('is the first half of an address, however it is written', () => {
    const parts = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), {
      minLength: 8,
      maxLength: 8,
    });
    fc.assert(
      fc.property(parts, (numbers) => {
        fc.pre(numbers.slice(0, 5).some((part) => part !== 0));
        const full = numbers.map((part) => part.toString(16).padStart(4, '0')).join(':');
        const short = new URL(`http://[${full}]`).hostname.slice(1, -1);
        const network = numbers.slice(0, 4).map((part) => part.toString(16));
        expect(addressGroup(full)).toBe(`${network.join(':')}::/64`);
        expect(addressGroup(short)).toBe(addressGroup(full));
        expect(addressGroup(full.toUpperCase())).toBe(addressGroup(full));
      }),
    );
  });

  it('is the IPv4 address where one is mapped', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(addressGroup(`::ffff:${address}`)).toBe(address);
        expect(addressGroup(address)).toBe(address);
      }),
    );
  });
});
