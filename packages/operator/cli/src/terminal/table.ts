/**
 * Rows in columns, for people.
 *
 * @module
 */

/**
 * Lays rows out; every column is as wide as its widest cell, the last one is not filled up.
 *
 * @param rows - All with the same number of cells. What a terminal would obey or hide in them is made
 *   visible.
 */
export function table(rows: readonly (readonly string[])[], indent = '  '): string {
  const cells = rows.map((row) => row.map(visible));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  return cells.map((row) => `${indent}${lineOf(row, widths)}`).join('\n');
}

/** Text whose control and format characters are replaced. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '\ufffd');
}

function lineOf(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
    .join('  ');
}
