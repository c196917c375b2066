/**
 * Makes sure `node_modules` is what the lockfile says, at the price of one hash when it is.
 *
 * A stamp in `node_modules` remembers the lockfile and the list of workspace folders it was
 * installed from. Only `npm ci` installs: a lockfile that disagrees with a manifest is an error.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BootstrapFailure, EXIT } from './failure.mjs';
import { isInstalled } from './installed-tree.mjs';
import { runNpm } from './npm.mjs';
import { withProgress } from './progress.mjs';
import { workspaceFolders } from './workspace.mjs';

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
 * @throws BootstrapFailure exit code 3 when there is no lockfile or npm fails.
 */
export async function ensureDependencies(root) {
  if (!existsSync(join(root, 'package-lock.json'))) {
    throw new BootstrapFailure('`package-lock.json` is missing', {
      exitCode: EXIT.install,
      next: 'get a complete checkout of the repository',
    });
  }
  if (isInstalled(root)) return;
  await withProgress('installing dependencies with npm ci', () =>
    runNpm(root, ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund']),
  );
}

/** @param {string} root */
function fingerprint(root) {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  hash.update(`\n${workspaceFolders(root).join('\n')}`);
  return `${hash.digest('hex')} ${process.platform}-${process.arch}\n`;
}
