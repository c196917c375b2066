/**
 * The commands of the workspace and the programs behind them.
 *
 * @module
 */

/**
 * One row: the script the runtime runs, and one line of help.
 *
 * @type {Record<string, { script: string, args: string[], help: string }>}
 */
export const COMMANDS = {
  demo: {
    script: 'packages/operator/cli/bin/countersign.js',
    args: ['demo'],
    help: 'run the guided demonstration',
  },
  test: {
    script: 'tools/test/run.ts',
    args: [],
    help: 'run the tests, all or those whose path is given',
  },
  check: {
    script: 'tools/check/run.ts',
    args: [],
    help: 'types, lint, import graph, secrets, dependencies and more',
  },
  bench: { script: 'benchmarks/run.ts', args: [], help: 'measure, and print the tables' },
  fuzz: { script: 'tools/fuzz/run.ts', args: [], help: 'search for inputs that break a parser' },
  mutation: { script: 'tools/mutation/run.ts', args: [], help: 'find code that no test holds' },
  'build-wasm': {
    script: 'tools/build-wasm.mjs',
    args: [],
    help: 'compile the WebAssembly module again',
  },
};

/** What `--help` prints. */
export function helpText() {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const rows = Object.entries(COMMANDS).map(
    ([name, { help }]) => `  ${name.padEnd(width)}  ${help}`,
  );
  return [
    'usage: node tools/run.mjs <command> [-- args]',
    '',
    'Installs the locked dependencies and the pinned Node runtime when they are missing, then runs',
    'one command with them. Needs Node 20 or newer and npm.',
    '',
    ...rows,
    '',
    'example: node tools/run.mjs test -- packages/shared',
    '',
  ].join('\n');
}
