import { describe, expect, test } from 'vitest';
import { tokenize } from './tokens.ts';

function cut(source: string): readonly string[] {
  return tokenize(source).map(({ kind, text }) => `${kind} ${text}`);
}

describe('tokenize', () => {
  test.each([
    ['comments disappear', 'a // b\n/* c */ d', ['name a', 'name d']],
    ['a string is its content', `'a"b' "c'd"`, [`string a"b`, `string c'd`]],
    ['escapes in a string are undone', String.raw`'\x61\u0062\u{63}\d'`, ['string abcd']],
    ['a string without end stops at the line', "'ab\nc", ['string a', 'name c']],
    ['a constant template is a string', '`ab`', ['string ab']],
    [
      'code inside a template is cut',
      `\`a\${b + \`c\${d}\`}e\` f`,
      ['mark ${', 'name b', 'mark +', 'mark ${', 'name d', 'template ', 'template ', 'name f'],
    ],
    [
      'braces inside an insert do not end it',
      `\`\${{ a: 1 }}\` b`,
      ['mark ${', 'mark {', 'name a', 'mark :', 'number 1', 'mark }', 'template ', 'name b'],
    ],
    ['a regular expression is one token', "x = /'[/']/g", ['name x', 'mark =', "regex /'[/']/g"]],
    ['a division is none', 'a / b / c', ['name a', 'mark /', 'name b', 'mark /', 'name c']],
    ['one may follow return', "return /'/", ['name return', "regex /'/"]],
    [
      'one may open an insert',
      `\`\${/'/.test(a)}\``,
      ['mark ${', "regex /'/", 'mark .', 'name test', 'mark (', 'name a', 'mark )', 'template '],
    ],
    ['the first line of a program may name its runner', "#!/usr/bin/env it's\na", ['name a']],
  ])('%s', (_name, source, tokens) => {
    expect(cut(source)).toEqual(tokens);
  });

  test('counts lines through comments, strings and templates', () => {
    const tokens = tokenize('/*\n*/ a `\n\n` b // c\nd');
    expect(tokens.map(({ text, line }) => [text, line])).toEqual([
      ['a', 2],
      ['\n\n', 2],
      ['b', 4],
      ['d', 5],
    ]);
  });
});
