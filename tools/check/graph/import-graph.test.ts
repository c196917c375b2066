import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PlantedTree, plantTree } from '../test/planted-tree.ts';
import { checkImportGraph } from './import-graph.ts';

const PACKAGES = {
  '@countersign/protocol': 'packages/shared/protocol',
  '@countersign/tlog': 'packages/shared/tlog',
  '@countersign/crypto': 'packages/trusted/crypto',
  '@countersign/policy': 'packages/trusted/policy',
  '@countersign/ledger': 'packages/trusted/ledger',
  '@countersign/signer': 'packages/trusted/signer',
  '@countersign/supervisor': 'packages/trusted/supervisor',
  '@countersign/server': 'packages/edge/server',
  '@countersign/custody': 'packages/edge/custody',
  '@countersign/sdk': 'packages/clients/sdk',
  '@countersign/bot': 'packages/clients/bot',
  '@countersign/emulator': 'packages/testing/emulator',
  countersign: 'packages/operator/cli',
} as const;

const ZONES = ['shared', 'trusted', 'edge', 'clients', 'operator', 'testing'];

let tree: PlantedTree;

beforeEach(() => {
  tree = plantTree({
    'package.json': {
      name: 'planted',
      workspaces: ZONES.map((zone) => `packages/${zone}/*`),
      devDependencies: { vitest: '1.0.0', starknet: '1.0.0' },
    },
  });
  for (const [name, folder] of Object.entries(PACKAGES)) {
    tree.write(`${folder}/package.json`, { name });
    tree.write(`${folder}/src/index.ts`, 'export const version = 1;\n');
  }
});

afterEach(() => tree.remove());

/** Plants a file; when it imports a package by name, its manifest declares it. */
function plant(file: string, source: string, declare: readonly string[] = []): void {
  const folder = file.split('/').slice(0, 3).join('/');
  const name = Object.entries(PACKAGES).find(([, own]) => own === folder)?.[0];
  const dependencies = Object.fromEntries(declare.map((each) => [each, '1.0.0']));
  if (name !== undefined) tree.write(`${folder}/package.json`, { name, dependencies });
  tree.write(file, source);
}

/** Plants `import` of one package into a file of another, declared, and says what is wrong. */
function importing(file: string, name: string): readonly string[] {
  plant(file, `import { version } from '${name}';\nconsole.log(version);\n`, [name]);
  return checkImportGraph(tree.root);
}

test('a tree without violations has no problems', () => {
  expect(checkImportGraph(tree.root)).toEqual([]);
});

describe('zones: allowed', () => {
  test.each([
    ['packages/shared/tlog/src/a.ts', '@countersign/protocol'],
    ['packages/trusted/signer/src/a.ts', '@countersign/ledger'],
    ['packages/trusted/crypto/src/a.ts', '@countersign/protocol'],
    ['packages/edge/server/src/a.ts', '@countersign/custody'],
    ['packages/edge/server/src/a.ts', '@countersign/policy'],
    ['packages/edge/server/src/a.ts', '@countersign/tlog'],
    ['packages/clients/bot/src/a.ts', '@countersign/protocol'],
    ['packages/clients/bot/src/a.ts', '@countersign/sdk'],
    ['packages/testing/emulator/src/a.ts', '@countersign/signer'],
    ['packages/testing/emulator/src/a.ts', '@countersign/server'],
    ['packages/operator/cli/src/a.ts', '@countersign/signer'],
    ['packages/operator/cli/src/a.ts', '@countersign/server'],
    ['packages/operator/cli/src/a.test.ts', '@countersign/emulator'],
  ])('%s may import %s', (file, name) => {
    expect(importing(file, name)).toEqual([]);
  });
});

