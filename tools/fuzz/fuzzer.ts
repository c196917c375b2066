/**
 * The loop: take an input that reached something, change it, run it, keep it when it reached more.
 *
 * @module
 */

import { createCoverage } from './coverage.ts';
import { createRandom, mutate } from './mutator.ts';
import type { Target } from './target.ts';

export interface FuzzOptions {
  readonly executions: number;
  readonly seed: number;
  /** Told the number of executions so far, about once a second. */
  readonly onProgress?: (executions: number) => void;
}

export interface FuzzResult {
  readonly target: string;
  readonly executions: number;
  readonly seconds: number;
  /** Inputs kept because they reached something new. */
  readonly corpus: number;
  readonly branchesReached: number;
  readonly branches: number;
  /** The first input that broke the target's promise, and how. */
  readonly finding?: { readonly input: Buffer; readonly reason: string };
}

const TOKENS_SHARE = 64;
const PROGRESS_EVERY = 20_000;

/** Runs one target until it breaks or all executions are done. */
export function fuzz(target: Target, { executions, seed, onProgress }: FuzzOptions): FuzzResult {
  const coverage = createCoverage();
  const random = createRandom(seed);
  const tokens = target.tokens.map((token) => Buffer.from(token, 'latin1'));
  const corpus: Buffer[] = [];
  const startedAt = performance.now();
  let done = 0;

  const attempt = (input: Buffer): string | undefined => {
    done += 1;
    coverage.reset();
    const reason = run(target, input);
    if (coverage.absorb()) corpus.push(input);
    return reason;
  };
  const result = (finding?: FuzzResult['finding']): FuzzResult => ({
    target: target.name,
    executions: done,
    seconds: (performance.now() - startedAt) / 1000,
    corpus: corpus.length,
    branchesReached: coverage.reached,
    branches: coverage.total,
    ...(finding === undefined ? {} : { finding }),
  });

  for (const seedInput of target.seeds) {
    const input = Buffer.from(seedInput);
    const reason = attempt(input);
    if (reason !== undefined) return result({ input, reason });
  }
  while (done < executions) {
    const parent = corpus[random.below(corpus.length)] ?? Buffer.alloc(0);
    const other = corpus[random.below(corpus.length)] ?? parent;
    const input = mutate(
      parent,
      random,
      tokens.length === 0 ? [Buffer.alloc(TOKENS_SHARE)] : tokens,
      other,
    );
    const reason = attempt(input);
    if (reason !== undefined) return result({ input, reason });
    if (done % PROGRESS_EVERY === 0) onProgress?.(done);
  }
  return result();
}

/** Runs one input; the reason when the target's promise broke. */
function run(target: Target, input: Buffer): string | undefined {
  try {
    return target.check(input);
  } catch (error) {
    if (target.refuses(error)) return undefined;
    return error instanceof Error
      ? `${error.name}: ${error.message}\n${error.stack}`
      : String(error);
  }
}
