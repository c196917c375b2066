/**
 * The tests of the ledger, on Postgres: what holds on one store holds on the other.
 *
 * @module
 */

import { findPostgres } from '@countersign/postgres-server';
import { afterAll, it } from 'vitest';
import { startPostgresStore } from '../../test/postgres-store.ts';
import { runOn } from '../../test/which-store.ts';

if (findPostgres() === undefined) {
  it.skip('the contract of the ledger on Postgres: there is no Postgres here', () => undefined);
} else {
  const store = startPostgresStore();
  runOn(store);
  afterAll(() => store.stop());
  await import('../sqlite-ledger.test.ts');
  await import('../spending.test.ts');
  await import('../spending-clock.test.ts');
  await import('../settle.test.ts');
  await import('../freezes.test.ts');
  await import('../clock.test.ts');
  await import('../intents.test.ts');
}
