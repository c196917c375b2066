/**
 * Files of the log by their C2SP tlog-tiles paths, put together from the database.
 *
 * @module
 * @see https://c2sp.org/tlog-tiles
 */

import { isBoundaryError } from '@countersign/protocol';
import {
  formatEntryBundle,
  parseTilePath,
  readTile,
  TILE_WIDTH,
  type Tile,
  tileWidth,
} from '@countersign/tlog';
import type { LogStore } from './log-store.ts';
import { corruptStore } from './store-error.ts';

type Rows = Pick<LogStore, 'entries' | 'node'>;

/**
 * Content of a tile or entry bundle in a log of `size` entries.
 *
 * @param path - Any text.
 * @returns `undefined` when the path is no tile path or the log is too short for it.
 * @throws BoundaryError ERR_STORE_CORRUPT when the database lacks a part of it.
 */
export function tileAt(path: string, size: number, store: Rows): Uint8Array | undefined {
  const tile = toTile(path);
  return tile === undefined || tileWidth(tile, size) < tile.width
    ? undefined
    : tileContent(tile, store);
}

/** Content of a tile or entry bundle that lies inside the log. */
export function tileContent(tile: Tile, store: Rows): Uint8Array {
  if (tile.level !== 'entries') return readTile(tile, store);
  const first = tile.index * TILE_WIDTH;
  const entries = store.entries(first, first + tile.width);
  if (entries.length !== tile.width)
    throw corruptStore('an entry of the log is missing', { first });
  return formatEntryBundle(entries.map((row) => row.entry));
}

function toTile(path: string): Tile | undefined {
  try {
    return parseTilePath(path);
  } catch (error) {
    if (isBoundaryError(error) && error.code === 'ERR_NOT_FOUND') return undefined;
    throw error;
  }
}
