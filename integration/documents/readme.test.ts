/**
 * The front page, run: its client in ten lines of shell, and its proof, as they are printed there.
 *
 * @module
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  runCountersign,
  type ServingProcess,
  startKeyring,
} from '@countersign/testing-keyring-process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const BLOCKS = [...README.matchAll(/```(\w*)\n([\s\S]*?)```/g)].map(
  ([, language = '', text = '']) => ({ language, text }),
);
const SECRET = 'change-me-0123456789';

const blockWith = (language: string, text: string): string =>
  BLOCKS.find((block) => block.language === language && block.text.includes(text))?.text ?? '';

const SCRIPT = blockWith('sh', 'openssl');
const TRANSCRIPT = blockWith('', '$ bash ask.sh transfer');
const PROOF = blockWith('', '$ countersign verify');

const canRunScript = ['bash', 'curl', 'openssl'].every(
  (program) => spawnSync(program, ['--version']).error === undefined,
);
if (!canRunScript) console.warn('skipped: the example needs bash, curl and openssl');

let server: ServingProcess;

beforeAll(async () => {
  server = await startKeyring({
    env: { KEYRING_HMAC_SECRET: SECRET, SESSION_PRIVATE_KEY: '0x5ec4e7' },
  });
}, 120_000);

afterAll(() => server?.stop());

/** What changes from run to run, left out: digits of hashes, ids and times, and what the page cuts short. */
function shape(line: string): string {
  return line
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]+(?=")|\b[0-9a-f]{8}-…/g, 'ID')
    .replaceAll(/0x[0-9a-f]{8,}…?/g, '0xHASH')
    .replaceAll(/\b([0-9]+)-[0-9a-f]{16}\b/g, '$1-RECEIPT')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/countersign\.local\/[0-9a-f]{8}/g, 'countersign.local/NAME')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** What stands on the page behind a prompt, up to the next one, as one line per printed line. */
function printedAfter(prompt: string): string {
  const [, rest = ''] = TRANSCRIPT.split(`$ ${prompt}\n`);
  return rest.split('\n$ ')[0] ?? '';
}

describe.skipIf(!canRunScript)('the example of the front page', () => {
  function ask(entrypoint: string): string {
    const file = join(server.dataDir, '../ask.sh');
    writeFileSync(file, SCRIPT.replace('http://127.0.0.1:8545', server.url));
    return execFileSync('bash', [file, entrypoint], {
      env: { PATH: process.env.PATH ?? '', KEYRING_HMAC_SECRET: SECRET },
      encoding: 'utf8',
    });
  }

  it('is no longer than ten lines', () => {
    expect(SCRIPT).not.toBe('');
    expect(SCRIPT.trim().split('\n').length).toBeLessThanOrEqual(10);
  });

  it.each(['transfer', 'upgrade'])('prints for %s what the page says', (entrypoint) => {
    const lines = ask(entrypoint).trim().split(/\r?\n/).map(shape);
    const shown = shape(printedAfter(`bash ask.sh ${entrypoint}`));
    const headers = lines.filter((line) => line.startsWith('x-countersign'));
    const body = lines.find((line) => line.startsWith('{')) ?? '';
    expect(headers.length).toBeGreaterThan(1);
    for (const header of headers) expect(shown).toContain(header);
    // The page ends a long answer with dots; everything before them is there.
    const known = shape(shown.slice(shown.indexOf('{'))).replaceAll(', "', ',"');
    const beginning = known.split(/,?\{?…/)[0] ?? '';
    expect(beginning.length).toBeGreaterThan(60);
    expect(body.replaceAll(', "', ',"').slice(0, beginning.length)).toBe(beginning);
  });

  it('leaves a receipt that verifies as the page says', async () => {
    const receipt = join(server.dataDir, '../receipt.json');
    const place = ['--data-dir', server.dataDir];
    const shown = await runCountersign({
      args: ['log', 'show', '0', ...place, '--receipt', receipt],
    });
    expect(shown.status).toBe(0);
    const key = readFileSync(join(server.dataDir, 'log-key.pub'), 'utf8').trim();
    const verified = await runCountersign({ args: ['verify', receipt, '--log-key', key] });
    expect(verified.status).toBe(0);
    const printed = verified.stderr.split('\n').map(shape);
    const expected = PROOF.split('\n')
      .filter((line) => line !== '' && !line.startsWith('$'))
      .map(shape);
    expect(expected.length).toBeGreaterThan(4);
    for (const line of expected) expect(printed).toContain(line);
  });
});
