import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusal } from './fixtures/refusals.ts';
import { createMemoryTree } from './fixtures/test-log.ts';
import { toHex } from './fixtures/vectors.ts';
import { hashLeaf, rootAt } from './merkle.ts';
import {
  formatTilePath,
  parseTilePath,
  readTile,
  type Tile,
  tilesFor,
  tileWidth,
} from './tiles.ts';

const NOT_FOUND = refusal('ERR_NOT_FOUND');
const MAX_INDEX = Math.floor(Number.MAX_SAFE_INTEGER / 256);

describe('paths', () => {
  it.each<[string, Tile]>([
    ['tile/0/x001/x234/067', { level: 0, index: 1_234_067, width: 256 }],
    ['tile/0/000', { level: 0, index: 0, width: 256 }],
    ['tile/1/999.p/1', { level: 1, index: 999, width: 1 }],
    ['tile/2/x001/000.p/255', { level: 2, index: 1_000, width: 255 }],
    ['tile/63/000', { level: 63, index: 0, width: 256 }],
    ['tile/entries/x001/x234/067.p/17', { level: 'entries', index: 1_234_067, width: 17 }],
    ['tile/0/x035/x184/x372/x088/831', { level: 0, index: MAX_INDEX, width: 256 }],
  ])('reads and writes %s', (path, tile) => {
    expect(formatTilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  it.each([
    '',
    'tile',
    'tile/0',
    'tile/0/',
    '/tile/0/000',
    'tile/0/000/',
    'tile/0/0',
    'tile/0/0000',
    'tile/0/x000/000',
    'tile/0/x000/x001/000',
    'tile/0/001/000',
    'tile/0/x001',
    'tile/0/x001/x000',
    'tile/0/X001/000',
    'tile/00/000',
    'tile/01/000',
    'tile/64/000',
    'tile/100/000',
    'tile/-1/000',
    'tile/entry/000',
    'tile/0/000.p',
    'tile/0/000.p/',
    'tile/0/000.p/0',
    'tile/0/000.p/01',
    'tile/0/000.p/256',
    'tile/0/000.p/257',
    'tile/0/000.p/1/',
    'tile/0/x035/x184/x372/x088/832',
    'tile/0/x999/x999/x999/x999/x999/999',
    'tile/0/../000',
    'tile/0/%30%30%30',
    'tile/0/000\n',
    'tile/0/\uff10\uff10\uff10',
    'checkpoint',
  ])('refuses %j', (path) => {
    expect(() => parseTilePath(path)).toThrow(NOT_FOUND);
  });

  it.each<Tile>([
    { level: 64, index: 0, width: 256 },
    { level: -1, index: 0, width: 256 },
    { level: 0.5, index: 0, width: 256 },
    { level: 0, index: -1, width: 256 },
    { level: 0, index: MAX_INDEX + 1, width: 256 },
    { level: 0, index: Number.NaN, width: 256 },
    { level: 0, index: 0, width: 0 },
    { level: 0, index: 0, width: 257 },
  ])('refuses to write $level/$index of width $width', (tile) => {
    expect(() => formatTilePath(tile)).toThrow(RangeError);
  });

  it('reads back every path it writes, and only that spelling', () => {
    const tile = fc.record({
      level: fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant('entries' as const)),
      index: fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: MAX_INDEX })),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(
      fc.property(tile, (value) => {
        expect(parseTilePath(formatTilePath(value))).toEqual(value);
      }),
    );
  });
});

describe('tiles of a tree', () => {
  it('cuts a tree of 70,000 as the specification says', () => {
    const tiles = tilesFor(70_000);
    const partial = tiles.filter((tile) => tile.width < 256);
    const full = (level: number) =>
      tiles.filter((tile) => tile.level === level && tile.width === 256).length;
    expect([full(0), full(1), full(2)]).toEqual([273, 1, 0]);
    expect(partial).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
  });

  it.each<[number, readonly Tile[]]>([
    [0, []],
    [1, [{ level: 0, index: 0, width: 1 }]],
    [255, [{ level: 0, index: 0, width: 255 }]],
    [
      256,
      [
        { level: 0, index: 0, width: 256 },
        { level: 1, index: 0, width: 1 },
      ],
    ],
    [
      257,
      [
        { level: 0, index: 0, width: 256 },
        { level: 0, index: 1, width: 1 },
        { level: 1, index: 0, width: 1 },
      ],
    ],
  ])('cuts a tree of %i', (size, tiles) => {
    expect(tilesFor(size)).toEqual(tiles);
  });

  it('lists what growth adds, so that the parts make the whole', () => {
    const sizes = fc.tuple(
      fc.integer({ min: 0, max: 200_000 }),
      fc.integer({ min: 0, max: 3_000 }),
    );
    const pathsOf = (tiles: readonly Tile[]) => tiles.map(formatTilePath);
    fc.assert(
      fc.property(sizes, ([oldSize, more]) => {
        const size = oldSize + more;
        const before = new Set(pathsOf(tilesFor(oldSize)));
        const fresh = pathsOf(tilesFor(size)).filter((path) => !before.has(path));
        expect(pathsOf(tilesFor(size, oldSize))).toEqual(fresh);
      }),
      { numRuns: 30 },
    );
  });

  it('refuses sizes that are none', () => {
    expect(() => tilesFor(-1)).toThrow(RangeError);
    expect(() => tilesFor(1, 2)).toThrow(RangeError);
    expect(() => tilesFor(1, -1)).toThrow(RangeError);
    expect(() => tilesFor(1, Number.NaN)).toThrow(RangeError);
    expect(() => tilesFor(2 ** 53)).toThrow(RangeError);
  });

  it('tells the width of any tile, beyond 32 bits too', () => {
    const size = 2 ** 53 - 1;
    expect(tileWidth({ level: 0, index: MAX_INDEX }, size)).toBe(255);
    expect(tileWidth({ level: 6, index: 0 }, size)).toBe(31);
    expect(tileWidth({ level: 7, index: 0 }, size)).toBe(0);
    expect(tileWidth({ level: 'entries', index: 0 }, 17)).toBe(17);
    expect(tileWidth({ level: 'entries', index: 1 }, 17)).toBe(0);
    expect(tileWidth({ level: 0, index: 0 }, 256)).toBe(256);
  });

  it('holds the hashes of complete subtrees, one after the other', () => {
    const leaves = Array.from({ length: 600 }, (_, at) => hashLeaf(Buffer.from(String(at))));
    const { reader } = createMemoryTree(leaves);
    const partial = readTile({ level: 0, index: 2, width: 88 }, reader);
    expect(toHex(partial)).toBe(leaves.slice(512, 600).map(toHex).join(''));
    const above = readTile({ level: 1, index: 0, width: 2 }, reader);
    const first = createMemoryTree(leaves.slice(0, 256)).root();
    const second = createMemoryTree(leaves.slice(256, 512)).root();
    expect(toHex(above)).toBe(`${toHex(first)}${toHex(second)}`);
    expect(toHex(rootAt(256, reader))).toBe(toHex(above.subarray(0, 32)));
    expect(() => readTile({ level: 'entries', index: 0, width: 1 }, reader)).toThrow(RangeError);
  });
});
