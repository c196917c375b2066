/**
 * Points of the Stark curve that belong to public keys.
 *
 * Starknet names a public key by its x coordinate alone. The y coordinate is a square root, and in
 * this field a root costs several milliseconds, so points are kept.
 *
 * @module
 */

import { Point } from '@scure/starknet';
import { isFelt } from './assert-range.ts';
import { createBoundedCache } from './bounded-cache.ts';

export type StarkPoint = typeof Point.BASE;

const CACHED_POINTS = 256;
const pointsByX = createBoundedCache<bigint, StarkPoint | undefined>(CACHED_POINTS);

/**
 * The curve point with this x and an even y.
 *
 * @param x - Anything; only a bigint in [0, P) can be a coordinate.
 * @returns The point, never the point at infinity; `undefined` when no point has this x.
 * @remarks Keeps the answers for the last 256 coordinates. Public data: not constant time.
 */
export function publicPointOf(x: bigint): StarkPoint | undefined {
  return isFelt(x) ? pointsByX.getOrCompute(x, liftEven) : undefined;
}

function liftEven(x: bigint): StarkPoint | undefined {
  try {
    // SEC 1, compressed: 02 means an even y. The constructor checks the curve equation.
    return Point.fromHex(`02${x.toString(16).padStart(64, '0')}`);
  } catch {
    return undefined;
  }
}
