import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { makeTlsPair } from '../../test/tls-files.ts';
import { parseConfig } from './config-file.ts';
import { configSchema } from './config-schema.ts';
import { settingsFromConfig } from './config-settings.ts';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
const SAMPLE = readFileSync(path.join(ROOT, 'countersign.sample.yaml'), 'utf8');
const POLICY = 'examples/policies/rent.yaml';

type Schema = Readonly<Record<string, unknown>>;

const ENV = {
  TRADING_BOT_SECRET: 'current-secret-0123456789',
  REDIS_URL: 'rediss://user:word@redis.example:6379',
  COUNTERSIGN_STORE: 'postgres://signer:pass@db.example/ledger',
  BRIDGE_TOKEN: 'bridge-token',
  BRIDGE_USER_ACTION: 'bridge-user-action',
};

let dir = '';

beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'countersign-sample-'));
  const { certPem, keyPem } = makeTlsPair();
  write('secrets/passphrase', 'a passphrase\n');
  write('secrets/trading-bot.next', 'next-secret-0123456789\n');
  write('secrets/night-shift', 'operator-secret-0123456789\n');
  write('tls/server.pem', certPem);
  write('tls/server.key', keyPem);
  write('tls/clients.pem', certPem);
  write('tls/store-ca.pem', certPem);
  write(POLICY, readFileSync(path.join(ROOT, POLICY), 'utf8'));
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

function write(name: string, text: string): void {
  mkdirSync(path.join(dir, path.dirname(name)), { recursive: true });
  writeFileSync(path.join(dir, name), text);
}

const load = () => settingsFromConfig(parseConfig(SAMPLE, 'sample'), { baseDir: dir, env: ENV });

