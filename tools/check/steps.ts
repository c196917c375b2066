/**
 * The steps of `npm run check`, in the order they run. A new check is one more entry.
 *
 * @module
 */

import { checkLockfile } from './dependencies/lockfile-check.ts';
import {
  checkInstallScripts,
  checkTrustedDependencies,
} from './dependencies/trusted-dependencies.ts';
import { checkImportGraph } from './graph/import-graph.ts';
import { programStep } from './program-step.ts';
import { checkSecrets } from './secrets/secret-scan.ts';
import type { CheckStep } from './step.ts';

type TreeCheck = (root: string) => readonly string[];

/** A step of ours: reads the tree, returns problems. */
function treeStep(name: string, title: string, fix: string, check: TreeCheck): CheckStep {
  return { name, title, fix, run: (root) => Promise.resolve({ problems: check(root) }) };
}

export const CHECK_STEPS: readonly CheckStep[] = [
  programStep({
    name: 'types',
    title: 'types agree',
    fix: 'correct the places above',
    script: 'node_modules/typescript/bin/tsc',
    args: ['-p', '.'],
  }),
  programStep({
    name: 'style',
    title: 'lint rules hold, files are formatted',
    fix: 'run `node_modules/.bin/biome check --write .`, then correct what is left',
    script: 'node_modules/@biomejs/biome/bin/biome',
    args: ['check', '--error-on-warnings', '--diagnostic-level=warn', '--max-diagnostics=100', '.'],
  }),
  treeStep(
    'import-graph',
    'imports follow the zones',
    'move the code to a zone that may import it, or declare the dependency; the rules: tools/check/graph/rules.ts',
    checkImportGraph,
  ),
  programStep({
    name: 'unused',
    title: 'no unused files, exports or dependencies',
    fix: 'delete what is unused, or stop exporting it; entry points: knip.json',
    script: 'node_modules/knip/bin/knip.js',
    args: ['--no-progress', '--no-config-hints'],
  }),
  treeStep(
    'secrets',
    'no secrets in the tree',
    'take the secret out and revoke it; a throw-away one goes into security/secret-allowlist.json with a reason',
    checkSecrets,
  ),
  treeStep(
    'install-scripts',
    'no install scripts below the trusted zone',
    'do without the package; code that runs on installation is never accepted there',
    checkInstallScripts,
  ),
  treeStep(
    'trusted-dependencies',
    'every trusted dependency is listed with a reason',
    'review the change, then correct security/trusted-dependencies.json',
    checkTrustedDependencies,
  ),
  treeStep(
    'lockfile',
    'the lockfile is exact and complete',
    'write exact versions, run `npm install`, commit the lockfile',
    checkLockfile,
  ),
  programStep({
    name: 'wasm',
    title: 'the WebAssembly module matches its source',
    fix: 'run `npm run build:wasm` and commit the result',
    script: 'tools/build-wasm.mjs',
    args: ['--check'],
    isOptional: true,
  }),
  programStep({
    name: 'docs',
    title: 'generated documents match the code',
    fix: 'run `node tools/generate-docs.ts` and commit the result',
    script: 'tools/generate-docs.ts',
    args: ['--check'],
    isOptional: true,
  }),
];