describe('zones: forbidden, in the import and in the manifest', () => {
  test.each([
    ['packages/shared/protocol/src/a.ts', '@countersign/policy'],
    ['packages/shared/protocol/src/a.ts', '@countersign/server'],
    ['packages/shared/protocol/src/a.ts', '@countersign/sdk'],
    ['packages/shared/protocol/src/a.ts', '@countersign/emulator'],
    ['packages/trusted/signer/src/a.ts', '@countersign/server'],
    ['packages/trusted/signer/src/a.ts', '@countersign/sdk'],
    ['packages/trusted/signer/src/a.ts', '@countersign/emulator'],
    ['packages/trusted/signer/src/a.ts', 'countersign'],
    ['packages/edge/server/src/a.ts', '@countersign/sdk'],
    ['packages/edge/server/src/a.ts', '@countersign/emulator'],
    ['packages/edge/server/src/a.ts', 'countersign'],
    ['packages/clients/bot/src/a.ts', '@countersign/signer'],
    ['packages/clients/bot/src/a.ts', '@countersign/server'],
    ['packages/clients/sdk/src/a.ts', '@countersign/bot'],
    ['packages/clients/bot/src/a.ts', '@countersign/emulator'],
    ['packages/testing/emulator/src/a.ts', '@countersign/sdk'],
    ['packages/testing/emulator/src/a.ts', 'countersign'],
    ['packages/operator/cli/src/a.ts', '@countersign/sdk'],
  ] as const)('%s may not import %s', (file, name) => {
    const folder = file.split('/').slice(0, 3).join('/');
    const problems = importing(file, name);
    expect(problems).toContainEqual(
      expect.stringContaining(`${file}:1: ${folder} may not import ${PACKAGES[name]}`),
    );
    expect(problems).toContainEqual(
      `${folder}/package.json: ${folder} may not depend on ${PACKAGES[name]}`,
    );
  });

  test('a test of the trusted zone may not import the edge either', () => {
    const problems = importing('packages/trusted/signer/src/a.test.ts', '@countersign/server');
    expect(problems).toContainEqual(expect.stringContaining('may not import packages/edge/server'));
  });

  test.each(['import type { A } from', 'export { a } from', 'import'])('`%s` counts', (start) => {
    plant('packages/shared/tlog/src/a.ts', `${start} '@countersign/policy';`);
    expect(checkImportGraph(tree.root)).toContainEqual(
      expect.stringContaining('packages/shared/tlog may not import packages/trusted/policy'),
    );
  });

  test('a subpath of a package is that package', () => {
    const problems = importing('packages/edge/server/src/a.ts', '@countersign/emulator/deep');
    expect(problems).toContainEqual(expect.stringContaining('may not import packages/testing'));
  });
});

describe('the operator and the testing zone', () => {
  const FILE = 'packages/operator/cli/src/a.ts';

  test('may meet by a dynamic import', () => {
    plant(FILE, "await import('@countersign/emulator');", ['@countersign/emulator']);
    expect(checkImportGraph(tree.root)).toEqual([]);
  });

  test('may not meet by a static one', () => {
    expect(importing(FILE, '@countersign/emulator')).toEqual([
      `${FILE}:1: packages/operator/cli may not import packages/testing/emulator except by a dynamic import()`,
    ]);
  });
});

