/**
 * Tables as the formatter wants them.
 *
 * @module
 */

/**
 * Writes a Markdown table whose columns are as wide as their widest cell.
 *
 * @param rows - The first is the head; all have its length. Cells hold no line breaks.
 */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows.map((row) => row.map(cellText));
  const widths = head.map((_, i) => Math.max(3, ...[head, ...body].map((row) => width(row, i))));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((most, i) => (row[i] ?? '').padEnd(most)).join(' | ')} |`;
  const rule = widths.map((most) => '-'.repeat(most));
  return [line(head), line(rule), ...body.map(line)].join('\n');
}

function width(row: readonly string[], i: number): number {
  return row[i]?.length ?? 0;
}

function cellText(cell: string): string {
  return cell.replaceAll('|', '\\|');
}
