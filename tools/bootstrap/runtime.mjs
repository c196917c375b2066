/**
 * Makes sure `node_modules/.bin/node` is the pinned Node, byte for byte the published one.
 *
 * The npm package `node` fetches its binary in an install script, which npm may have blocked, and
 * whose download no lockfile covers. So the integrity of the platform package is pinned here, and
 * when the script did not run, that package is installed directly, without scripts.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BootstrapFailure, EXIT } from './failure.mjs';
import { runNpm } from './npm.mjs';
import { withProgress } from './progress.mjs';
import { readRootManifest } from './workspace.mjs';

const BINARY = 'node_modules/.bin/node';
const SCRIPT_TREE = 'node_modules/node';
const OWN_TREE = 'node_modules/.runtime';
const PINS = new URL('./runtime-pins.json', import.meta.url);

/**
 * @param {string} root - Absolute path of the workspace.
 * @returns {string} Where the runtime is, or will be.
 */
export function runtimePath(root) {
  return join(root, BINARY);
}

/**
 * Whether the runtime is there; what it is was verified when the stamp was written.
 *
 * @param {string} root - Absolute path of the workspace.
 */
export function hasRuntime(root) {
  return existsSync(runtimePath(root));
}

/**
 * Verifies the runtime, or installs it from its platform package.
 *
 * @param {string} root - Absolute path of the workspace, dependencies installed.
 * @throws BootstrapFailure exit code 2 on a platform without a pin, 3 when no binary of the pinned
 *   version and integrity can be had.
 */
export async function ensureRuntime(root) {
  const pin = readPin(root);
  if ([SCRIPT_TREE, OWN_TREE].some((tree) => isVerified(root, tree, pin))) return;
  rmSync(join(root, OWN_TREE), { recursive: true, force: true });
  mkdirSync(join(root, OWN_TREE), { recursive: true });
  writeFileSync(join(root, OWN_TREE, 'package.json'), '{ "private": true }\n');
  const wanted = `${pin.name}@${pin.version}`;
  await withProgress(`installing the runtime ${wanted}`, () =>
    runNpm(root, [
      'install',
      '--prefix',
      join(root, OWN_TREE),
      '--no-save',
      '--ignore-scripts',
      wanted,
    ]),
  );
  link(root, pin);
  if (isVerified(root, OWN_TREE, pin)) return;
  rmSync(runtimePath(root), { force: true });
  throw new BootstrapFailure(`\`${wanted}\` is not the package that is pinned, or does not run`, {
    exitCode: EXIT.install,
    next: 'check which registry npm uses; the expected integrity is in tools/bootstrap/runtime-pins.json',
  });
}

/** @param {string} root */
function readPin(root) {
  const version = readRootManifest(root).dependencies.node;
  const pins = JSON.parse(readFileSync(PINS, 'utf8'));
  const platform = `${process.platform}-${process.arch}`;
  const pin = pins.platforms[platform];
  if (pin === undefined || pins.version !== version) {
    throw new BootstrapFailure(`no runtime ${version} is pinned for ${platform}`, {
      exitCode: EXIT.usage,
      next: `run on one of ${Object.keys(pins.platforms).join(', ')} with runtime ${pins.version}`,
    });
  }
  return { ...pin, version };
}

/**
 * Whether the runtime is the one below `tree`, of the pinned integrity, and runs.
 *
 * @param {string} root @param {string} tree
 * @param {{ name: string, integrity: string, version: string }} pin
 */
function isVerified(root, tree, pin) {
  return isLinkInto(root, tree) && isPinned(root, tree, pin) && runs(root, pin);
}

/** @param {string} root @param {string} tree */
function isLinkInto(root, tree) {
  try {
    const target = resolve(dirname(runtimePath(root)), readlinkSync(runtimePath(root)));
    return target.startsWith(`${join(root, tree)}/`);
  } catch {
    return false;
  }
}

/**
 * Whether npm recorded, below `tree`, the platform package at the pinned integrity.
 *
 * @param {string} root @param {string} tree @param {{ name: string, integrity: string }} pin
 */
function isPinned(root, tree, pin) {
  try {
    const record = readFileSync(join(root, tree, 'node_modules/.package-lock.json'), 'utf8');
    return JSON.parse(record).packages[`node_modules/${pin.name}`].integrity === pin.integrity;
  } catch {
    return false;
  }
}

/** @param {string} root @param {{ version: string }} pin */
function runs(root, pin) {
  try {
    const said = execFileSync(runtimePath(root), ['--version'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return said.toString().trim() === `v${pin.version}`;
  } catch {
    return false;
  }
}

/** @param {string} root @param {{ name: string }} pin */
function link(root, pin) {
  mkdirSync(join(root, 'node_modules/.bin'), { recursive: true });
  rmSync(runtimePath(root), { force: true });
  symlinkSync(`../.runtime/node_modules/${pin.name}/bin/node`, runtimePath(root));
}
