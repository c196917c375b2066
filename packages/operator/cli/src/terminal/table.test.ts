import { expect, it } from 'vitest';
import { table } from './table.ts';

it('aligns all columns but the last', () => {
  const rows = [
    ['a', 'bb', 'c'],
    ['aaa', 'b', 'ccc'],
  ];
  expect(table(rows)).toBe('  a    bb  c\n  aaa  b   ccc');
  expect(table([])).toBe('');
});

it('shows what a terminal would obey', () => {
  expect(table([['\u001b[31mred\u202e', '\n']], '')).toBe('\ufffd[31mred\ufffd  \ufffd');
});
