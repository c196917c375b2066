import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { importSites } from './imports.ts';
import { tokenize } from './tokens.ts';

/** Text made of the pieces a tokenizer can trip over. */
const hostileText = fc
  .array(
    fc.constantFrom(...'`$', ...'{}/\\\'"*\n.()# ai1=', 'import', 'from', '/*', '*/', '//', '${'),
    {
      maxLength: 60,
    },
  )
  .map((pieces) => pieces.join(''));

const filler = fc.constantFrom(
  'const a = \'import x from "y"\';',
  '// import x from "y"',
  '/* import x from "y" */',
  `const t = \`import x from "y" \${b(\`}\`)} import("z")\`;`,
  String.raw`const r = /import x from "y"['\`"]/;`,
  'const q = a / b / c;',
  'export const { c, d } = e;',
  'class F { import = 1; from = 2; }',
);

describe('tokenize', () => {
  test('ends on any text, lines never going back', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const lines = tokenize(text).map(({ line }) => line);
        expect(lines).toEqual([...lines].sort((a, b) => a - b));
      }),
    );
  });
});

describe('importSites', () => {
  test('finds one import between any statements, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(filler), fc.array(filler), (before, after) => {
        const source = [...before, "import { x } from 'planted';", ...after].join('\n');
        expect(importSites(source)).toEqual([
          { kind: 'static', specifier: 'planted', line: before.length + 1 },
        ]);
      }),
    );
  });
});
