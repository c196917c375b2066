/**
 * Writing a log as a directory of static files anyone can serve: C2SP tlog-tiles.
 *
 * @module
 * @see https://c2sp.org/tlog-tiles
 */

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BoundaryError, isBoundaryError } from '@countersign/protocol';
import { formatTilePath, rootAt, type Tile, tilesFor, verifyCheckpoint } from '@countersign/tlog';
import type { Head } from './head-store.ts';
import type { Identity } from './identity.ts';
import type { LogStore } from './log-store.ts';
import { tileContent } from './log-tiles.ts';
import { removeIfPossible } from './private-file.ts';
import { rolledBack, toStoreError } from './store-error.ts';

/** What an export did. */
export interface TileExport {
  /** Size of the tree that was exported. */
  readonly size: number;
  /** Files that were written. */
  readonly written: number;
  /** Files that were there already with the same content. */
  readonly unchanged: number;
}

/** What an export reads from. */
export interface ExportSource {
  readonly store: LogStore;
  readonly identity: Identity;
}

const CHECKPOINT = 'checkpoint';

/**
 * Writes `checkpoint`, `tile/<L>/<N>` and `tile/entries/<N>` below `dir`, partial ones included.
 *
 * Each file is replaced as a whole, the checkpoint last, so a reader at any moment finds every tile
 * its checkpoint needs. Partial tiles of earlier exports stay. Doing it again changes nothing.
 *
 * @param head - The checkpoint to export.
 * @param dir - Made when missing. A directory that holds an earlier export of this log is brought up
 *   to date.
 * @throws BoundaryError ERR_LOG_ROLLED_BACK when `dir` holds a longer or other history of this log;
 *   ERR_CONFIG_INVALID when it holds the checkpoint of another log; ERR_STORE_UNAVAILABLE;
 *   ERR_STORE_CORRUPT.
 */
export function exportTiles(
  { store, identity }: ExportSource,
  head: Head,
  dir: string,
): TileExport {
  try {
    requireSameLog(join(dir, CHECKPOINT), head, store, identity);
    let written = 0;
    let unchanged = 0;
    for (const [path, content] of filesOf(head, store)) {
      if (replaceIfChanged(join(dir, path), content)) written += 1;
      else unchanged += 1;
    }
    return { size: head.size, written, unchanged };
  } catch (cause) {
    throw toStoreError(cause);
  }
}

/** All files of the tree, the checkpoint last. */
function* filesOf(head: Head, store: LogStore): Generator<[string, Uint8Array]> {
  for (const tile of tilesFor(head.size)) {
    yield [formatTilePath(tile), tileContent(tile, store)];
    if (tile.level !== 0) continue;
    const bundle: Tile = { ...tile, level: 'entries' };
    yield [formatTilePath(bundle), tileContent(bundle, store)];
  }
  yield [CHECKPOINT, Buffer.from(head.note, 'utf8')];
}

function requireSameLog(path: string, head: Head, store: LogStore, identity: Identity): void {
  if (!existsSync(path)) return;
  const { size, rootHash } = verifyExported(readFileSync(path), identity);
  if (size > head.size) throw rolledBack('the directory holds a longer log', { size });
  if (Buffer.compare(rootAt(size, store), rootHash) !== 0) {
    throw rolledBack('the directory holds another history of this log', { size });
  }
}

function verifyExported(note: Uint8Array, { key, origin }: Identity) {
  try {
    return verifyCheckpoint(note, { logKeys: [key], origin });
  } catch (cause) {
    if (!isBoundaryError(cause)) throw cause;
    const reason = 'the directory holds a checkpoint that is not of this log';
    throw new BoundaryError('ERR_CONFIG_INVALID', {
      details: { setting: 'directory', reason },
      cause,
    });
  }
}

function replaceIfChanged(path: string, content: Uint8Array): boolean {
  if (existsSync(path) && Buffer.compare(readFileSync(path), content) === 0) return false;
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.new`;
  try {
    writeFileSync(temporary, content, { flush: true });
    renameSync(temporary, path);
  } catch (cause) {
    removeIfPossible(temporary);
    throw cause;
  }
  return true;
}
