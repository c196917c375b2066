/**
 * `countersign policy diff`: what changed between two versions, and what it does.
 *
 * @module
 */

import { EXIT_OK, EXIT_REFUSED } from '../exit-status.ts';
import { paint, say } from '../terminal/paint.ts';
import { table } from '../terminal/table.ts';
import { readCompiledPolicy } from './compiled-file.ts';
import type { PolicyChange } from './policy-change.ts';
import { diffPolicies } from './policy-diff.ts';

export interface DiffFlags {
  readonly failOnWidening?: boolean;
  readonly json?: boolean;
}

/**
 * Compares two policy files.
 *
 * @returns Status 3 when asked to fail on widening and something widens, or may.
 * @throws BoundaryError as `readCompiledPolicy`.
 */
export function diffFiles(before: string, after: string, flags: DiffFlags): number {
  const [was, is] = [readCompiledPolicy(before), readCompiledPolicy(after)];
  const changes = diffPolicies(was.document, is.document);
  const widening = changes.filter(mayWiden).length;
  if (flags.json === true) {
    const hashes = { before: was.hash, after: is.hash };
    process.stdout.write(`${JSON.stringify({ ok: true, ...hashes, widening, changes })}\n`);
  }
  tell(changes, widening);
  return flags.failOnWidening === true && widening > 0 ? EXIT_REFUSED : EXIT_OK;
}

/** What depends on the requests may widen; a gate that let it through would be none. */
function mayWiden({ effect }: PolicyChange): boolean {
  return effect === 'widens' || effect === 'unclear';
}

function tell(changes: readonly PolicyChange[], widening: number): void {
  if (changes.length === 0) {
    say(`${paint('green', 'ok')} no difference`);
    return;
  }
  say(
    table(
      changes.map(({ effect, subject, text }) => [effect, subject, text]),
      '',
    ),
  );
  const clear = changes.filter(({ effect }) => effect === 'widens').length;
  const unclear = widening - clear;
  say(`${changes.length} changes: ${clear} widen, ${unclear} depend on the requests`);
  if (unclear > 0) say(paint('dim', 'countersign policy replay shows them on recorded requests'));
}