describe('inside the trusted zone', () => {
  test.each([
    ['crypto', 'ledger'],
    ['crypto', 'policy'],
    ['crypto', 'signer'],
    ['ledger', 'policy'],
    ['ledger', 'signer'],
    ['policy', 'crypto'],
    ['policy', 'ledger'],
  ])('%s may not import %s', (from, to) => {
    const problems = importing(`packages/trusted/${from}/src/a.ts`, `@countersign/${to}`);
    expect(problems).toHaveLength(1);
  });

  test.each([
    ['a node module', "import 'node:path';", []],
    ['an external package', "import 'zod';", ['zod']],
    ['another shared package', "import '@countersign/tlog';", ['@countersign/tlog']],
  ])('policy may not import %s', (_name, source, declare) => {
    plant('packages/trusted/policy/src/a.ts', source, declare);
    expect(checkImportGraph(tree.root)).toEqual([
      'packages/trusted/policy/src/a.ts:1: packages/trusted/policy may import @countersign/protocol and nothing else',
    ]);
  });

  test('policy may import the protocol; its tests may read files', () => {
    plant('packages/trusted/policy/src/a.ts', "import '@countersign/protocol';", [
      '@countersign/protocol',
    ]);
    tree.write('packages/trusted/policy/src/a.test.ts', "import 'node:fs';\nimport 'vitest';");
    expect(checkImportGraph(tree.root)).toEqual([]);
  });

  test.each([
    'node:net',
    'node:http',
    'node:https',
    'node:child_process',
    'node:worker_threads',
    'node:dgram',
    'node:tls',
    'node:dns/promises',
    'net',
  ])('no package may import %s', (name) => {
    plant('packages/trusted/signer/src/a.ts', `import '${name}';`);
    expect(checkImportGraph(tree.root)).toEqual([
      expect.stringContaining('is not for the trusted zone'),
    ]);
  });

  test('the supervisor may start a process, and still may not open a socket', () => {
    plant(
      'packages/trusted/supervisor/src/a.ts',
      "import 'node:child_process';\nimport 'node:net';",
    );
    expect(checkImportGraph(tree.root)).toEqual([
      'packages/trusted/supervisor/src/a.ts:2: `node:net` is not for the trusted zone',
    ]);
  });

  test('tests and the edge may use them', () => {
    tree.write('packages/trusted/signer/src/a.test.ts', "import 'node:net';");
    tree.write('packages/edge/server/src/a.ts', "import 'node:net';");
    expect(checkImportGraph(tree.root)).toEqual([]);
  });

  test.each([
    "fetch('x');",
    "new WebSocket('x');",
    "process.getBuiltinModule('net');",
    "import { createRequire } from 'node:module';",
    "eval('x');",
  ])('globals that reach out are found: %s', (source) => {
    tree.write('packages/trusted/signer/src/a.ts', source);
    expect(checkImportGraph(tree.root)).toHaveLength(1);
  });

  test.each(['Date.now();', 'Math.random();', 'process.env;', 'setTimeout(a, 1);'])(
    'policy is pure: %s',
    (source) => {
      tree.write('packages/trusted/policy/src/a.ts', source);
      tree.write('packages/trusted/signer/src/a.ts', source);
      expect(checkImportGraph(tree.root)).toEqual([
        expect.stringContaining('pass it in, the policy is pure'),
      ]);
    },
  );

  test('members, keys and types of the same name are no globals', () => {
    tree.write(
      'packages/trusted/policy/src/a.ts',
      'state.fetch(); new Date(0); Date.parse(a); const b = { process: 1 };',
    );
    expect(checkImportGraph(tree.root)).toEqual([]);
  });
});

describe('the chain library', () => {
  test.each([
    ['packages/edge/server/src/a.ts', ['starknet']],
    ['packages/testing/emulator/src/a.ts', ['starknet']],
    ['tools/a.ts', []],
  ])('is not for %s', (file, declare) => {
    plant(file, "import type { Account } from 'starknet';", declare);
    expect(checkImportGraph(tree.root)).toEqual([
      `${file}:1: \`starknet\` is for tests, integration/ and benchmarks/ only`,
    ]);
  });

  test.each(['packages/trusted/crypto/src/a.test.ts', 'integration/a.ts', 'benchmarks/a.ts'])(
    'is for %s',
    (file) => {
      tree.write(file, "import 'starknet';");
      expect(checkImportGraph(tree.root)).toEqual([]);
    },
  );
});

describe('exceptions', () => {
  const FILE = 'packages/trusted/signer/src/a.ts';
  const LIST = 'security/import-exceptions.json';
  const REASON = 'wraps a descriptor that is open already';
  const excuse = (file: string, name: string, reason = REASON): void =>
    tree.write(LIST, { exceptions: [{ file, import: name, reason }] });

  test('excuse one import of one file', () => {
    excuse(FILE, 'node:net');
    tree.write(FILE, "import 'node:net';\nimport 'node:http';");
    tree.write('packages/trusted/ledger/src/a.ts', "import 'node:net';");
    expect(checkImportGraph(tree.root)).toEqual([
      'packages/trusted/ledger/src/a.ts:1: `node:net` is not for the trusted zone',
      `${FILE}:2: \`node:http\` is not for the trusted zone`,
    ]);
  });

  test('do not know the zones', () => {
    excuse(FILE, '@countersign/server');
    expect(importing(FILE, '@countersign/server')).toContainEqual(
      expect.stringContaining('may not import packages/edge/server'),
    );
  });

  test('that excuse nothing, or say no reason, are problems', () => {
    excuse(FILE, 'node:net', 'needed');
    expect(checkImportGraph(tree.root)).toEqual([
      `${LIST}: ${FILE} (node:net): excuses nothing that is there`,
      `${LIST}: ${FILE} (node:net): say why`,
    ]);
  });
});

