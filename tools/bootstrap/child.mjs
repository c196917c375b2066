/**
 * Runs a program in our place: same terminal, same signals, same exit code.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs `program` in `root` with the workspace's own programs first on PATH.
 *
 * @param {string} root - Absolute path of the workspace; becomes the working directory.
 * @param {string} program - Absolute path.
 * @param {readonly string[]} args
 * @returns {Promise<number>} Its exit code; 128 plus the signal's number when a signal ended it.
 */
export function runChild(root, program, args) {
  const own = join(root, 'node_modules/.bin');
  const PATH = [own, process.env.PATH].filter(Boolean).join(delimiter);
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, PATH },
    stdio: 'inherit',
  });
  const release = forwardSignals(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (status, signal) => {
      release();
      resolve(signal === null ? (status ?? 1) : 128 + constants.signals[signal]);
    });
  });
}

/**
 * Passes signals on. A terminal sends Ctrl-C to the whole group by itself; passing that on as well
 * would reach the child twice, and many programs take the second as "stop at once".
 *
 * @param {import('node:child_process').ChildProcess} child
 * @returns {() => void} Stops it.
 */
export function forwardSignals(child) {
  const handlers = FORWARDED.map((signal) => {
    const terminalSends = signal === 'SIGINT' && process.stdin.isTTY;
    const handler = () => (terminalSends ? undefined : child.kill(signal));
    process.on(signal, handler);
    return { signal, handler };
  });
  return () => {
    for (const { signal, handler } of handlers) process.off(signal, handler);
  };
}
