/**
 * Scopes for which nothing is signed.
 *
 * @module
 */

import type { DatabaseSync } from 'node:sqlite';
import { readCount, readText } from './columns.ts';
import type { FrozenScope } from './ledger.ts';

/** Writing methods write inside the transaction that is open. */
export interface Freezes {
  /** Answers whether the scope was not frozen before. */
  add(scope: string, sinceMs: number): boolean;
  /** Answers whether the scope was frozen. */
  remove(scope: string): boolean;
  /** First of the scopes that is frozen, `undefined` when none is. */
  firstOf(scopes: readonly string[]): string | undefined;
  /** All, in order of scope. */
  all(): readonly FrozenScope[];
}

/** Whether a scope is frozen, and since this moment when one is given. */
export function isFrozenSince(
  frozen: readonly FrozenScope[],
  scope: string,
  sinceMs: number | undefined,
): boolean {
  const one = frozen.find((each) => each.scope === scope);
  return one !== undefined && (sinceMs === undefined || one.sinceMs === sinceMs);
}

/** @param db - A connection to a ledger of the newest schema. */
export function createFreezes(db: DatabaseSync): Freezes {
  const insert = db.prepare(
    'INSERT INTO freezes (scope, since_ms) VALUES (?, ?) ON CONFLICT DO NOTHING',
  );
  const remove = db.prepare('DELETE FROM freezes WHERE scope = ?');
  const find = db.prepare('SELECT scope FROM freezes WHERE scope = ?');
  const any = db.prepare('SELECT scope FROM freezes LIMIT 1');
  const all = db.prepare('SELECT scope, since_ms FROM freezes ORDER BY scope');
  return {
    add: (scope, sinceMs) => Number(insert.run(scope, sinceMs).changes) === 1,
    remove: (scope) => Number(remove.run(scope).changes) === 1,
    firstOf: (scopes) => {
      // Nearly always nothing is frozen: one look instead of one per scope.
      if (any.get() === undefined) return undefined;
      return scopes.find((scope) => find.get(scope) !== undefined);
    },
    all: () =>
      all.all().map((row) => ({
        scope: readText(row, 'scope'),
        sinceMs: readCount(row, 'since_ms'),
      })),
  };
}
