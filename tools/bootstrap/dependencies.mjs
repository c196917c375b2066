/**
 * Makes sure `node_modules` is what the lockfile says, at the price of one hash when it is.
 *
 * A stamp in `node_modules` remembers the lockfile and the list of workspace folders it was
 * installed from. A lockfile that disagrees with a manifest is an error.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BootstrapFailure, EXIT } from './failure.mjs';
import { firstDifference } from './installed-tree.mjs';
import { manifestsOutOfSync } from './lockfile.mjs';
import { runNpm } from './npm.mjs';
import { withProgress } from './progress.mjs';
import { workspaceFolders } from './workspace.mjs';

const INSTALL_OPTIONS = ['--include=dev', '--include=optional', '--no-audit', '--no-fund'];
/** What npm says when lockfile and manifests differ in its eyes. */
const LOCKFILE_REFUSED = /npm error Missing: \S+ from lock file/;
const STAMP = 'node_modules/.countersign-stamp';

/**
 * Whether the stamp matches the lockfile and the workspace folders of now.
 *
 * @param {string} root - Absolute path of the workspace.
 */
export function isStamped(root) {
  const file = join(root, STAMP);
  return existsSync(file) && readFileSync(file, 'utf8') === fingerprint(root);
}

/**
 * Writes the stamp: dependencies and runtime are in place.
 *
 * @param {string} root - Absolute path of the workspace.
 */
export function writeStamp(root) {
  writeFileSync(join(root, STAMP), fingerprint(root));
}

/**
 * Installs the locked dependencies unless the tree npm left behind agrees with the lockfile.
 *
 * @param {string} root - Absolute path of the workspace.
 * @throws BootstrapFailure exit code 3 when there is no lockfile, it disagrees with a manifest, npm
 *   fails, or npm installed something else than what is locked.
 */
export async function ensureDependencies(root) {
  if (!existsSync(join(root, 'package-lock.json'))) {
    throw failure('`package-lock.json` is missing', 'get a complete checkout of the repository');
  }
  const [outOfSync] = manifestsOutOfSync(root);
  if (outOfSync !== undefined) {
    throw failure(
      `\`package-lock.json\` does not match \`${outOfSync}\``,
      'run npm install, look at what changed in the lockfile, and commit it',
    );
  }
  if (firstDifference(root) === undefined) return;
  await withProgress('installing dependencies with npm ci', () => install(root));
}

/**
 * INVARIANT: nothing is used that the lockfile does not name with its integrity. Where `npm ci`
 * refuses a lockfile only for lacking packages of other platforms, a plain installation may stand
 * in for it, because the result is compared with the lockfile afterwards.
 *
 * @param {string} root
 */
async function install(root) {
  try {
    await runNpm(root, ['ci', ...INSTALL_OPTIONS]);
  } catch (error) {
    if (!(error instanceof BootstrapFailure) || !LOCKFILE_REFUSED.test(error.log)) throw error;
    await runNpm(root, ['install', '--no-save', ...INSTALL_OPTIONS]);
    assertLocked(root);
  }
}

/** @param {string} root */
function assertLocked(root) {
  const different = firstDifference(root);
  if (different === undefined) return;
  throw failure(
    `npm did not install \`${different}\` as it is locked`,
    'check which registry npm uses, and that the lockfile is complete',
  );
}

/** @param {string} message @param {string} next */
function failure(message, next) {
  return new BootstrapFailure(message, { exitCode: EXIT.install, next });
}

/** @param {string} root */
function fingerprint(root) {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  hash.update(`\n${workspaceFolders(root).join('\n')}`);
  return `${hash.digest('hex')} ${process.platform}-${process.arch}\n`;
}
