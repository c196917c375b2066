import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isBoundaryError } from '@countersign/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTlsPair } from '../../test/tls-files.ts';
import { parseConfig } from './config-file.ts';
import { type ConfiguredSettings, settingsFromConfig } from './config-settings.ts';

const MINIMAL = `version: 1
dataDir: ./data
passphrase: { env: PASSPHRASE }
clients: [{ id: bot, secrets: [{ env: BOT_SECRET }] }]
keys: [{ id: trading }]
policy: { chains: [SN_MAIN] }
`;

const ENV = {
  PASSPHRASE: 'a passphrase',
  BOT_SECRET: 'bot-secret-0123456789',
  SHORT: 'fifteen-chars-1',
  EMPTY: '',
  REDIS_URL: 'redis://127.0.0.1:6379',
  TOKEN: 'bridge-token',
};

const BRIDGE =
  'bridge: { url: "https://b.example", authToken: { env: TOKEN }, userActionSignature: { env: TOKEN } }\n';

let dir = '';

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'countersign-settings-'));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(name: string, text: string): void {
  mkdirSync(path.join(dir, path.dirname(name)), { recursive: true });
  writeFileSync(path.join(dir, name), text);
}

function settle(text: string): ConfiguredSettings {
  return settingsFromConfig(parseConfig(text, 'countersign.yaml'), { baseDir: dir, env: ENV });
}

const client = (more: string): string => MINIMAL.replace('id: bot', `id: bot, ${more}`);
const key = (more: string): string => MINIMAL.replace('id: trading', `id: trading, ${more}`);
const secrets = (list: string): string => MINIMAL.replace('[{ env: BOT_SECRET }]', list);

