/**
 * Questions about the log over rows that have to be fetched first.
 *
 * Proofs and tiles are put together by functions that read one node after the other and cannot wait.
 * Which nodes they read does not depend on what is in them: such a function runs over what is known,
 * what it lacked is fetched, and it runs again, until it lacked nothing.
 *
 * @module
 */

import { HASH_BYTES } from '@countersign/tlog';
import { readBytes, readCount } from '../columns.ts';
import { type Head, headOf } from '../head-store.ts';
import { completedBy, type IndexedEntry } from '../log-store.ts';
import type { LogRows } from '../log-view.ts';
import { corruptStore } from '../store-error.ts';
import type { Answer, Parameter } from './connection.ts';

type Ask = (text: string, parameters: readonly Parameter[]) => Promise<Answer>;

/** A function that has asked for more after so many rounds would never stop. */
const MOST_ROUNDS = 8;
const ENTRIES = 'SELECT idx, entry FROM countersign.log_entries WHERE idx = ANY(';
const NODES = 'SELECT idx, hashes FROM countersign.log_nodes WHERE idx = ANY(';
const HEADS =
  'SELECT size, note, high_water_ms, forgotten_through_ms, digest FROM countersign.checkpoints' +
  ' WHERE size = ANY(';
const LIST =
  'ARRAY(SELECT value::bigint FROM json_array_elements_text($1::text::json) AS one(value)))';

/** Rows of one table: what is known of it, `undefined` for a row that is not there, and what is wanted. */
class Table<T> {
  readonly known = new Map<number, T | undefined>();
  readonly wanted = new Set<number>();

  get(key: number): T | undefined {
    if (!this.known.has(key)) this.wanted.add(key);
    return this.known.get(key);
  }

  /** Takes in what was fetched; everything else that was wanted is not there. */
  learn(rows: Iterable<readonly [number, T]>): void {
    for (const key of this.wanted) this.known.set(key, undefined);
    for (const [key, value] of rows) this.known.set(key, value);
    this.wanted.clear();
  }
}

/**
 * Runs `step` over rows that are fetched as it asks for them.
 *
 * @param step - Pure; runs several times, and may throw while rows are missing.
 * @throws What `step` throws with everything there that it asked for; what `ask` throws.
 */
export async function readThrough<T>(ask: Ask, step: (source: LogRows) => T): Promise<T> {
  const entries = new Table<Uint8Array>();
  const nodes = new Table<Uint8Array>();
  const heads = new Table<Head>();
  const source = sourceOver(entries, nodes, heads);
  const isComplete = () => [entries, nodes, heads].every(({ wanted }) => wanted.size === 0);
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    try {
      const result = step(source);
      if (isComplete()) return result;
    } catch (cause) {
      if (isComplete()) throw cause;
    }
    await Promise.all([
      learn(ask, ENTRIES, entries, (row) => [readCount(row, 'idx'), readBytes(row, 'entry')]),
      learn(ask, NODES, nodes, (row) => [readCount(row, 'idx'), readBytes(row, 'hashes')]),
      learn(ask, HEADS, heads, (row) => [readCount(row, 'size'), headOf(row)]),
    ]);
  }
  throw corruptStore('the log cannot be read');
}

async function learn<T>(
  ask: Ask,
  select: string,
  table: Table<T>,
  toItem: (row: Answer['rows'][number]) => readonly [number, T],
): Promise<void> {
  if (table.wanted.size === 0) return;
  const { rows } = await ask(`${select}${LIST}`, [JSON.stringify([...table.wanted])]);
  table.learn(rows.map(toItem));
}

function sourceOver(
  entries: Table<Uint8Array>,
  nodes: Table<Uint8Array>,
  heads: Table<Head>,
): LogRows {
  const node = (level: number, index: number): Uint8Array => {
    const row = completedBy(level, index);
    const hash = nodes.get(row)?.slice(level * HASH_BYTES, (level + 1) * HASH_BYTES);
    if (hash?.length === HASH_BYTES) return hash;
    // Not fetched yet: any hash will do, for this run counts for nothing.
    if (nodes.wanted.has(row)) return new Uint8Array(HASH_BYTES);
    throw corruptStore('a node of the log is missing', { level, index });
  };
  const range = (from: number, to: number): readonly IndexedEntry[] =>
    Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at).flatMap((index) => {
      const entry = entries.get(index);
      return entry === undefined ? [] : [{ index, entry }];
    });
  return {
    store: {
      entry: (index) => entries.get(index),
      entries: range,
      hashes: (index) => nodes.get(index),
      node,
    },
    heads: { at: (size) => heads.get(size) },
    nodes: { node },
  };
}
