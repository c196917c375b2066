/**
 * On which store the tests of a file run.
 *
 * @module
 */

import type { PostgresStore } from './postgres-store.ts';

let shared: PostgresStore | undefined;

/** Runs everything that is collected from now on, on a shared store. */
export function runOn(store: PostgresStore): void {
  shared = store;
}

/** The shared store, where that is what is tested. */
export function sharedStore(): PostgresStore | undefined {
  return shared;
}

/** Whether a shared store is tested, which has none of the files of SQLite. */
export function isShared(): boolean {
  return shared !== undefined;
}