describe('settingsFromConfig refuses', () => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    [
      'a key id that stands twice',
      MINIMAL.replace('[{ id: trading }]', '[{ id: a }, { id: a }]'),
      'keys',
      'each once, found a twice',
    ],
    [
      'a client id that stands twice',
      MINIMAL.replace('clients: [', 'clients: [{ id: bot, secrets: [{ env: BOT_SECRET }] }, '),
      'clients',
      'each once, found bot twice',
    ],
    [
      'a client with a key nobody has',
      client('keys: [cold]'),
      'clients.bot.keys',
      'a configured key, found cold',
    ],
    [
      'a default key nobody has',
      `${MINIMAL}defaultKey: cold\n`,
      'defaultKey',
      'the id of a configured key',
    ],
    [
      'a default client nobody has',
      `${MINIMAL}defaultClient: x\n`,
      'defaultClient',
      'the id of a configured client',
    ],
    [
      'two caps of one token, however it is spelled',
      key(
        'caps: [{ token: "0xA", maxPerCall: "1", maxPerRequest: "1" }, { token: "0x0a", maxPerCall: "9", maxPerRequest: "9" }]',
      ),
      'keys.trading.caps',
      'each once, found 0xa twice',
    ],
    [
      'a bridge key without a bridge',
      key('custody: dfns, publicKey: "0x1"'),
      'bridge',
      'a section, because key trading uses it',
    ],
    [
      'a bridge key without its pin',
      `${key('custody: dfns')}${BRIDGE}`,
      'keys.trading.publicKey',
      'the pinned public key',
    ],
    [
      'a pin that nothing is checked against',
      key('publicKey: "0x1"'),
      'keys.trading.publicKey',
      'nothing, or custody: dfns',
    ],
    [
      'certificates that nobody is asked for',
      client('certificates: [{ name: bot }]'),
      'listen.tls.clientCa',
      'a file, because client bot lists certificates',
    ],
    [
      'nonces in a Redis that is not there',
      `${MINIMAL}authentication: { nonceStore: redis }\n`,
      'redis',
      'a section, because a store uses it',
    ],
    [
      'counters in a Redis that is not there',
      `${MINIMAL}rateLimit: { store: redis }\n`,
      'redis',
      'a section, because a store uses it',
    ],
    [
      'a Redis that is none',
      `${MINIMAL}redis: { url: { env: TOKEN } }\n`,
      'redis.url',
      'a redis:// or rediss:// URL',
    ],
    [
      'a variable that is not set',
      secrets('[{ env: NOBODY }]'),
      'clients.bot.secrets[0]',
      'the environment variable NOBODY to be set',
    ],
    [
      'a variable that is empty',
      secrets('[{ env: BOT_SECRET }, { env: EMPTY }]'),
      'clients.bot.secrets[1]',
      'the environment variable EMPTY to be set',
    ],
    [
      'a file that is not there',
      secrets('[{ file: ./nowhere }]'),
      'clients.bot.secrets[0]',
      'a file that can be read',
    ],
    [
      'a file with blanks only',
      secrets('[{ file: ./blank }]'),
      'clients.bot.secrets[0]',
      'a file with something in it',
    ],
    [
      'an empty passphrase',
      MINIMAL.replace('{ env: PASSPHRASE }', '{ file: ./blank }'),
      'passphrase',
      'a file with something in it',
    ],
    [
      'a short secret',
      secrets('[{ env: SHORT }]'),
      'clients.bot.secrets',
      'at least 16 characters each',
    ],
    [
      'a short second secret',
      secrets('[{ env: BOT_SECRET }, { env: SHORT }]'),
      'clients.bot.secrets',
      'at least 16 characters each',
    ],
    [
      'a certificate that is not there',
      `${MINIMAL}listen: { tls: { cert: a.pem, key: a.key } }\n`,
      'listen.tls.cert',
      'a file that can be read',
    ],
  ];

  it.each(cases)('%s', (_name, text, field, expected) => {
    write('blank', ' \n\t\n');
    try {
      settle(text);
      expect.unreachable('the configuration was accepted');
    } catch (error) {
      if (!isBoundaryError(error)) throw error;
      expect(error.code).toBe('ERR_CONFIG_INVALID');
      expect(error.details.field).toBe(field);
      expect(String(error.details.expected)).toContain(expected);
      for (const value of [ENV.BOT_SECRET, ENV.SHORT, ENV.PASSPHRASE]) {
        expect(JSON.stringify([error.message, error.details])).not.toContain(value);
      }
    }
  });

  it('a data directory that cannot be made', () => {
    write('taken', '');
    expect(() => settle(MINIMAL.replace('./data', './taken/data'))).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
    );
  });
});

