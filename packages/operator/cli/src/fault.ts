/**
 * How a command ends when it cannot do what was asked: a sentence, the facts, the next step, and an
 * exit status by kind.
 *
 * @module
 */

import {
  type BoundaryError,
  type DetailValue,
  ERROR_TABLE,
  isBoundaryError,
} from '@countersign/protocol';
import { EXIT_OK, EXIT_USAGE, exitStatusOf } from './exit-status.ts';
import { SettingError } from './keyring/environment.ts';
import { paint, say } from './terminal/paint.ts';

export interface FaultOptions {
  /** Whether standard output carries JSON; then the fault does too. */
  readonly json?: boolean | undefined;
}

/**
 * Runs a command and turns what it throws into words and an exit status.
 *
 * @returns The status; unexpected errors are thrown on.
 */
export async function ending(
  options: FaultOptions,
  run: () => Promise<number | undefined> | number | undefined,
): Promise<number> {
  try {
    return (await run()) ?? EXIT_OK;
  } catch (error) {
    if (error instanceof SettingError) return tellSetting(error);
    if (!isBoundaryError(error)) throw error;
    return tell(error, options);
  }
}

function tell(error: BoundaryError, { json = false }: FaultOptions): number {
  const { code, kind, message, details } = error;
  const { next } = ERROR_TABLE[code];
  if (json)
    process.stdout.write(`${JSON.stringify({ ok: false, code, kind, message, details, next })}\n`);
  say(`${paint('red', 'x')} ${message} ${paint('dim', `(${code})`)}`);
  for (const [name, value] of Object.entries(details)) tellDetail(name, value);
  say(`  ${paint('dim', 'next:')} ${next}`);
  return exitStatusOf(kind);
}

/** A list has a line for each item, as problems of a file do. */
function tellDetail(name: string, value: DetailValue): void {
  const label = paint('dim', `${name}:`);
  if (isList(value)) {
    say(`  ${label}`);
    for (const item of value) say(`    ${item}`);
    return;
  }
  say(`  ${label} ${typeof value === 'string' ? value : JSON.stringify(value)}`);
}

function isList(value: DetailValue): value is readonly string[] {
  return Array.isArray(value);
}

function tellSetting(error: SettingError): number {
  say(`${paint('red', 'x')} ${error.message}`);
  return EXIT_USAGE;
}
