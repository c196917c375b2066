import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Environment } from '../keyring/environment.ts';
import { keyringSettings } from '../keyring/keyring-settings.ts';

const SOURCES = path.join(import.meta.dirname, '../keyring');
const PAGE = path.join(import.meta.dirname, '../../../../../docs/keyring-variables.md');
const VARIABLE =
  /\b(?:KEYRING_[A-Z_]*[A-Z]|SESSION_(?:PRIVATE|PUBLIC)_KEY|HOST|PORT|LOG_LEVEL|NODE_ENV)\b/g;

const sources = readdirSync(SOURCES)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => readFileSync(path.join(SOURCES, name), 'utf8'))
  .join('\n');
const page = readFileSync(PAGE, 'utf8');

const read = new Set(sources.match(VARIABLE) ?? []);
const rows = [...page.matchAll(/^\| `([A-Z_]+)` +\| *(?:`([^`]*)`|(false))? *\|/gm)];
const explained = new Set(rows.map((row) => row[1] ?? ''));

/** Every part switched on, so that every variable changes something. */
const EVERYTHING: Environment = {
  KEYRING_HMAC_SECRET: 'change-me-0123456789',
  SESSION_PRIVATE_KEY: '0x5ec4e7',
  KEYRING_RATE_LIMIT_ENABLED: 'true',
  KEYRING_LEAK_SCANNER_ENABLED: 'true',
  KEYRING_REDIS_URL: 'redis://127.0.0.1:6379',
  KEYRING_REPLAY_STORE: 'redis',
  KEYRING_SIGNER_PROVIDER: 'dfns',
  KEYRING_DFNS_SIGNER_URL: 'http://127.0.0.1:9/sign',
  KEYRING_DFNS_AUTH_TOKEN: 'token',
  KEYRING_DFNS_USER_ACTION_SIGNATURE: 'action',
  KEYRING_DFNS_PINNED_PUBKEYS_JSON: '{"default":"0x1"}',
};

const settingsOf = (env: Environment) =>
  keyringSettings(env, {
    dataDir: '/data',
    profile: 'superset',
    messageKinds: ['invoke-v2'],
    hashBackend: 'wasm',
  });

describe('docs/keyring-variables.md', () => {
  it('explains every variable that is read', () => {
    expect([...read].filter((name) => !explained.has(name))).toEqual([]);
    expect(read.size).toBeGreaterThan(40);
  });

  it('explains none that is not', () => {
    expect([...explained].filter((name) => !read.has(name))).toEqual([]);
  });

  it('explains each once', () => {
    expect(rows).toHaveLength(explained.size);
  });

  const defaults = rows.flatMap(([, name = '', text, flag]) => {
    const value = text ?? flag;
    return value === undefined ? [] : [[name, value] as const];
  });

  it.each(defaults)('states the default of %s: %s', (name, value) => {
    const unset = { ...EVERYTHING, [name]: undefined };
    expect(settingsOf({ ...unset, [name]: value })).toEqual(settingsOf(unset));
  });

  it('would notice a wrong default', () => {
    const numbers = defaults.filter(([, value]) => /^[0-9]+$/.test(value));
    expect(numbers.length).toBeGreaterThan(6);
    for (const [name, value] of numbers) {
      const other = { ...EVERYTHING, [name]: String(Number(value) + 1) };
      expect(settingsOf(other)).not.toEqual(settingsOf({ ...EVERYTHING, [name]: undefined }));
    }
  });
});
