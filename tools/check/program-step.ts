/**
 * Steps that run a program and judge it by its exit code.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckStep, StepFinding } from './step.ts';

export interface ProgramStep {
  readonly name: string;
  readonly title: string;
  readonly fix: string;
  /** A script, relative to the root; run by the Node that runs the check. */
  readonly script: string;
  readonly args: readonly string[];
  /** Skip instead of fail when the script is not part of this checkout. */
  readonly isOptional?: boolean;
}

/** Makes a step of a script. Its output appears as problems when it fails. */
export function programStep(program: ProgramStep): CheckStep {
  const { name, title, fix, script, args, isOptional = false } = program;
  const run = async (root: string): Promise<StepFinding> => {
    if (isOptional && !existsSync(join(root, script))) {
      return { problems: [], skipped: `no ${script} in this checkout` };
    }
    return runScript(root, script, args);
  };
  return { name, title, fix, run };
}

function runScript(root: string, script: string, args: readonly string[]): Promise<StepFinding> {
  const child = spawn(process.execPath, [join(root, script), ...args], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => {
      resolve({ problems: status === 0 ? [] : explain(output, status, signal) });
    });
  });
}

/** The output, without the colours programs use even when told not to. */
function explain(
  output: readonly Buffer[],
  status: number | null,
  signal: string | null,
): readonly string[] {
  const text = Buffer.concat(output).toString('utf8');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences start with one.
  const plain = text.replace(/\u001b\[[\d;]*m/g, '').trim();
  return [plain === '' ? `ended with ${signal ?? `exit code ${status}`}` : plain];
}
