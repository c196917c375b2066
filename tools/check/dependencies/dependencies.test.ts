import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PlantedTree, plantTree } from '../test/planted-tree.ts';
import { checkLockfile } from './lockfile-check.ts';
import { checkInstallScripts, checkTrustedDependencies } from './trusted-dependencies.ts';

const REAL = join(import.meta.dirname, '../../..');
const CRYPTO = 'packages/trusted/crypto';
const INTEGRITY = 'sha512-planted';

type Entry = Record<string, unknown>;

const entry = (version: string, more: Entry = {}): Entry => ({
  version,
  integrity: INTEGRITY,
  license: 'MIT',
  ...more,
});

/** crypto → protocol → parser 2.0.0; crypto → curves 1.0.0 → hashes 1.0.0. */
const GOOD_LOCK: Readonly<Record<string, Entry>> = {
  '': { devDependencies: { runner: '3.0.0' } },
  'node_modules/@countersign/crypto': { resolved: CRYPTO, link: true },
  'node_modules/@countersign/protocol': { resolved: 'packages/shared/protocol', link: true },
  'node_modules/runner': entry('3.0.0', { dev: true, hasInstallScript: true }),
  'node_modules/parser': entry('2.0.0'),
  'node_modules/curves': entry('9.9.9', { hasInstallScript: true }),
  [`${CRYPTO}/node_modules/curves`]: entry('1.0.0', { dependencies: { hashes: '1.0.0' } }),
  'node_modules/hashes': entry('1.0.0'),
  [CRYPTO]: { dependencies: { '@countersign/protocol': '0.1.0', curves: '1.0.0' } },
  'packages/shared/protocol': { dependencies: { parser: '2.0.0' } },
};

const row = (name: string, version: string): Record<string, string> => ({
  name,
  version,
  licence: 'MIT',
  reason: 'a reason that is long enough to be one',
  owner: CRYPTO,
  wayOut: 'write it ourselves',
});

const GOOD_LIST = {
  licences: ['MIT'],
  dependencies: [row('parser', '2.0.0'), row('curves', '1.0.0'), row('hashes', '1.0.0')],
};

let tree: PlantedTree;

beforeEach(() => {
  tree = plantTree({
    'package.json': {
      workspaces: ['packages/shared/*', 'packages/trusted/*'],
      devDependencies: { runner: '3.0.0' },
      allowScripts: { runner: true, curves: true },
    },
    [`${CRYPTO}/package.json`]: {
      name: '@countersign/crypto',
      dependencies: { '@countersign/protocol': '0.1.0', curves: '1.0.0' },
    },
    'packages/shared/protocol/package.json': {
      name: '@countersign/protocol',
      dependencies: { parser: '2.0.0' },
    },
    'package-lock.json': { packages: GOOD_LOCK },
    'security/trusted-dependencies.json': GOOD_LIST,
  });
});

afterEach(() => tree.remove());

function changeLock(path: string, more: Entry): void {
  const packages = { ...GOOD_LOCK, [path]: { ...GOOD_LOCK[path], ...more } };
  tree.write('package-lock.json', { packages });
}

function changeRow(name: string, more: Record<string, string>): void {
  const dependencies = GOOD_LIST.dependencies.map((each) =>
    each.name === name ? { ...each, ...more } : each,
  );
  tree.write('security/trusted-dependencies.json', { ...GOOD_LIST, dependencies });
}

describe('a good tree', () => {
  test('has no problems', () => {
    expect(checkLockfile(tree.root)).toEqual([]);
    expect(checkTrustedDependencies(tree.root)).toEqual([]);
    expect(checkInstallScripts(tree.root)).toEqual([]);
  });
});

describe('checkLockfile finds', () => {
  test('a missing lockfile', () => {
    const empty = plantTree({ 'package.json': {} });
    expect(checkLockfile(empty.root)).toEqual(['package-lock.json: missing']);
    empty.remove();
  });

  test.each([
    ['an address', { resolved: 'https://registry.example/parser.tgz' }, 'is tied to an address'],
    ['a repository', { resolved: 'git+ssh://git@host.example/parser' }, 'is tied to an address'],
    ['no integrity', { integrity: undefined }, 'has no sha512 integrity'],
    ['a weak integrity', { integrity: 'sha1-planted' }, 'has no sha512 integrity'],
    ['a link that leaves the tree', { link: true, resolved: '../elsewhere' }, 'links to'],
  ])('an entry with %s', (_name, more, what) => {
    changeLock('node_modules/parser', more);
    expect(checkLockfile(tree.root)).toEqual([expect.stringContaining(what)]);
  });

  test('a package of ours that is gone', () => {
    changeLock('packages/shared/gone', {});
    expect(checkLockfile(tree.root)).toEqual([
      'package-lock.json: packages/shared/gone has no folder',
    ]);
  });

  test('a script on installation nobody allowed', () => {
    changeLock('node_modules/parser', { hasInstallScript: true });
    expect(checkLockfile(tree.root)).toEqual([
      'package-lock.json: node_modules/parser runs a script on installation',
    ]);
  });

  test.each(['^2.0.0', '~2.0.0', '2', '*', 'latest', 'file:../x', 'npm:other@2.0.0', '>=2.0.0'])(
    'the inexact version %s, also in the lockfile',
    (parser) => {
      tree.write('packages/shared/protocol/package.json', { dependencies: { parser } });
      changeLock('packages/shared/protocol', { dependencies: { parser } });
      expect(checkLockfile(tree.root)).toEqual([expect.stringContaining('not an exact version')]);
    },
  );

  test('an inexact version outside the workspace', () => {
    tree.write('benchmarks/x/package.json', { dependencies: { rival: '^1.0.0' } });
    expect(checkLockfile(tree.root)).toEqual([
      'benchmarks/x/package.json: `rival` is `^1.0.0`, not an exact version',
    ]);
  });

  test('a manifest the lockfile was not made from', () => {
    tree.write('packages/shared/protocol/package.json', { dependencies: { parser: '2.0.1' } });
    expect(checkLockfile(tree.root)).toEqual([
      'packages/shared/protocol/package.json: dependencies differ from package-lock.json',
    ]);
  });

  test('a script of our own that runs on installation', () => {
    tree.write('benchmarks/x/package.json', { scripts: { postinstall: 'node x.js' } });
    expect(checkLockfile(tree.root)).toEqual([
      'benchmarks/x/package.json: script `postinstall` runs by itself',
    ]);
  });
});

