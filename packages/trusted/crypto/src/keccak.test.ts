import { expect, it } from 'vitest';
import { keccak256 } from './keccak.ts';

const hexOf = (text: string): string =>
  Buffer.from(keccak256(new TextEncoder().encode(text))).toString('hex');

it('is the original Keccak, not SHA-3', () => {
  expect(hexOf('')).toBe('c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470');
});

it('gives the selector every ERC-20 token has for a transfer', () => {
  expect(hexOf('transfer(address,uint256)').slice(0, 8)).toBe('a9059cbb');
});