describe('declarations', () => {
  test('an import the manifest does not declare', () => {
    plant('packages/edge/server/src/a.ts', "import 'hono/deep';\nimport '@countersign/policy';");
    expect(checkImportGraph(tree.root)).toEqual([
      'packages/edge/server/src/a.ts:1: `hono` is not declared in packages/edge/server/package.json',
      'packages/edge/server/src/a.ts:2: `@countersign/policy` is not declared in packages/edge/server/package.json',
    ]);
  });

  test('what is declared for development is for tests only', () => {
    tree.write('packages/edge/server/package.json', {
      name: '@countersign/server',
      devDependencies: { undici: '1.0.0' },
    });
    tree.write('packages/edge/server/src/a.test.ts', "import 'undici';\nimport 'vitest';");
    tree.write('packages/edge/server/src/a.ts', "import 'undici';\nimport 'vitest';");
    expect(checkImportGraph(tree.root)).toEqual([
      expect.stringContaining('a.ts:1: `undici` is not declared'),
      expect.stringContaining('a.ts:2: `vitest` is not declared'),
    ]);
  });

  test('a package may import itself by name', () => {
    tree.write('packages/edge/server/src/a.ts', "import '@countersign/server';");
    expect(checkImportGraph(tree.root)).toEqual([]);
  });

  test('tools and benchmarks: what the root or their own manifest declares', () => {
    tree.write('benchmarks/x/package.json', { name: 'x', dependencies: { rival: '1.0.0' } });
    tree.write('benchmarks/x/a.ts', "import 'rival';\nimport '@countersign/emulator';");
    tree.write('tools/a.ts', "import 'rival';\nimport 'vitest';");
    expect(checkImportGraph(tree.root)).toEqual([
      'tools/a.ts:1: `rival` is not declared in ./package.json',
    ]);
  });
});

describe('what cannot be followed', () => {
  test('a relative import that leaves the package', () => {
    tree.write('packages/edge/server/src/a.ts', "import '../../custody/src/index.ts';");
    expect(checkImportGraph(tree.root)).toEqual([
      'packages/edge/server/src/a.ts:1: `packages/edge/custody/src/index.ts` is outside packages/edge/server',
    ]);
  });

  test('a sibling whose name only starts like the package', () => {
    tree.write('packages/edge/server/src/a.ts', "import '../../server-x/a.ts';");
    expect(checkImportGraph(tree.root)).toHaveLength(1);
  });

  test('code that imports what is for tests', () => {
    tree.write('packages/edge/server/test/kit.ts', "import 'vitest';");
    tree.write('packages/edge/server/src/a.ts', "import '../test/kit.ts';");
    expect(checkImportGraph(tree.root)).toEqual([
      'packages/edge/server/src/a.ts:1: `packages/edge/server/test/kit.ts` is for tests only',
    ]);
  });

  test.each(['import(name);', 'require(name);'])('a computed name: %s', (source) => {
    tree.write('packages/edge/server/src/a.ts', source);
    expect(checkImportGraph(tree.root)).toEqual([expect.stringContaining('cannot be checked')]);
  });

  test('programs for tests may compute names', () => {
    tree.write('packages/testing/emulator/src/a.ts', 'import(name);');
    expect(checkImportGraph(tree.root)).toEqual([]);
  });

  test.each([
    'data:text/javascript,',
    'https://a.example/b.js',
    '/etc/a.js',
    '#inner',
    'file:///a',
  ])('a name that is no package: %s', (name) => {
    tree.write('packages/edge/server/src/a.ts', `import '${name}';`);
    expect(checkImportGraph(tree.root)).toEqual([
      expect.stringContaining('is no name of a module'),
    ]);
  });

  test('a file below packages/ that belongs to no package', () => {
    tree.write('packages/edge/stray.ts', '');
    tree.write('packages/novel/thing/src/a.ts', '');
    expect(checkImportGraph(tree.root)).toEqual([
      'packages/edge/stray.ts: belongs to no workspace package',
      'packages/novel/thing/src/a.ts: belongs to no workspace package',
    ]);
  });
});

test('this repository keeps to the rules', () => {
  expect(checkImportGraph(join(import.meta.dirname, '../../..'))).toEqual([]);
});
