/**
 * Reads the command, prepares the machine, runs the command under the pinned runtime.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChild } from './child.mjs';
import { COMMANDS, helpText } from './commands.mjs';
import { ensureDependencies, isStamped, writeStamp } from './dependencies.mjs';
import { BootstrapFailure, EXIT } from './failure.mjs';
import { ensureRuntime, hasRuntime, runtimePath } from './runtime.mjs';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * @param {string[]} argv - What stands behind `tools/run.mjs`.
 * @returns {Promise<number>} The exit code: the command's own, 2 wrong usage, 3 installing failed.
 */
export async function main(argv) {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h') {
    process.stdout.write(helpText());
    return name === undefined ? EXIT.usage : 0;
  }
  try {
    const command = findCommand(name);
    await prepare();
    const args = rest[0] === '--' ? rest.slice(1) : rest;
    return await runChild(ROOT, runtimePath(ROOT), [command.script, ...command.args, ...args]);
  } catch (error) {
    if (!(error instanceof BootstrapFailure)) throw error;
    return report(error);
  }
}

/** @param {string} name */
function findCommand(name) {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    throw new BootstrapFailure(`there is no command \`${name}\``, {
      exitCode: EXIT.usage,
      next: 'see node tools/run.mjs --help',
    });
  }
  if (!existsSync(join(ROOT, command.script))) {
    throw new BootstrapFailure(`\`${command.script}\` is missing`, {
      exitCode: EXIT.usage,
      next: 'get a complete checkout of the repository',
    });
  }
  return command;
}

async function prepare() {
  if (isStamped(ROOT) && hasRuntime(ROOT)) return;
  await ensureDependencies(ROOT);
  await ensureRuntime(ROOT);
  writeStamp(ROOT);
}

/** @param {BootstrapFailure} failure */
function report(failure) {
  const log = failure.log.trim();
  if (log !== '') process.stderr.write(`${log}\n`);
  process.stderr.write(`${failure.message}\nnext: ${failure.next}\n`);
  return failure.exitCode;
}
