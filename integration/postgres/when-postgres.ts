/**
 * Runs a group of tests only where there is a Postgres to run them against.
 *
 * @module
 */

import { findPostgres, POSTGRES_BINARY_VARIABLE } from '@countersign/postgres-server';
import { describe } from 'vitest';

const found = findPostgres() !== undefined;
if (!found) {
  console.warn(`skipped: no postgres on PATH; install it or set ${POSTGRES_BINARY_VARIABLE}`);
}

/** `describe`, or a skipped one when there is no Postgres. */
export const describeWithPostgres = describe.skipIf(!found);
