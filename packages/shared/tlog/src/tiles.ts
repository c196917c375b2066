/**
 * Tiles: a log's tree, cut into files of up to 256 hashes that anyone can serve.
 *
 * A tile at level L holds consecutive hashes of complete subtrees of 256^L leaves. Entry bundles
 * have the same indices and widths as the tiles of level 0.
 *
 * @module
 * @see https://c2sp.org/tlog-tiles
 */

import { BoundaryError } from '@countersign/protocol';

import { HASH_BYTES, type NodeReader } from './merkle.ts';
import { isCount } from './wire-text.ts';

/** Hashes in a full tile, entries in a full bundle. */
export const TILE_WIDTH = 256;

const TILE_HEIGHT = 8;
const MAX_LEVEL = 63;
/** The largest tile index whose entries still have safe integers for indices. */
const MAX_INDEX = Math.floor(Number.MAX_SAFE_INTEGER / TILE_WIDTH);
const TILE_PATH =
  /^tile\/([0-9]{1,2}|entries)\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/;

/** One tile, or the bundle of entries beside a level-0 tile. */
export interface Tile {
  /** 0 to 63, or `entries` for a bundle. */
  readonly level: number | 'entries';
  /** Index within the level; the tile starts at hash `index`·256 of its level. */
  readonly index: number;
  /** Number of hashes or entries: 256 when full, 1 to 255 when partial. */
  readonly width: number;
}

/**
 * Path of a tile below the log's prefix: `tile/<L>/<N>`, with `.p/<W>` when it is partial.
 *
 * @throws RangeError for a tile that cannot be.
 */
export function formatTilePath(tile: Tile): string {
  const { level, index, width } = tile;
  const isLevel = level === 'entries' || (isCount(level) && level <= MAX_LEVEL);
  const isWidth = isCount(width) && width >= 1 && width <= TILE_WIDTH;
  if (!isLevel || !isWidth || !isCount(index) || index > MAX_INDEX) {
    throw new RangeError(
      'expected level 0-63 or `entries`, width 1-256 and an index of at most 45 bits',
    );
  }
  const suffix = width === TILE_WIDTH ? '' : `.p/${width}`;
  return `tile/${level}/${formatIndex(index)}${suffix}`;
}

/**
 * Reads a tile path, in the one spelling {@link formatTilePath} writes.
 *
 * @param path - Below the log's prefix, without a leading slash.
 * @throws BoundaryError ERR_NOT_FOUND for any other path: paths come from readers of the log.
 */
export function parseTilePath(path: string): Tile {
  const [, level = '', index = '', width = String(TILE_WIDTH)] = TILE_PATH.exec(path) ?? [];
  const tile: Tile = {
    level: level === 'entries' ? level : Number(level),
    index: Number(index.replaceAll(/[x/]/g, '')),
    width: Number(width),
  };
  // Whatever the pattern let through or missed, only the one spelling of a possible tile is right.
  if (!isSpelledAs(path, tile)) throw notFound();
  return tile;
}

/**
 * Width of a tile in a tree of `size` leaves.
 *
 * @returns 0 when the tree has no such tile, 256 when it is full.
 */
export function tileWidth(tile: Pick<Tile, 'level' | 'index'>, size: number): number {
  const start = tile.index * TILE_WIDTH;
  return Math.min(TILE_WIDTH, Math.max(0, hashesAtLevel(tile.level, size) - start));
}

/**
 * The tiles of a tree of `size` leaves that a tree of `oldSize` leaves did not have yet.
 *
 * @param size - Safe integer. The list has about `size`/255 tiles when `oldSize` is 0.
 * @param oldSize - At most `size`; 0 when left out, which gives all tiles.
 * @returns Hash tiles by level, then index. Level 0 also tells the entry bundles.
 * @throws RangeError for other sizes.
 */
export function tilesFor(size: number, oldSize = 0): Tile[] {
  if (!isCount(size) || !isCount(oldSize) || oldSize > size) throw new RangeError('not two sizes');
  const tiles: Tile[] = [];
  for (let level = 0; hashesAtLevel(level, size) > 0; level += 1) {
    const first = Math.floor(hashesAtLevel(level, oldSize) / TILE_WIDTH);
    for (let index = first; index * TILE_WIDTH < hashesAtLevel(level, size); index += 1) {
      const width = tileWidth({ level, index }, size);
      if (width > tileWidth({ level, index }, oldSize)) tiles.push({ level, index, width });
    }
  }
  return tiles;
}

/**
 * Content of a hash tile: its hashes, one after the other.
 *
 * @param tile - Of the tree the reader holds.
 * @returns `width`·32 bytes.
 * @throws RangeError for a bundle; what the reader throws.
 */
export function readTile(tile: Tile, reader: NodeReader): Uint8Array {
  if (tile.level === 'entries') throw new RangeError('an entry bundle has no hashes');
  const content = new Uint8Array(tile.width * HASH_BYTES);
  for (let at = 0; at < tile.width; at += 1) {
    const hash = reader.node(tile.level * TILE_HEIGHT, tile.index * TILE_WIDTH + at);
    content.set(hash, at * HASH_BYTES);
  }
  return content;
}

function hashesAtLevel(level: Tile['level'], size: number): number {
  return level === 'entries' ? size : Math.floor(size / TILE_WIDTH ** level);
}

/** 1234067 becomes `x001/x234/067`. */
function formatIndex(index: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/.{3}/g) ?? [];
  return groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join('/');
}

function isSpelledAs(path: string, tile: Tile): boolean {
  try {
    return formatTilePath(tile) === path;
  } catch {
    return false;
  }
}

function notFound(): BoundaryError {
  return new BoundaryError('ERR_NOT_FOUND', { details: { reason: 'not a tile path' } });
}
