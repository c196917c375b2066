/**
 * Which remote addresses are treated as one sender.
 *
 * @module
 */

import { isIPv4, isIPv6 } from 'node:net';

/** Group of everything that is not an address, such as the peer of a Unix socket. */
export const UNKNOWN_ADDRESS = 'unknown';

/**
 * Names the group of an address: the address itself for IPv4, its /64 for IPv6.
 *
 * A /64 is what one subscriber gets, so all its addresses count as one. IPv4 addresses mapped into
 * IPv6 (`::ffff:192.0.2.1`) are the IPv4 address; zone ids (`%eth0`) are dropped. The result is the
 * same for every spelling of an address.
 */
export function addressGroup(address: string): string {
  // How a socket that listens on both families reports IPv4.
  const embedded = address.startsWith('::ffff:') ? address.slice(7) : address;
  if (isIPv4(embedded)) return embedded;
  const [plain = ''] = address.split('%');
  if (!isIPv6(plain)) return UNKNOWN_ADDRESS;
  const parts = hextets(plain);
  const [a, b, c, d, e, mark, high = 0, low = 0] = parts;
  const mapped = a === 0 && b === 0 && c === 0 && d === 0 && e === 0 && mark === 0xffff;
  if (mapped) return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  const network = parts.slice(0, 4).map((part) => part.toString(16));
  return `${network.join(':')}::/64`;
}

/** The eight 16-bit parts of a valid IPv6 address. */
function hextets(address: string): readonly number[] {
  const [head = '', tail] = withoutDots(address).split('::');
  const before = numbers(head);
  if (tail === undefined) return before;
  const after = numbers(tail);
  const gap = new Array<number>(8 - before.length - after.length).fill(0);
  return [...before, ...gap, ...after];
}

function numbers(text: string): readonly number[] {
  return text === '' ? [] : text.split(':').map((part) => Number.parseInt(part, 16));
}

/** Rewrites a trailing `a.b.c.d` as two parts. */
function withoutDots(address: string): string {
  const start = address.lastIndexOf(':') + 1;
  const bytes = address.slice(start).split('.').map(Number);
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  if (bytes.length !== 4) return address;
  return `${address.slice(0, start)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}
