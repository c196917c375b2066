/**
 * A small workspace with the real bootstrap and a planted npm, so that nothing is downloaded.
 *
 * @module
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const TOOLS = join(import.meta.dirname, '../..');
/** The version the planted workspace wants: the one these tests run on. */
export const VERSION = process.versions.node;
export const PLATFORM = `${process.platform}-${process.arch}`;
export const PIN = { name: 'node-planted', integrity: 'sha512-planted-runtime' };
const LOCKED = { version: '1.0.0', integrity: 'sha512-planted' };

/** What the planted npm does; read from a file by each of its runs. */
interface NpmPlan {
  /** Output and exit code of `npm ci`. */
  readonly ci?: { readonly says: string; readonly exits: number };
  /** Whether the install script of the package `node` may run. */
  readonly scriptsBlocked?: boolean;
  /** Integrity of the packages it installs, as npm writes it down. */
  readonly integrity?: string;
  readonly runtimeIntegrity?: string;
  /** Exit code of the installation of the runtime package. */
  readonly runtimeExits?: number;
}

/** Behaves as npm does, as far as the bootstrap looks. */
const NPM = `
import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
const plan = JSON.parse(readFileSync(join(import.meta.dirname, 'plan.json'), 'utf8'));
const [command, ...args] = process.argv.slice(2);
appendFileSync(join(import.meta.dirname, 'npm.log'), [command, ...args].join(' ') + '\\n');
writeFileSync(join(import.meta.dirname, 'npm.path'), process.env.PATH);
const write = (path, value) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(value));
};
const link = (target, path) => {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  symlinkSync(target, path);
};
const binary = ${JSON.stringify(process.execPath)};
const prefix = args[args.indexOf('--prefix') + 1];
const runtime = { '${`node_modules/${PIN.name}`}': { integrity: plan.runtimeIntegrity ?? '${PIN.integrity}' } };
if (args.includes('--prefix')) {
  if (plan.runtimeExits) { console.error('npm error planted runtime failure'); process.exit(plan.runtimeExits); }
  write(join(prefix, 'node_modules/.package-lock.json'), { packages: runtime });
  link(binary, join(prefix, 'node_modules/${PIN.name}/bin/node'));
} else if (command === 'ci' && plan.ci) {
  console.error(plan.ci.says);
  process.exit(plan.ci.exits);
} else {
  rmSync('node_modules', { recursive: true, force: true });
  const packages = { 'packages/a': {}, 'node_modules/one': { version: '1.0.0', integrity: plan.integrity ?? '${LOCKED.integrity}' } };
  write('node_modules/.package-lock.json', { packages });
  write('node_modules/one/package.json', {});
  if (!plan.scriptsBlocked) {
    write('node_modules/node/node_modules/.package-lock.json', { packages: runtime });
    link(binary, 'node_modules/node/bin/node');
    link('../node/bin/node', 'node_modules/.bin/node');
  }
}
`;

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface PlantedWorkspace {
  /** Absolute path. */
  readonly root: string;
  /** Writes a file; what is no string is written as JSON. */
  readonly write: (path: string, content: unknown) => void;
  readonly remove: (path: string) => void;
  readonly exists: (path: string) => boolean;
  /** Locks its one dependency at this integrity. */
  readonly lock: (integrity: string) => void;
  readonly plan: (plan: NpmPlan) => void;
  /** The arguments of every run of npm so far. */
  readonly npmCalls: () => readonly string[];
  /** Runs `tools/run.mjs` and waits. */
  readonly run: (args?: readonly string[], options?: RunOptions) => Run;
  /** Runs `tools/run.mjs check` and does not wait. */
  readonly start: () => ChildProcess;
  readonly removeAll: () => void;
}

export interface RunOptions {
  /** For Node, in front of the script. */
  readonly nodeArgs?: readonly string[];
  readonly path?: string;
}

/** Plants one: a lockfile with one dependency, one package, and a `check` that prints its PATH. */
export function plantWorkspace(): PlantedWorkspace {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-bootstrap-')));
  const write = (path: string, content: unknown): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(
      join(root, path),
      typeof content === 'string' ? content : JSON.stringify(content),
    );
  };
  const lock = (integrity: string): void => write('package-lock.json', lockfile(integrity));
  const plan = (value: NpmPlan): void => write('planted/plan.json', value);
  const script = join(root, 'tools/run.mjs');
  const environment = (path = `${join(root, 'planted')}:/usr/bin:/bin`): NodeJS.ProcessEnv => ({
    ...process.env,
    PATH: path,
  });
  plantFiles(root, write);
  lock(LOCKED.integrity);
  plan({});
  return {
    root,
    write,
    remove: (path) => rmSync(join(root, path), { recursive: true }),
    exists: (path) => existsSync(join(root, path)),
    lock,
    plan,
    npmCalls: () => {
      const log = join(root, 'planted/npm.log');
      return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
    },
    run: (args = ['check'], { nodeArgs = [], path } = {}) => {
      const options = { encoding: 'utf8', env: environment(path) } as const;
      return spawnSync(process.execPath, [...nodeArgs, script, ...args], options);
    },
    start: () => {
      const stdio = ['ignore', 'pipe', 'inherit'] as const;
      return spawn(process.execPath, [script, 'check'], { env: environment(), stdio: [...stdio] });
    },
    removeAll: () => rmSync(root, { recursive: true, force: true }),
  };
}

function plantFiles(root: string, write: PlantedWorkspace['write']): void {
  cpSync(join(TOOLS, 'run.mjs'), join(root, 'tools/run.mjs'));
  cpSync(join(TOOLS, 'bootstrap'), join(root, 'tools/bootstrap'), { recursive: true });
  write('tools/bootstrap/runtime-pins.json', { version: VERSION, platforms: { [PLATFORM]: PIN } });
  write('package.json', { workspaces: ['packages/*'], dependencies: { node: VERSION } });
  write('packages/a/package.json', { name: 'a' });
  write('tools/check/run.ts', 'console.log(process.argv.slice(2).join(" "), process.env.PATH);');
  write('planted/npm.mjs', NPM);
  const npm = join(root, 'planted/npm');
  write('planted/npm', `#!/bin/sh\nexec '${process.execPath}' '${npm}.mjs' "$@"\n`);
  chmodSync(npm, 0o755);
}

function lockfile(integrity: string): unknown {
  const elsewhere = { ...LOCKED, optional: true, os: ['none'], cpu: ['none'] };
  return {
    packages: {
      '': { dependencies: { node: VERSION } },
      'packages/a': {},
      'node_modules/one': { ...LOCKED, integrity },
      'node_modules/other-platform': elsewhere,
    },
  };
}
