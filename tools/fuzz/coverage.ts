/**
 * What an execution reached: branch counters of the instrumented sources, in AFL's hit-count classes.
 *
 * @module
 */

interface FileCoverage {
  readonly b: Readonly<Record<string, number[]>>;
  readonly f: Record<string, number>;
}

/** Classes of hit counts: 1, 2, 3, 4-7, 8-15, 16-31, 32-127, more. One bit each. */
const CLASS_BIT = Uint8Array.from({ length: 129 }, (_, hits) => {
  if (hits === 0) return 0;
  if (hits <= 3) return 1 << (hits - 1);
  if (hits <= 7) return 8;
  if (hits <= 15) return 16;
  if (hits <= 31) return 32;
  return hits <= 127 ? 64 : 128;
});

export interface Coverage {
  /** Sets every counter to zero. */
  reset(): void;
  /** Adds what was reached since the reset; answers whether any of it was new. */
  absorb(): boolean;
  /** Branches reached at least once, and branches there are. */
  readonly reached: number;
  readonly total: number;
}

/** @throws Error when nothing is instrumented: then a run would prove nothing. */
export function createCoverage(): Coverage {
  const files =
    (globalThis as { __fuzz_coverage__?: Record<string, FileCoverage> }).__fuzz_coverage__ ?? {};
  const counters = Object.values(files).flatMap((file) => Object.values(file.b));
  const total = counters.reduce((sum, branch) => sum + branch.length, 0);
  if (total === 0)
    throw new Error('no source is instrumented: start with --import tools/fuzz/instrument.ts');
  const seen = new Uint8Array(total);
  return {
    total,
    get reached() {
      return seen.reduce((sum, bits) => sum + Number(bits !== 0), 0);
    },
    reset() {
      for (const branch of counters) branch.fill(0);
    },
    absorb() {
      let fresh = false;
      let at = 0;
      for (const branch of counters) {
        for (const hits of branch) {
          const bit = CLASS_BIT[Math.min(hits, 128)] ?? 0;
          const known = seen[at] ?? 0;
          if ((known & bit) !== bit) {
            seen[at] = known | bit;
            fresh = true;
          }
          at += 1;
        }
      }
      return fresh;
    },
  };
}
