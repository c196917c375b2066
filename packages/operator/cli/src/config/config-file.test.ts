import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BoundaryError, isBoundaryError } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { parseConfig, readConfigFile } from './config-file.ts';

const MINIMAL = `version: 1
dataDir: ./data
clients: [{ id: bot, secrets: [{ env: BOT_SECRET }] }]
keys: [{ id: trading }]
policy: { chains: [SN_MAIN] }
`;

const client = (more: string): string => MINIMAL.replace('id: bot', `id: bot, ${more}`);
const key = (more: string): string => MINIMAL.replace('id: trading', `id: trading, ${more}`);
const secret = (source: string): string => MINIMAL.replace('{ env: BOT_SECRET }', source);
const without = (line: string): string => MINIMAL.replace(new RegExp(`^${line}:.*\n`, 'm'), '');
const cap = (member: string): string =>
  key(
    `caps: [{ ${['token: "0x1"', 'maxPerCall: "1"', 'maxPerRequest: "1"'].map((text) => (text.startsWith(`${member.split(':')[0]}:`) ? member : text)).join(', ')} }]`,
  );

function refusal(text: string): BoundaryError {
  try {
    parseConfig(text, 'countersign.yaml');
  } catch (error) {
    if (isBoundaryError(error)) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

const ADDRESS = 'an address in quotes: 0x and 1-64 hex digits, below the field prime';
const AMOUNT = 'an amount in base units, 1-78 digits in quotes';
const SECRET = '{ env: NAME } or { file: path }, not the secret itself';
const LIST = 'the word all, or a list';

describe('a configuration is refused', () => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    // keys
    ['for an unknown key', `${MINIMAL}leakscan: block\n`, 'leakscan', 'no such key'],
    ['for an unknown key inside', key('target: []'), 'keys[0].target', 'no such key'],
    ['for a key named __proto__', `${MINIMAL}__proto__: {}\n`, '__proto__', 'no such key'],
    [
      'for a key that may be a secret',
      `${MINIMAL}"hunter2/ü": true\n`,
      '(a key that is no plain word)',
      'no such key',
    ],
    ['without its version', without('version'), 'version', '1'],
    ['with another version', MINIMAL.replace('version: 1', 'version: 2'), 'version', '1'],
    ['without a data directory', without('dataDir'), 'dataDir', 'string, received undefined'],
    ['without clients', without('clients'), 'clients', 'array, received undefined'],
    ['with no client', `${without('clients')}clients: []\n`, 'clients', 'array to have >=1 items'],
    ['with no key', `${without('keys')}keys: []\n`, 'keys', 'array to have >=1 items'],
    ['without a policy', without('policy'), 'policy', 'object, received undefined'],
    ['without chains', MINIMAL.replace('{ chains: [SN_MAIN] }', '{}'), 'policy.chains', LIST],
    // types
    [
      'for a port in quotes',
      `${MINIMAL}listen: { port: "80" }\n`,
      'listen.port',
      'number, received string',
    ],
    [
      'for a port past the last',
      `${MINIMAL}listen: { port: 65536 }\n`,
      'listen.port',
      'number to be <=65535',
    ],
    [
      'for a level nobody has',
      `${MINIMAL}logLevel: loud\n`,
      'logLevel',
      'one of "debug"|"info"|"warn"|"error"',
    ],
    [
      'for a profile nobody has',
      `${MINIMAL}profile: v1\n`,
      'profile',
      'one of "superset"|"strict"|"legacy"',
    ],
    [
      'for a bridge without a URL',
      `${MINIMAL}bridge: { preflightOnStart: true }\n`,
      'bridge.url',
      'string, received undefined',
    ],
    [
      'for a time of zero',
      `${MINIMAL}authentication: { maxSkewMs: 0 }\n`,
      'authentication.maxSkewMs',
      'number to be >0',
    ],
    [
      'for half a second',
      `${MINIMAL}authentication: { maxSkewMs: 0.5 }\n`,
      'authentication.maxSkewMs',
      'int, received number',
    ],
    [
      'for a list of clients that is one',
      `${without('clients')}clients: { id: bot }\n`,
      'clients',
      'array, received object',
    ],
    [
      'for no message kinds',
      key('messageKinds: []'),
      'keys[0].messageKinds[0]',
      'one of "invoke-v1"|"invoke-v2"|"outside-v2"',
    ],
    [
      'for a message kind nobody signs',
      key('messageKinds: [raw]'),
      'keys[0].messageKinds[0]',
      'one of "invoke-v1"|"invoke-v2"|"outside-v2"',
    ],
    [
      'for a key id with a blank',
      MINIMAL.replace('id: trading', 'id: "my key"'),
      'keys[0].id',
      '1-64 letters, digits, . _ -',
    ],
    [
      'for a custody nobody has',
      key('custody: privy'),
      'keys[0].custody',
      'one of "keystore"|"dfns"',
    ],
    // numbers without quotes
    ['for an address without quotes', key('targets: [0x1]'), 'keys[0].targets[0]', ADDRESS],
    ['for an account without quotes', client('accounts: [0x1]'), 'clients[0].accounts[0]', ADDRESS],
    ['for a token without quotes', cap('token: 0x1'), 'keys[0].caps[0].token', ADDRESS],
    ['for an amount without quotes', cap('maxPerCall: 100'), 'keys[0].caps[0].maxPerCall', AMOUNT],
    [
      'for an amount without quotes that YAML would round',
      cap('maxPerCall: 1e30'),
      'keys[0].caps[0].maxPerCall',
      AMOUNT,
    ],
    [
      'for a chain id without quotes',
      MINIMAL.replace('SN_MAIN', '0x534e5f4d41494e'),
      'policy.chains[0]',
      'SN_MAIN, SN_SEPOLIA, or a chain id in quotes',
    ],
    // numbers in quotes
    [
      'for an amount with a fraction',
      cap('maxPerCall: "1.5"'),
      'keys[0].caps[0].maxPerCall',
      AMOUNT,
    ],
    ['for an amount in hex', cap('maxPerRequest: "0x10"'), 'keys[0].caps[0].maxPerRequest', AMOUNT],
    ['for a negative amount', cap('maxPerRequest: "-1"'), 'keys[0].caps[0].maxPerRequest', AMOUNT],
    ['for an address that is a name', key('targets: ["eth"]'), 'keys[0].targets[0]', ADDRESS],
    [
      'for an address past the field',
      key(`targets: ["0x${'f'.repeat(64)}"]`),
      'keys[0].targets[0]',
      ADDRESS,
    ],
    [
      'for a chain nobody knows',
      MINIMAL.replace('SN_MAIN', 'SN_GOERLI'),
      'policy.chains[0]',
      'SN_MAIN, SN_SEPOLIA, or a chain id in quotes',
    ],
    // lists
    ['for a list that is another word', key('targets: any'), 'keys[0].targets', LIST],
    ['for all in a list', key('targets: [all]'), 'keys[0].targets[0]', ADDRESS],
    ['for a list that is null', key('targets:'), 'keys[0].targets', LIST],
    // secrets
    [
      'for a secret in the file',
      secret('"a secret that is written here"'),
      'clients[0].secrets[0]',
      SECRET,
    ],
    ['for a secret from nowhere', secret('{}'), 'clients[0].secrets[0]', SECRET],
    [
      'for a secret from two places',
      secret('{ env: A, file: b }'),
      'clients[0].secrets[0]',
      SECRET,
    ],
    [
      'for a client without secrets',
      MINIMAL.replace('[{ env: BOT_SECRET }]', '[]'),
      'clients[0].secrets',
      'array to have >=1 items',
    ],
    [
      'for a fingerprint with colons',
      client('certificates: [{ sha256: "AB:CD" }]'),
      'clients[0].certificates[0].sha256',
      '64 lower-case hex digits without colons',
    ],
    // YAML
    ['for a key that stands twice', `${MINIMAL}version: 1\n`, 'line 6', 'Map keys must be unique'],
    ['for a key that stands twice inside', key('id: other'), 'line 4', 'Map keys must be unique'],
    [
      'for an alias',
      `${MINIMAL}rateLimit: &r { store: memory }\nredis: *r\n`,
      '(aliases)',
      'every value written out, no aliases',
    ],
    [
      'for a merge key',
      `${MINIMAL}rateLimit: &r {}\nlimits:\n  <<: *r\n`,
      '(aliases)',
      'every value written out, no aliases',
    ],
    [
      'for an anchor nobody set',
      `${MINIMAL}limits: *nobody\n`,
      '(aliases)',
      'every value written out, no aliases',
    ],
    [
      'for a second document',
      `${MINIMAL}---\n${MINIMAL}`,
      'line 6',
      'Source contains multiple documents',
    ],
    ['for a tag', `${MINIMAL}logLevel: !!js/function "x"\n`, 'line 6', 'Unresolved tag'],
    ['for a bracket without an end', `${MINIMAL}limits: {\n`, 'line 7', 'Flow map'],
    [
      'for a tab before a key',
      `${MINIMAL}limits:\n\tx: 1\n`,
      'line 7',
      'Tabs are not allowed as indentation',
    ],
    ['that is empty', '', '(top level)', 'object, received null'],
    ['that is a list', '- version: 1\n', '(top level)', 'object, received array'],
    ['that is a text', 'version 1\n', '(top level)', 'object, received string'],
  ];

  it.each(cases)('%s', (_name, text, field, expected) => {
    const error = refusal(text);
    expect(error.code).toBe('ERR_CONFIG_INVALID');
    expect(error.details.file).toBe('countersign.yaml');
    expect(error.details.field).toBe(field);
    expect(String(error.details.expected)).toContain(expected);
  });

  it('for a bomb of aliases, at once', () => {
    const levels = Array.from({ length: 40 }, (_, i) => i);
    const bomb = levels
      .map(
        (i) =>
          `l${i}: &l${i} [${Array.from({ length: 9 }, () => (i === 0 ? 'x' : `*l${i - 1}`)).join(', ')}]`,
      )
      .join('\n');
    expect(refusal(`${bomb}\n${MINIMAL}`).details.field).toBe('(aliases)');
  });

  it('without repeating what was written', () => {
    const leaks = [
      secret('"hunter2hunter2hunter2"'),
      secret('{ env: 7, value: hunter2 }'),
      cap('maxPerCall: "hunter2"'),
      key('targets: [hunter2]'),
      MINIMAL.replace('id: trading', 'id: "hunter2 hunter2"'),
      `${MINIMAL}logLevel: hunter2\n`,
      `${MINIMAL}limits: { x: "hunter2\n`,
    ];
    for (const text of leaks) {
      const { message, details } = refusal(text);
      expect(JSON.stringify([message, details])).not.toContain('hunter2');
    }
  });
});