describe('countersign.sample.yaml', () => {
  it('loads', () => {
    const { settings, warnings } = load();
    expect(warnings).toEqual([]);
    expect(settings.signer).toMatchObject({
      dataDir: path.join(dir, 'data'),
      passphrase: 'a passphrase',
      store: { postgres: ENV.COUNTERSIGN_STORE, caPem: expect.stringContaining('CERTIFICATE') },
      clients: [
        { clientId: 'trading-bot', secrets: [ENV.TRADING_BOT_SECRET, 'next-secret-0123456789'] },
      ],
      keys: [
        { keyId: 'trading', source: 'keystore' },
        { keyId: 'treasury', source: 'bridge' },
        { keyId: 'rent', source: 'keystore' },
      ],
      bridgeFallback: false,
      operators: [{ operatorId: 'night-shift', secrets: ['operator-secret-0123456789'] }],
      approvers: [{ id: 'alice' }, { id: 'bob', passkey: { rpId: 'example.com' } }],
      freeze: {
        unfreeze: { required: 2, approvers: ['alice', 'bob'], expiresInSec: 3_600 },
        automatic: [
          { when: 'denials', count: 20, windowSec: 60, scope: 'client' },
          { when: 'custodian-mismatch', scope: 'key' },
        ],
      },
      policy: { chains: ['0x534e5f4d41494e', '0x534e5f5345504f4c4941'], defaultKeyId: 'trading' },
    });
    expect(settings.edge).toMatchObject({
      defaultClientId: 'trading-bot',
      operators: [{ operatorId: 'night-shift', secrets: ['operator-secret-0123456789'] }],
      redis: { url: ENV.REDIS_URL },
      bridge: { authToken: ENV.BRIDGE_TOKEN, userActionSignature: ENV.BRIDGE_USER_ACTION },
      tls: { clientCertificates: true },
    });
  });

  it('has every key of the schema and no other', () => {
    const known = schemaKeys(schemaOf(), '');
    const written = new Set(writtenKeys(parse(SAMPLE), ''));
    expect([...known].filter((key) => !written.has(key))).toEqual([]);
    expect([...written].filter((key) => !known.has(key))).toEqual([]);
    // The walk itself is seen to work.
    expect(known.size).toBeGreaterThan(60);
    expect([...known]).toContain('keys[].caps[].maxPerRequest');
    expect([...known]).toContain('passphrase.file');
  });

  it('has a sentence above the first place of every key', () => {
    const lines = SAMPLE.split('\n');
    const seen = new Set<string>();
    const bare = lines.filter((line, i) => {
      const key = /^\s*(?:- )?([a-zA-Z0-9]+):/.exec(line)?.[1];
      if (key === undefined || seen.has(key)) return false;
      seen.add(key);
      const above = lines[i - 1] ?? '';
      // A section speaks through its first key, the head of a list through its first item.
      return !/^\s*(- )?# /.test(above) && !SECTIONS.has(key);
    });
    expect(bare).toEqual([]);
  });

  it('says the defaults the schema has', () => {
    const stated = [...SAMPLE.matchAll(/Default: ([^\n]+?)\.?\n(?:\s*#[^\n]*\n)*\s*(\w+):/g)];
    const defaults = new Map(schemaDefaults(schemaOf()));
    const differing = stated
      .map(([, text = '', key = '']) => [key, text.split(/[.;]( |$)/)[0] ?? ''] as const)
      .filter(([key, text]) => (defaults.get(key) ?? []).every((value) => !text.startsWith(value)));
    expect(stated.length).toBeGreaterThan(20);
    expect(differing).toEqual([]);
  });
});

const SECTIONS = new Set(['listen', 'policy', 'authentication', 'limits']);

function schemaOf(): Schema {
  return z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as Schema;
}

/** All keys of a JSON schema as paths; `[]` for the items of a list. */
function schemaKeys(schema: Schema, at: string): Set<string> {
  const keys = new Set<string>();
  const add = (more: Iterable<string>): void => {
    for (const key of more) keys.add(key);
  };
  for (const [name, member] of Object.entries(
    (schema.properties ?? {}) as Record<string, Schema>,
  )) {
    const key = at === '' ? name : `${at}.${name}`;
    add([key, ...schemaKeys(member, key)]);
  }
  for (const form of [...((schema.anyOf ?? []) as Schema[])]) add(schemaKeys(form, at));
  for (const item of [schema.items, ...((schema.prefixItems ?? []) as Schema[])]) {
    if (typeof item === 'object' && item !== null) add(schemaKeys(item as Schema, `${at}[]`));
  }
  return isSecretSource(schema) ? new Set([`${at}.env`, `${at}.file`]) : keys;
}

function isSecretSource(schema: Schema): boolean {
  const forms = (schema.anyOf ?? []) as Schema[];
  const names = forms.flatMap((form) => Object.keys((form.properties ?? {}) as object));
  return names.join() === 'env,file';
}

/** All keys that are written; a place for a secret counts for both of its forms. */
function writtenKeys(value: unknown, at: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => writtenKeys(item, `${at}[]`));
  if (typeof value !== 'object' || value === null) return [];
  const names = Object.keys(value);
  if (names.join() === 'env' || names.join() === 'file') return [`${at}.env`, `${at}.file`];
  return Object.entries(value).flatMap(([name, member]) => {
    const key = at === '' ? name : `${at}.${name}`;
    return [key, ...writtenKeys(member, key)];
  });
}

/** Every default of the schema, by the last name of its path. */
function schemaDefaults(schema: Schema, name = ''): [string, string[]][] {
  const children = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  const items = (schema.items ?? {}) as Schema;
  const own = schema.default;
  const text = Array.isArray(own) ? `[${own.join(', ')}]` : String(own);
  return [
    ...(own === undefined || (typeof own === 'object' && !Array.isArray(own))
      ? []
      : [[name, [text]] as [string, string[]]]),
    ...children.flatMap(([key, member]) => schemaDefaults(member, key)),
    ...schemaDefaultsOfItems(items),
  ];
}

function schemaDefaultsOfItems(items: Schema): [string, string[]][] {
  return 'properties' in items ? schemaDefaults(items) : [];
}
