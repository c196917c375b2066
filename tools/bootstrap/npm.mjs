/**
 * Calls npm quietly and keeps what it said for the moment it fails.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { forwardSignals } from './child.mjs';
import { BootstrapFailure, EXIT } from './failure.mjs';

const LOG_LINES = 40;
/** Where npm stops telling what went wrong and starts printing its own manual. */
const MANUAL = /^npm error (Clean install a project|Usage:)$/m;
/** Notes of npm that say nothing about the failure. */
const NOISE = /^npm (warn|notice) /;

/**
 * Runs `npm <args>` in `root`.
 *
 * @param {string} root - Absolute path of the workspace.
 * @param {readonly string[]} args
 * @throws BootstrapFailure with npm's last lines, exit code 3, when npm is missing or fails.
 */
export async function runNpm(root, args) {
  const { status, log } = await start(root, args);
  if (status === 0) return;
  throw new BootstrapFailure(`\`npm ${args.join(' ')}\` failed`, {
    exitCode: EXIT.install,
    next: 'read the lines above; with a network and a free disk, run the same command again',
    log: essence(log),
  });
}

/** @param {string} log */
function essence(log) {
  const [told = ''] = log.split(MANUAL);
  const lines = told.split('\n').filter((line) => !NOISE.test(line));
  return lines.slice(-LOG_LINES).join('\n');
}

/** @param {string} root @param {readonly string[]} args */
function start(root, args) {
  const npm = spawn('npm', args, {
    cwd: root,
    env: npmEnvironment(root),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const release = forwardSignals(npm);
  let log = '';
  const keep = (chunk) => {
    log += chunk;
  };
  npm.stdout.on('data', keep);
  npm.stderr.on('data', keep);
  return new Promise((resolve, reject) => {
    npm.on('error', (cause) => reject(npmMissing(cause)));
    npm.on('close', (status) => {
      release();
      resolve({ status, log });
    });
  });
}

/** @param {Error} cause */
function npmMissing(cause) {
  return new BootstrapFailure(`npm cannot be started (${cause.message})`, {
    exitCode: EXIT.install,
    next: 'install npm 10 or newer and put it on PATH',
  });
}

/**
 * The environment for npm, without our own runtime on PATH: `npm ci` deletes `node_modules`, and
 * must not be running from the binary it deletes.
 *
 * @param {string} root
 */
function npmEnvironment(root) {
  const ours = join(root, 'node_modules');
  const entries = (process.env.PATH ?? '').split(delimiter);
  return {
    ...process.env,
    PATH: entries.filter((entry) => !entry.startsWith(ours)).join(delimiter),
  };
}