describe('checkTrustedDependencies finds', () => {
  test('a package that is not listed, at any depth', () => {
    tree.write('package-lock.json', {
      packages: {
        ...GOOD_LOCK,
        'node_modules/hashes': entry('1.0.0', { dependencies: { novel: '1.0.0' } }),
        'node_modules/novel': entry('1.0.0'),
      },
    });
    expect(checkTrustedDependencies(tree.root)).toEqual([
      'novel 1.0.0 is not listed in security/trusted-dependencies.json',
    ]);
  });

  test('a package that came in another version', () => {
    changeLock(`${CRYPTO}/node_modules/curves`, { version: '1.0.1' });
    expect(checkTrustedDependencies(tree.root)).toEqual([
      'curves 1.0.1 is listed as 1.0.0',
      'security/trusted-dependencies.json: curves 1.0.0: no longer among the dependencies',
    ]);
  });

  test('a changed licence', () => {
    changeLock('node_modules/parser', { license: 'GPL-3.0' });
    expect(checkTrustedDependencies(tree.root)).toEqual([
      'parser has the licence `GPL-3.0`, not as listed',
    ]);
  });

  test('a licence that is listed but not accepted', () => {
    changeLock('node_modules/parser', { license: 'GPL-3.0' });
    changeRow('parser', { licence: 'GPL-3.0' });
    expect(checkTrustedDependencies(tree.root)).toEqual([
      expect.stringContaining('licence `GPL-3.0` not accepted'),
    ]);
  });

  test('a stale row', () => {
    const dependencies = [...GOOD_LIST.dependencies, row('gone', '1.0.0')];
    tree.write('security/trusted-dependencies.json', { ...GOOD_LIST, dependencies });
    expect(checkTrustedDependencies(tree.root)).toEqual([
      'security/trusted-dependencies.json: gone 1.0.0: no longer among the dependencies',
    ]);
  });

  test.each(['owner', 'wayOut', 'reason'])('a row without %s', (field) => {
    changeRow('parser', { [field]: ' ' });
    expect(checkTrustedDependencies(tree.root)).toContainEqual(
      expect.stringContaining(`parser 2.0.0: no ${field}`),
    );
  });

  test('a reason too short to be one', () => {
    changeRow('parser', { reason: 'needed' });
    expect(checkTrustedDependencies(tree.root)).toEqual([
      expect.stringContaining('say why it is needed'),
    ]);
  });

  test('a dependency the lockfile does not have', () => {
    changeLock('packages/shared/protocol', { dependencies: { parser: '2.0.0', lost: '1.0.0' } });
    expect(checkTrustedDependencies(tree.root)).toEqual([
      'package-lock.json: cannot find packages/shared/protocol: lost',
    ]);
  });
});

describe('checkInstallScripts finds', () => {
  test('a script the lockfile knows of', () => {
    changeLock('node_modules/hashes', { hasInstallScript: true });
    expect(checkInstallScripts(tree.root)).toEqual(['hashes 1.0.0 runs a script on installation']);
  });

  test('a script only the installed package shows', () => {
    tree.write('node_modules/parser/package.json', { scripts: { postinstall: 'node x.js' } });
    expect(checkInstallScripts(tree.root)).toEqual(['parser 2.0.0 runs a script on installation']);
  });

  test('an add-on that is compiled on installation', () => {
    tree.write('node_modules/parser/package.json', {});
    tree.write('node_modules/parser/binding.gyp', '{}');
    expect(checkInstallScripts(tree.root)).toEqual(['parser 2.0.0 runs a script on installation']);
  });
});

describe('this repository', () => {
  test('lists what the trusted zone pulls in, and none of it runs scripts', () => {
    expect(checkTrustedDependencies(REAL)).toEqual([]);
    expect(checkInstallScripts(REAL)).toEqual([]);
  });
});
