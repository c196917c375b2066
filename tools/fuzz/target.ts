/**
 * A parser under test: it may refuse by its documented error, and must keep its promise otherwise.
 *
 * @module
 */

import { isBoundaryError } from '../../packages/shared/protocol/src/index.ts';

export interface Target {
  readonly name: string;
  readonly seeds: readonly (string | Uint8Array)[];
  /** Pieces of its language, as Latin-1. */
  readonly tokens: readonly string[];
  /** Runs the parser; returns what is wrong with an accepted input, `undefined` when nothing is. */
  check(input: Buffer): string | undefined;
  /** Whether an error is a refusal the parser documents. */
  refuses(error: unknown): boolean;
}

/** A target whose only documented refusal is a {@link BoundaryError}. */
export function target(
  name: string,
  seeds: Target['seeds'],
  tokens: readonly string[],
  check: Target['check'],
  refuses: Target['refuses'] = isBoundaryError,
): Target {
  return { name, seeds, tokens, check, refuses };
}
