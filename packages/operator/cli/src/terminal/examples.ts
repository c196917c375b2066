/**
 * The examples below the help of a command.
 *
 * @module
 */

/** @param lines - Command lines without the `countersign` in front. */
export function examples(...lines: readonly string[]): string {
  const title = lines.length === 1 ? 'Example:' : 'Examples:';
  return `\n${title}\n${lines.map((line) => `  $ countersign ${line}\n`).join('')}`;
}
