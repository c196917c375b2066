import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { danglingInPage, danglingReferences } from './references.ts';

const TREE = {
  files: [
    'README.md',
    'docs/errors.md',
    'docs/decisions/0001-x.md',
    'packages/edge/server/src/http/reply.ts',
    'packages/edge/server/src/http/reply.test.ts',
  ],
  packages: new Set(['server']),
  read: (file: string) => (file.endsWith('reply.test.ts') ? "it('says no', () => {" : ''),
};

const problems = (text: string): readonly string[] => danglingInPage('docs/page.md', text, TREE);

describe('references of a page', () => {
  it.each([
    ['a link', '[errors](errors.md)'],
    ['a link to a heading', '[errors](errors.md#codes)'],
    ['a link upwards', '[front](../README.md)'],
    ['a link to a folder', '[decisions](decisions/)'],
    ['a link elsewhere', '[site](https://example.org/none.md)'],
    ['a link to a heading of its own', '[below](#below)'],
    ['a whole path', '`packages/edge/server/src/http/reply.ts`'],
    ['a path from its package', '`server/src/http/reply.ts`'],
    ['a path without src', '`server/http/reply.ts`'],
    ['a name', '`reply.ts`'],
    ['a folder', '`server/src/http`, `packages/edge/`'],
    ['a pattern', '`server/src/http/*.ts`'],
    ['code that is no path', '`x.test`, `a/b`, `GET /health`, `{ env: NAME }`, `keystore.json`'],
    ['a test', '`server/src/http/reply.test.ts` “says no”'],
    ['quotes behind no test', '“says maybe” `reply.ts` “says maybe”'],
    ['a code block', '```\n[x](none.md) `none.ts`\n```'],
  ])('are found: %s', (_name, text) => {
    expect(problems(text)).toEqual([]);
  });

  it.each([
    ['a link', 'text\n\n[x](none.md)', 'docs/page.md:3: link to none.md'],
    ['a link to part of a name', '[x](error)', 'docs/page.md:1: link to error'],
    ['a name', '`none.ts`', 'docs/page.md:1: `none.ts`'],
    ['part of a name', '`ply.ts`', 'docs/page.md:1: `ply.ts`'],
    ['a path', '`server/src/reply.ts`', 'docs/page.md:1: `server/src/reply.ts`'],
    ['a folder', '`integration/secrets`', 'docs/page.md:1: `integration/secrets`'],
    ['a pattern', '`server/src/*.md`', 'docs/page.md:1: `server/src/*.md`'],
    ['the second of two', '`reply.ts` `none.ts`', 'docs/page.md:1: `none.ts`'],
    ['a test', '`reply.test.ts` “says maybe”', 'docs/page.md:1: `reply.test.ts` “says maybe”'],
    [
      'the second test of a file',
      '`reply.test.ts` “says no”, “says yes”',
      'docs/page.md:1: `reply.test.ts` “says yes”',
    ],
    ['after a code block', '```\nx\n```\n`none.ts`', 'docs/page.md:4: `none.ts`'],
  ])('are missed: %s', (_name, text, problem) => {
    expect(problems(text)).toEqual([problem]);
  });
});

describe('this tree', () => {
  it('has everything its documents point at', () => {
    expect(danglingReferences(path.join(import.meta.dirname, '../..'))).toEqual([]);
  });
});