describe('settingsFromConfig', () => {
  it('turns absent lists into empty ones, and all into all', () => {
    const { policy } = settle(MINIMAL).settings.signer;
    expect(policy).toEqual({
      chains: ['0x534e5f4d41494e'],
      maxValiditySec: 86_400,
      defaultKeyId: 'trading',
      clients: [{ clientId: 'bot', keyIds: [], accounts: [] }],
      keys: [
        { keyId: 'trading', messageKinds: ['invoke-v2'], targets: [], recipients: [], caps: [] },
      ],
    });
    const open = client('keys: all, accounts: all').replace('[SN_MAIN]', 'all');
    expect(settle(open).settings.signer.policy).toMatchObject({
      chains: 'all',
      clients: [{ keyIds: 'all', accounts: 'all' }],
    });
  });

  it('makes the data directory for its owner alone, beside the configuration', () => {
    const { dataDir } = settle(MINIMAL).settings.signer;
    expect(dataDir).toBe(path.join(dir, 'data'));
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  });

  it('hands secrets of clients to both processes, and keys to neither', () => {
    write('next', '  next-secret-0123456789\n');
    const { signer, edge } = settle(secrets('[{ env: BOT_SECRET }, { file: ./next }]')).settings;
    const expected = [ENV.BOT_SECRET, 'next-secret-0123456789'];
    expect(signer.clients).toEqual([{ clientId: 'bot', secrets: expected }]);
    expect(edge.clients).toEqual([{ clientId: 'bot', secrets: expected, certificates: [] }]);
    expect(JSON.stringify(edge)).not.toContain(ENV.PASSPHRASE);
    expect(signer.keys).toEqual([{ keyId: 'trading', source: 'keystore' }]);
  });

  it('hands what the bridge is paid with to the edge alone', () => {
    const { signer, edge } = settle(`${key('custody: dfns, publicKey: "0x1"')}${BRIDGE}`).settings;
    expect(edge.bridge).toMatchObject({ authToken: ENV.TOKEN, timeoutMs: 7_000 });
    expect(JSON.stringify(signer)).not.toContain(ENV.TOKEN);
    expect(signer.keys).toEqual([{ keyId: 'trading', source: 'bridge', publicKey: '0x1' }]);
  });

  it('adds the keystore behind a bridge key only where it may stand in', () => {
    const text = `${key('custody: dfns, publicKey: "0x1"')}${BRIDGE}`;
    const { signer } = settle(text.replace('{ url', '{ localFallback: true, url')).settings;
    expect(signer.bridgeFallback).toBe(true);
    expect(signer.keys).toEqual([
      { keyId: 'trading', source: 'bridge', publicKey: '0x1' },
      { keyId: 'trading', source: 'keystore' },
    ]);
  });

  it('demands client certificates exactly when an authority is named', () => {
    const { certPem, keyPem } = makeTlsPair();
    write('server.pem', certPem);
    write('server.key', keyPem);
    const tls = (more: string): string =>
      `${MINIMAL}listen: { tls: { cert: server.pem, key: server.key${more} } }\n`;
    expect(settle(tls('')).settings.edge.tls).toEqual({
      certPem,
      keyPem,
      clientCertificates: false,
    });
    expect(settle(tls(', clientCa: server.pem')).settings.edge.tls).toEqual({
      certPem,
      keyPem,
      caPem: certPem,
      clientCertificates: true,
    });
  });

  it('means the first key when none is named as default', () => {
    const two = MINIMAL.replace('[{ id: trading }]', '[{ id: a }, { id: b }]');
    expect(settle(two).settings.signer.policy.defaultKeyId).toBe('a');
    const { signer, edge } = settle(`${two}defaultKey: b\n`).settings;
    expect([signer.policy.defaultKeyId, edge.defaultKeyId]).toEqual(['b', 'b']);
  });
});

describe('warnings', () => {
  it('are none where nothing is open', () => {
    expect(settle(MINIMAL).warnings).toEqual([]);
  });

  it.each([
    ['keys that lie unencrypted', MINIMAL.replace(/^passphrase.*\n/m, ''), 'not encrypted at rest'],
    ['HTTP that others can reach', `${MINIMAL}listen: { host: 0.0.0.0 }\n`, 'plain HTTP'],
    ['keys that may call anything', key('targets: all'), 'every contract is a target for trading'],
    ['a scan that is off', `${MINIMAL}leakScan: off\n`, 'leak scan is off'],
    ['a scan that only warns', `${MINIMAL}leakScan: warn\n`, 'leak scan is warn'],
  ])('name %s', (_name, text, warning) => {
    expect(settle(text).warnings).toEqual([expect.stringContaining(warning)]);
  });

  it('name clients whose certificates are not listed', () => {
    const { certPem, keyPem } = makeTlsPair();
    write('a.pem', certPem);
    write('a.key', keyPem);
    const text = `${MINIMAL}listen: { tls: { cert: a.pem, key: a.key, clientCa: a.pem } }\n`;
    expect(settle(text).warnings).toEqual([
      expect.stringContaining('no certificates listed for bot'),
    ]);
  });

  it.each(['127.0.0.1', '::1', 'localhost', '127.8.8.8'])('do not name HTTP on %s', (host) => {
    expect(settle(`${MINIMAL}listen: { host: "${host}" }\n`).warnings).toEqual([]);
  });
});
