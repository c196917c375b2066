/**
 * Colour and alignment for people; plain text where nobody looks.
 *
 * @module
 */

import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Colours `text` when standard error is a terminal that wants colour. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stderr });
}

/** Lays rows out as two columns. */
export function twoColumns(rows: Readonly<Record<string, string>>, indent = '  '): string {
  const width = Math.max(0, ...Object.keys(rows).map((name) => name.length));
  return Object.entries(rows)
    .map(([name, value]) => `${indent}${paint('dim', name.padEnd(width))}  ${value}`)
    .join('\n');
}

/** Writes a line for people: standard error, so that standard output stays data. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
