import { describe, expect, test } from 'vitest';
import { importSites } from './imports.ts';

function found(source: string): readonly string[] {
  return importSites(source).map(({ kind, specifier }) => `${kind} ${specifier}`);
}

describe('importSites finds', () => {
  test.each([
    ["import 'a';", 'static a'],
    ["import a from 'a';", 'static a'],
    ["import * as a from 'a';", 'static a'],
    ["import { b, type c as d, default as e } from 'a';", 'static a'],
    ["import f, { 'g h' as i } from 'a';", 'static a'],
    ["import type { b } from 'a';", 'static a'],
    ["import type b from 'a';", 'static a'],
    ["import {} from 'a';", 'static a'],
    ["import from from 'a';", 'static a'],
    ["import data from 'a' with { type: 'json' };", 'static a'],
    ["import defer * as b from 'a';", 'static a'],
    ["import {\n  b, // from 'c'\n} from\n  'a';", 'static a'],
    ["export * from 'a';", 'static a'],
    ["export * as b from 'a';", 'static a'],
    ["export { b, c as d } from 'a';", 'static a'],
    ["export type { b } from 'a';", 'static a'],
    ["export type * from 'a';", 'static a'],
    ["await import('a');", 'dynamic a'],
    ["await import('a', { with: { type: 'json' } });", 'dynamic a'],
    ['await import(`a`);', 'dynamic a'],
    ["import.defer('a');", 'dynamic a'],
    ["let b: import('a').C;", 'dynamic a'],
    ["let b: typeof import('a');", 'dynamic a'],
    ["[...import('a')];", 'dynamic a'],
    ["const b = require('a');", 'dynamic a'],
    [String.raw`import '\x61';`, 'static a'],
    ['await import(name);', 'computed '],
    [`await import(\`a\${b}\`);`, 'computed '],
    ["await import('a' + b);", 'computed '],
    ['require(name);', 'computed '],
    [`\`\${await import('a')}\`;`, 'dynamic a'],
  ])('%s', (source, expected) => {
    expect(found(source)).toEqual([expected]);
  });
});

describe('importSites leaves alone', () => {
  test.each([
    'import.meta.url;',
    "loader.import('a');",
    "loader?.require('a');",
    "const a = { import: 'b' };",
    "function require(a) { return 'b'; }",
    'export const from = "a";',
    'export { a };\nconst from = "b";',
    'export default from;',
    'export function a() {}',
    "// import 'a'",
    'const a = "import \'b\'";',
  ])('%s', (source) => {
    expect(found(source)).toEqual([]);
  });
});
