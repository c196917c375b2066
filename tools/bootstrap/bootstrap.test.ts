/**
 * Runs the real bootstrap in a small workspace with a planted npm, so nothing is downloaded.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
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
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const TOOLS = join(import.meta.dirname, '..');
const VERSION = process.versions.node;
const PLATFORM = `${process.platform}-${process.arch}`;
const PIN = { name: 'node-planted', integrity: 'sha512-planted-runtime' };
const LOCKED = { version: '1.0.0', integrity: 'sha512-planted' };
const REFUSED = 'npm error Missing: @other/platform@ from lock file';

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
const write = (path, value) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(value));
};
const link = (path) => {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  symlinkSync(${JSON.stringify(process.execPath)}, path);
};
const prefix = args[args.indexOf('--prefix') + 1];
const runtime = { '${`node_modules/${PIN.name}`}': { integrity: plan.runtimeIntegrity ?? '${PIN.integrity}' } };
if (args.includes('--prefix')) {
  if (plan.runtimeExits) { console.error('npm error planted runtime failure'); process.exit(plan.runtimeExits); }
  write(join(prefix, 'node_modules/.package-lock.json'), { packages: runtime });
  link(join(prefix, 'node_modules/${PIN.name}/bin/node'));
} else if (command === 'ci' && plan.ci) {
  console.error(plan.ci.says);
  process.exit(plan.ci.exits);
} else {
  rmSync('node_modules', { recursive: true, force: true });
  const packages = { 'node_modules/one': { version: '1.0.0', integrity: plan.integrity ?? '${LOCKED.integrity}' } };
  write('node_modules/.package-lock.json', { packages });
  write('node_modules/one/package.json', {});
  if (!plan.scriptsBlocked) {
    write('node_modules/node/node_modules/.package-lock.json', { packages: runtime });
    link('node_modules/.bin/node');
  }
}
`;

let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-bootstrap-')));
  cpSync(join(TOOLS, 'run.mjs'), join(root, 'tools/run.mjs'));
  cpSync(join(TOOLS, 'bootstrap'), join(root, 'tools/bootstrap'), { recursive: true });
  write('tools/bootstrap/runtime-pins.json', { version: VERSION, platforms: { [PLATFORM]: PIN } });
  write('package.json', { workspaces: ['packages/*'], dependencies: { node: VERSION } });
  write('packages/a/package.json', { name: 'a' });
  lock({});
  write('tools/check/run.ts', 'console.log(process.argv.slice(2).join(" "), process.env.PATH);');
  write('planted/npm.mjs', NPM);
  write(
    'planted/npm',
    `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'planted/npm.mjs')}' "$@"\n`,
  );
  chmodSync(join(root, 'planted/npm'), 0o755);
  plan({});
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, content: unknown): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
}

function lock(more: Record<string, unknown>): void {
  const packages = {
    '': { dependencies: { node: VERSION } },
    'packages/a': {},
    'node_modules/one': LOCKED,
    'node_modules/other-platform': { ...LOCKED, optional: true, os: ['none'], cpu: ['none'] },
    ...more,
  };
  // The link and the package of a workspace are listed by npm too; this npm plants neither.
  write('package-lock.json', { packages: { ...packages, 'packages/a': { optional: true } } });
}

function plan(value: NpmPlan): void {
  write('planted/plan.json', value);
}

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function bootstrap(args: readonly string[] = ['check'], nodeArgs: readonly string[] = []): Run {
  const environment = { ...process.env, PATH: `${join(root, 'planted')}:/usr/bin:/bin` };
  const command = [...nodeArgs, join(root, 'tools/run.mjs'), ...args];
  return spawnSync(process.execPath, command, { encoding: 'utf8', env: environment });
}

function npmCalls(): readonly string[] {
  const log = join(root, 'planted/npm.log');
  return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
}

const CI_CALL = 'ci --include=dev --include=optional --no-audit --no-fund';

describe('dependencies', () => {
  test('are installed when they are missing', () => {
    const { status, stderr } = bootstrap();
    expect(stderr).toMatch(/^… installing dependencies with npm ci\n✓ installing/);
    expect(status).toBe(0);
    expect(npmCalls()).toEqual([CI_CALL]);
  });

  test('are not touched by the second run', () => {
    bootstrap();
    expect(bootstrap()).toMatchObject({ status: 0, stderr: '' });
    expect(npmCalls()).toHaveLength(1);
  });

  test.each([
    [
      'the lockfile changed',
      () => lock({ 'node_modules/one': { ...LOCKED, integrity: 'sha512-b' } }),
    ],
    [
      'the installed tree lost a package',
      () => rmSync(join(root, 'node_modules/one'), { recursive: true }),
    ],
  ])('are installed again when %s', (_name, change) => {
    bootstrap();
    rmSync(join(root, 'node_modules/.countersign-stamp'));
    change();
    plan({ integrity: readLockedIntegrity() });
    expect(bootstrap().status).toBe(0);
    expect(npmCalls()).toHaveLength(2);
  });

  test('the stamp notices a changed lockfile by itself', () => {
    bootstrap();
    lock({ 'node_modules/one': { ...LOCKED, integrity: 'sha512-b' } });
    plan({ integrity: 'sha512-b' });
    expect(bootstrap().status).toBe(0);
    expect(npmCalls()).toHaveLength(2);
  });

  test('that someone installed by hand are taken as they are', () => {
    bootstrap();
    rmSync(join(root, 'node_modules/.countersign-stamp'));
    expect(bootstrap()).toMatchObject({ status: 0, stderr: '' });
    expect(npmCalls()).toHaveLength(1);
  });

  test('a failing npm is shown with its words, exit code 3, and nothing runs', () => {
    plan({ ci: { says: 'npm warn noise\nnpm error planted failure', exits: 1 } });
    const { status, stdout, stderr } = bootstrap();
    expect(status).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toContain('npm error planted failure\n`npm ci');
    expect(stderr).toContain('\nnext: ');
    expect(stderr).not.toContain('noise');
    expect(existsSync(join(root, 'node_modules/.countersign-stamp'))).toBe(false);
  });

  test('a lockfile without packages of other platforms is installed another way', () => {
    plan({ ci: { says: REFUSED, exits: 1 } });
    expect(bootstrap().status).toBe(0);
    expect(npmCalls()).toEqual([CI_CALL, CI_CALL.replace('ci', 'install --no-save')]);
  });

  test('what was not locked is refused, however it was installed', () => {
    plan({ ci: { says: REFUSED, exits: 1 }, integrity: 'sha512-other' });
    const { status, stderr } = bootstrap();
    expect(status).toBe(3);
    expect(stderr).toContain('npm installed something else than what is locked');
  });

  test('a lockfile that does not match a manifest is refused before npm runs', () => {
    write('packages/a/package.json', { name: 'a', dependencies: { two: '1.0.0' } });
    const { status, stderr } = bootstrap();
    expect(status).toBe(3);
    expect(stderr).toContain('`package-lock.json` does not match `packages/a/package.json`');
    expect(npmCalls()).toEqual([]);
  });

  test('a missing lockfile is refused', () => {
    rmSync(join(root, 'package-lock.json'));
    expect(bootstrap()).toMatchObject({ status: 3, stderr: expect.stringContaining('is missing') });
  });

  test('npm that cannot be started is named', () => {
    rmSync(join(root, 'planted/npm'));
    const environment = { ...process.env, PATH: join(root, 'planted') };
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'tools/run.mjs'), 'check'], {
      encoding: 'utf8',
      env: environment,
    });
    expect(status).toBe(3);
    expect(stderr).toContain('npm cannot be started');
  });
});

function readLockedIntegrity(): string {
  const text = readFileSync(join(root, 'package-lock.json'), 'utf8');
  return JSON.parse(text).packages['node_modules/one'].integrity;
}

describe('the runtime', () => {
  test('comes from its platform package when the install script was blocked', () => {
    plan({ scriptsBlocked: true });
    const { status, stdout } = bootstrap();
    expect(status).toBe(0);
    expect(npmCalls()[1]).toBe(
      `install --prefix ${join(root, 'node_modules/.runtime')} --no-save --ignore-scripts ${PIN.name}@${VERSION}`,
    );
    expect(stdout).toContain(join(root, 'node_modules/.bin'));
    expect(existsSync(join(root, 'node_modules/.bin/node'))).toBe(true);
  });

  test('of another integrity is replaced, though it is there and runs', () => {
    plan({ runtimeIntegrity: 'sha512-other' });
    const { status, stderr } = bootstrap();
    expect(npmCalls()).toHaveLength(2);
    expect(status).toBe(3);
    expect(stderr).toContain('is not the package that is pinned');
    expect(existsSync(join(root, 'node_modules/.bin/node'))).toBe(false);
  });

  test('that cannot be had is an error, and the next run tries again', () => {
    plan({ scriptsBlocked: true, runtimeExits: 1 });
    expect(bootstrap()).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('planted runtime failure'),
    });
    plan({ scriptsBlocked: true });
    expect(bootstrap().status).toBe(0);
    expect(npmCalls()).toHaveLength(3);
  });

  test('that disappeared is installed again', () => {
    bootstrap();
    rmSync(join(root, 'node_modules/.bin/node'));
    expect(bootstrap().status).toBe(0);
    expect(npmCalls().at(-1)).toContain(PIN.name);
  });

  test('of another version than the pin is refused', () => {
    write('tools/bootstrap/runtime-pins.json', {
      version: '1.2.3',
      platforms: { [PLATFORM]: PIN },
    });
    const { status, stderr } = bootstrap();
    expect(status).toBe(2);
    expect(stderr).toContain(`no runtime ${VERSION} is pinned for ${PLATFORM}`);
  });
});

describe('the command', () => {
  test('gets its arguments, with or without two dashes, and our programs first on PATH', () => {
    const path = `${join(root, 'node_modules/.bin')}:${join(root, 'planted')}`;
    expect(bootstrap(['check', '--', 'a', '--b']).stdout).toContain(`a --b ${path}`);
    expect(bootstrap(['check', 'a', '--', 'b']).stdout).toContain(`a -- b ${path}`);
  });

  test('passes its exit code on', () => {
    write('tools/check/run.ts', 'process.exit(7);');
    expect(bootstrap().status).toBe(7);
  });

  test('that a signal ends gives 128 and the number of the signal', () => {
    write(
      'tools/check/run.ts',
      "process.kill(process.pid, 'SIGKILL'); setTimeout(() => {}, 60_000);",
    );
    expect(bootstrap().status).toBe(137);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('gets %s', async (signal) => {
    write(
      'tools/check/run.ts',
      `setTimeout(() => process.exit(1), 60_000);
       process.on('${signal}', () => { console.log('got ${signal}'); process.exit(9); });
       console.log('ready');`,
    );
    const child = start();
    const [first] = await once(child.stdout ?? child, 'data');
    expect(String(first)).toBe('ready\n');
    child.kill(signal);
    const [[second], [status]] = await Promise.all([
      once(child.stdout ?? child, 'data'),
      once(child, 'close'),
    ]);
    expect(String(second)).toBe(`got ${signal}\n`);
    expect(status).toBe(9);
  });

  test('that is unknown, missing or not given: exit code 2, nothing installed', () => {
    expect(bootstrap(['no-such'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('there is no command `no-such`'),
    });
    expect(bootstrap(['demo'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('countersign.js` is missing'),
    });
    expect(bootstrap([]).status).toBe(2);
    expect(bootstrap(['toString']).status).toBe(2);
    expect(npmCalls()).toEqual([]);
  });

  test('help names every command and an example', () => {
    const { status, stdout } = bootstrap(['--help']);
    expect(status).toBe(0);
    for (const name of ['demo', 'test', 'check', 'bench', 'fuzz', 'build-wasm', 'example: ']) {
      expect(stdout).toContain(name);
    }
  });
});

describe('an old Node', () => {
  test('gets a sentence and exit code 2', () => {
    const pretend = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'18.19.0'}})`;
    const { status, stdout, stderr } = bootstrap(['check'], ['--import', pretend]);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('needs Node 20 or newer to start; this is Node 18.19.0');
    expect(npmCalls()).toEqual([]);
  });
});

/** Starts the bootstrap and leaves it running. */
function start(): ChildProcess {
  return spawn(process.execPath, [join(root, 'tools/run.mjs'), 'check'], {
    env: { ...process.env, PATH: `${join(root, 'planted')}:/usr/bin:/bin` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
