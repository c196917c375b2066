import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  addPassphraseOption,
  addPlaceOptions,
  dataDirOf,
  type PlaceFlags,
  passphraseOf,
} from './place.ts';

const PASSPHRASE_VARIABLE = 'COUNTERSIGN_PASSPHRASE';

let dir = '';
let config = '';

beforeEach(() => {
  dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'countersign-place-')));
  config = path.join(dir, 'etc/countersign.yaml');
  mkdirSync(path.dirname(config));
  vi.stubEnv(PASSPHRASE_VARIABLE, undefined);
  writeConfig('');
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});

function writeConfig(more: string): void {
  writeFileSync(
    config,
    `version: 1
dataDir: ../data
clients: [{ id: bot, secrets: [{ env: BOT_SECRET }] }]
keys: [{ id: trading }]
policy: { chains: [SN_MAIN] }
${more}`,
  );
}

function writeText(name: string, text: string): string {
  writeFileSync(path.join(dir, name), text);
  return path.join(dir, name);
}

const refusal = (field: string, expected: string) =>
  expect.objectContaining({
    code: 'ERR_CONFIG_INVALID',
    details: { field, expected: expect.stringContaining(expected) },
  });

describe('dataDirOf', () => {
  it('is the directory itself', () => {
    expect(dataDirOf({ dataDir: path.join(dir, 'x') })).toBe(path.join(dir, 'x'));
  });

  it('is relative to the configuration that names it', () => {
    expect(dataDirOf({ config })).toBe(path.join(dir, 'data'));
    expect(dataDirOf({ config: path.relative(process.cwd(), config) })).toBe(
      path.join(dir, 'data'),
    );
  });

  it('is the option rather than the configuration', () => {
    expect(dataDirOf({ config, dataDir: path.join(dir, 'x') })).toBe(path.join(dir, 'x'));
  });

  it('is nowhere without either', () => {
    expect(() => dataDirOf({})).toThrow(refusal('--config', '--data-dir'));
  });
});

describe('passphraseOf', () => {
  const reveal = (flags: PlaceFlags): string | undefined => passphraseOf(flags)?.reveal();

  it('is nobody’s when nobody names one', () => {
    expect(passphraseOf({})).toBeUndefined();
    expect(passphraseOf({ config })).toBeUndefined();
  });

  it('comes from the flag, then the configuration, then the variable', () => {
    vi.stubEnv(PASSPHRASE_VARIABLE, 'of the variable');
    expect(reveal({ config })).toBe('of the variable');
    vi.stubEnv('NAMED', 'of the configuration');
    writeConfig('passphrase: { env: NAMED }\n');
    expect(reveal({ config })).toBe('of the configuration');
    const passphraseFile = writeText('flag', ' of the flag\n');
    expect(reveal({ config, passphraseFile })).toBe('of the flag');
  });

  it('is read from a file beside the configuration', () => {
    writeConfig('passphrase: { file: ../secret }\n');
    writeText('secret', 'of the file\n');
    expect(reveal({ config })).toBe('of the file');
  });

  it('does not fall back when the configuration names one that is not there', () => {
    vi.stubEnv(PASSPHRASE_VARIABLE, 'of the variable');
    writeConfig('passphrase: { env: NOBODY_SETS_THIS }\n');
    expect(() => passphraseOf({ config })).toThrow(refusal('passphrase.env', 'NOBODY_SETS_THIS'));
    writeConfig('passphrase: { file: ./nowhere }\n');
    expect(() => passphraseOf({ config })).toThrow(refusal('passphrase.file', 'can be read'));
    const missing = path.join(dir, 'nowhere');
    expect(() => passphraseOf({ passphraseFile: missing })).toThrow(
      refusal('--passphrase-file', 'can be read'),
    );
  });

  it('is unset when the variable is empty', () => {
    vi.stubEnv(PASSPHRASE_VARIABLE, '');
    expect(passphraseOf({})).toBeUndefined();
  });

  it('does not print', () => {
    vi.stubEnv(PASSPHRASE_VARIABLE, 'hunter2');
    expect(String(passphraseOf({}))).toBe('[redacted]');
  });
});

describe('options', () => {
  it('take files and directories, and never a passphrase itself', () => {
    const command = addPassphraseOption(addPlaceOptions(new Command('x')));
    const names = command.options.map((option) => option.long);
    expect(names).toEqual(['--config', '--data-dir', '--passphrase-file']);
  });
});
