/** The committed binary is what its sources compile to, and the check that says so can say no. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { STARK_MODULE_URL } from './stark-module.ts';

const TOOL = fileURLToPath(new URL('../../../../../tools/build-wasm.mjs', import.meta.url));
const TIMEOUT_MS = 120_000;
const folder = mkdtempSync(join(tmpdir(), 'build-wasm-'));
const committed = readFileSync(STARK_MODULE_URL);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function run(...args: string[]) {
  const { status, stderr } = spawnSync(process.execPath, [TOOL, ...args], { encoding: 'utf8' });
  return { status, stderr };
}

describe('tools/build-wasm.mjs', () => {
  it('--check: the binary is byte for byte what the sources give', { timeout: TIMEOUT_MS }, () => {
    const { status, stderr } = run('--check');
    expect(stderr).toContain(`equal to the sources: sha256 ${sha256(committed)}`);
    expect(status).toBe(0);
  });

  it('--check: altered and missing binaries are found, named with both digests', {
    timeout: TIMEOUT_MS,
  }, () => {
    const altered = [
      flip(committed, committed.length >> 1),
      Buffer.concat([committed, Buffer.of(0)]),
    ];
    const paths = altered.map((bytes, i) => {
      const path = join(folder, `altered-${i}.wasm`);
      writeFileSync(path, bytes);
      return path;
    });
    const missing = join(folder, 'missing.wasm');
    const { status, stderr } = run('--check', ...paths, missing);
    expect(status).toBe(1);
    for (const [i, path] of paths.entries()) {
      const digest = sha256(altered[i] ?? Buffer.alloc(0));
      expect(stderr).toContain(`${path} differs: sha256 ${digest}, built ${sha256(committed)}`);
    }
    expect(stderr).toContain(`${missing} differs: sha256 none, it cannot be read`);
  });

  it.each([[['--chekc']], [['stark.wasm']]])('refuses %j', (args) => {
    const { status, stderr } = run(...args);
    expect(status).toBe(2);
    expect(stderr).toContain('usage:');
  });
});

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}
