import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ERROR_CODES, ERROR_TABLE } from '@countersign/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorsPage } from './errors-page.ts';
import { differingDocuments, GENERATED_DOCUMENTS, writeDocuments } from './generated-documents.ts';
import { markdownTable } from './markdown-table.ts';

let root = '';

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'countersign-docs-'));
  mkdirSync(path.join(root, 'docs'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('generated documents', () => {
  it('agree with themselves once written', () => {
    writeDocuments(root);
    expect(differingDocuments(root)).toEqual([]);
    for (const file of GENERATED_DOCUMENTS.keys()) {
      const text = readFileSync(path.join(root, file), 'utf8');
      expect(text.endsWith('\n')).toBe(true);
      expect(text).toContain('do not edit');
    }
  });

  it('are missed', () => {
    expect(differingDocuments(root)).toEqual([
      'docs/errors.md: missing',
      'docs/openapi.yaml: missing',
      'docs/policy.schema.json: missing',
    ]);
  });

  it.each([...GENERATED_DOCUMENTS.keys()])('%s is named with the line that differs', (file) => {
    writeDocuments(root);
    const place = path.join(root, file);
    const lines = readFileSync(place, 'utf8').split('\n');
    writeFileSync(place, lines.with(4, `${lines[4]} `).join('\n'));
    expect(differingDocuments(root)).toEqual([`${file}:5: not what the code says`]);
    writeFileSync(place, lines.slice(0, 10).join('\n'));
    expect(differingDocuments(root)).toEqual([`${file}:11: not what the code says`]);
  });

  it('of this tree are what the code says', () => {
    expect(differingDocuments(path.join(import.meta.dirname, '../..'))).toEqual([]);
  });
});

describe('docs/errors.md', () => {
  const page = errorsPage();

  it.each(ERROR_CODES)('has a row and a section about %s', (code) => {
    const { kind, sentence, next } = ERROR_TABLE[code];
    const row = page.split('\n').find((line) => line.startsWith(`| \`${code}\` `));
    expect(row).toContain(` ${kind} `);
    const [, section = ''] = page.split(`\n### ${code}\n`);
    const [words = ''] = section.split('\n### ');
    expect(words.toLowerCase()).toContain(sentence.toLowerCase());
    expect(words).toContain(next);
  });

  it.each([
    ['- superset, legacy: 401 `replayed nonce`, `REPLAY_NONCE_USED`'],
    ['- strict: 409 `replayed nonce`, `REPLAY_NONCE_USED`'],
    ['- 422 `denied selector: <entrypoint>`, `POLICY_SELECTOR_DENIED`'],
    ['- strict: 401 `invalid signature`, `AUTH_INVALID_HMAC`'],
    ['- an address; legacy: 422 `invalid felt value: <value>`, `POLICY_CALL_NOT_ALLOWED`'],
    ['- X-Keyring-Nonce: 401 `missing authentication headers`, `AUTH_INVALID_NONCE`'],
  ])('says %s', (line) => {
    expect(page.split('\n')).toContain(line);
  });

  it('says nothing of answers where there is none', () => {
    const [, section = ''] = page.split('\n### ERR_PROOF_INVALID\n');
    expect(section).not.toContain('- ');
  });
});

describe('markdownTable', () => {
  it('pads columns to their widest cell', () => {
    expect(
      markdownTable([
        ['a', 'code'],
        ['longer', 'x|y'],
      ]),
    ).toBe(['| a      | code |', '| ------ | ---- |', '| longer | x\\|y |'].join('\n'));
  });
});
