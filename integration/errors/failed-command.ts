/**
 * Commands of the operator that end with an error.
 *
 * @module
 */

import { ERROR_TABLE, type ErrorKind, isErrorCode } from '@countersign/protocol';
import { runCountersign } from '@countersign/testing-keyring-process';
import { expect } from 'vitest';
import { TRACES } from './code-in.ts';

/** Exit statuses as the README lists them. */
const STATUSES: Readonly<Record<ErrorKind, number>> = {
  failed: 1,
  malformed: 2,
  denied: 3,
  unauthenticated: 4,
  conflict: 5,
  throttled: 6,
  unavailable: 7,
};

/**
 * Runs a command that must fail, and fails the test when words, JSON and exit status do not agree.
 *
 * @returns The code in its JSON.
 */
export async function codeOfCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { status, stdout, stderr } = await runCountersign({ args: [...args, '--json'], env });
  const fault: Readonly<Record<string, unknown>> = JSON.parse(stdout);
  const code = String(fault.code);
  if (!isErrorCode(code)) throw new Error(`no code of the table: ${status} ${stdout}`);
  const { kind, sentence, next } = ERROR_TABLE[code];
  expect(fault).toMatchObject({ ok: false, kind, message: sentence, next });
  expect(status).toBe(STATUSES[kind]);
  expect(stderr).toContain(`(${code})`);
  expect(stdout + stderr).not.toMatch(TRACES);
  return code;
}