describe('what is left out', () => {
  const config = parseConfig(MINIMAL, 'countersign.yaml');

  it('lists grant nothing', () => {
    expect(config.clients[0]).toMatchObject({ keys: [], accounts: [], certificates: [] });
    expect(config.keys[0]).toMatchObject({ targets: [], recipients: [], caps: [] });
  });

  it('an empty list is an absent one', () => {
    const written = parseConfig(key('targets: [], recipients: [], caps: []'), 'x');
    expect(written).toEqual(config);
  });

  it('values have their defaults', () => {
    expect(config).toMatchObject({
      profile: 'superset',
      logLevel: 'info',
      hashBackend: 'wasm',
      leakScan: 'block',
      listen: { host: '127.0.0.1', port: 8545 },
      authentication: { maxSkewMs: 30_000, nonceTtlMs: 120_000, nonceStore: 'embedded' },
      policy: { maxValiditySec: 86_400 },
      limits: { connectionsPerAddress: 256, requestsInFlight: 1_024 },
      keys: [{ custody: 'keystore', messageKinds: ['invoke-v2'] }],
    });
    for (const section of ['passphrase', 'redis', 'rateLimit', 'bridge', 'defaultKey'] as const) {
      expect(config[section]).toBeUndefined();
    }
  });

  it('the words on and off are texts, not truth values', () => {
    expect(parseConfig(`${MINIMAL}leakScan: off\n`, 'x').leakScan).toBe('off');
  });
});

describe('readConfigFile', () => {
  it('reads a file', () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'countersign-config-'));
    try {
      const file = path.join(dir, 'countersign.yaml');
      writeFileSync(file, MINIMAL);
      expect(readConfigFile(file)).toEqual(parseConfig(MINIMAL, file));
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it.each([
    ['that is not there', '/nowhere/countersign.yaml', 'ENOENT'],
    ['that is a directory', tmpdir(), 'EISDIR'],
  ])('names a file %s', (_name, file, reason) => {
    expect(() => readConfigFile(file)).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG_INVALID',
        details: { file, reason, expected: 'a readable YAML file' },
      }),
    );
  });
});
