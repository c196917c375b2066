import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PlantedTree, plantTree } from '../test/planted-tree.ts';
import { checkSecrets } from './secret-scan.ts';

const LIST = 'security/secret-allowlist.json';
const REASON = 'a planted file that a test of the check needs';

/** Digits and letters that look random and are not: nothing secret may stand in this file. */
const hex = (name: string): string => createHash('sha256').update(name).digest('hex');
const word = (name: string, length: number): string =>
  createHash('sha512').update(name).digest('base64').replace(/[+/=]/g, 'x').slice(0, length);
/** Joined here, so that the shape does not stand in this file. */
const glue = (...parts: readonly string[]): string => parts.join('');

let tree: PlantedTree;

beforeEach(() => {
  tree = plantTree({ [LIST]: { allow: [] } });
});

afterEach(() => tree.remove());

describe('finds', () => {
  test.each([
    [
      'a PEM private key',
      'private-key-pem',
      glue('-----BEGIN ', `PRIVATE KEY-----\n${word('p', 64)}`),
    ],
    [
      'an encrypted one',
      'private-key-pem',
      glue('-----BEGIN ', `ENCRYPTED PRIVATE KEY-----\\n' +\n  '${word('q', 64)}`),
    ],
    [
      'an EC one',
      'private-key-pem',
      glue('-----BEGIN ', 'EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED'),
    ],
    [
      'a PGP one',
      'private-key-pem',
      glue('-----BEGIN ', `PGP PRIVATE KEY BLOCK-----\n\n${word('r', 64)}`),
    ],
    ['a P-256 key in base64', 'private-key-der', glue('wallet-auth:MIG', 'HAgEAMBMGByqGSM49')],
    ['an Ed25519 key in base64', 'private-key-der', glue('MC4CAQAwBQ', 'YDK2VwBCIEIabc')],
    ['a key in hex', 'hex-key', `privateKey = '0x${hex('a')}'`],
    ['one in capitals', 'hex-key', `PRIVATE_KEY=0x${hex('a').toUpperCase()}`],
    ['one without 0x', 'hex-key', `const secret = "${hex('b')}";`],
    ['one on the next line', 'hex-key', `signingKey:\n    '0x${hex('c')}',`],
    ['an access token in hex', 'hex-key', `access_token = ${hex('t')}`],
    ['one that lacks a leading zero', 'hex-key', `seed 0x${hex('d').slice(1)}`],
    ['one behind a public key', 'hex-key', `publicKey, privateKey: '${hex('e')}'`],
    ['a forge token', 'token', glue('gh', `p_${word('f', 36)}`)],
    ['a cloud key id', 'token', glue('AK', 'IAQWERTYUIOPASDFGH')],
    ['a package token', 'token', glue('np', `m_${word('g', 36)}`)],
    ['a bot token', 'token', glue('123456789', `:AA${word('h', 33)}`)],
    ['a payment key', 'token', glue('sk_', `live_${word('i', 24)}`)],
    ['a JWT', 'jwt', glue('ey', `J${word('j', 20)}.eyJ${word('k', 20)}.${word('l', 30)}`)],
    ['a password in an address', 'url-credentials', glue('redis://user:', 'hunter22@host')],
  ])('%s', (_name, rule, text) => {
    tree.write('src/a.ts', `// first line\n${text}\n`);
    expect(checkSecrets(tree.root)).toEqual([
      expect.stringMatching(new RegExp(`^src/a\\.ts:[23]: looks like a secret \\(${rule}\\)$`)),
    ]);
  });

  test('and does not repeat what it found', () => {
    tree.write('src/a.ts', `privateKey = '0x${hex('a')}'`);
    expect(checkSecrets(tree.root).join()).not.toContain(hex('a').slice(0, 8));
  });
});

describe('leaves alone', () => {
  test.each([
    ['a hash without a key word', `classHash = '0x${hex('a')}'`],
    ['a public key', `publicKey = '0x${hex('a')}'`],
    ['a key id', `keyId: '${hex('a')}'`],
    ['a short number', "key = '0x1234567890abcdef'"],
    ['a small number, padded', `key = '0x${'0'.repeat(48)}1234567890abcdef'`],
    ['an example of repeated digits', `privateKey = '0x${'1234'.repeat(16)}'`],
    ['a longer string of digits', `key = '${hex('a')}${hex('b')}'`],
    ['a key word two lines above', `secret\n\n'${hex('a')}'`],
    ['a public PEM', `-----BEGIN PUBLIC KEY-----\n${word('s', 64)}`],
    ['the header of a PEM key alone', "'-----BEGIN PRIVATE KEY-----', 'next'"],
    ['a public value below a key', `privateKey: x,\n  publicValue: '0x${hex('a')}'`],
    ['the address of a token', `token: '0x${hex('a')}'`],
    ['a password for this machine', glue('redis://user:', 'hunter22@127.0.0.1:6379')],
    ['a password for an example', glue('redis://user:', 'hunter22@redis.example:6379')],
    ['an address without password', 'https://user@host/path'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a template is the case.
    ['an address made from variables', 'redis://${user}:${password}@host'],
  ])('%s', (_name, text) => {
    tree.write('src/a.ts', text);
    expect(checkSecrets(tree.root)).toEqual([]);
  });

  test('binary files', () => {
    tree.write('a.bin', `\0privateKey = '${hex('a')}'`);
    expect(checkSecrets(tree.root)).toEqual([]);
  });

  test('installed packages', () => {
    tree.write('node_modules/a/index.js', `privateKey = '${hex('a')}'`);
    expect(checkSecrets(tree.root)).toEqual([]);
  });
});

describe('the allow-list', () => {
  const plantKey = (path: string): void => tree.write(path, `privateKey = '${hex('a')}'`);
  const allow = (path: string, rule: string, reason = REASON): void => {
    tree.write(LIST, { allow: [{ path, rule, reason }] });
  };

  test('allows a file', () => {
    plantKey('vectors/a.json');
    allow('vectors/a.json', 'hex-key');
    expect(checkSecrets(tree.root)).toEqual([]);
  });

  test('allows a folder', () => {
    plantKey('vectors/deep/a.json');
    allow('vectors/', 'hex-key');
    expect(checkSecrets(tree.root)).toEqual([]);
  });

  test.each([
    ['another file', 'vectors/b.json', 'hex-key'],
    ['a folder without its slash', 'vectors', 'hex-key'],
    ['another rule', 'vectors/a.json', 'jwt'],
    ['everything', '', 'hex-key'],
  ])('does not allow by %s, and says that the row is stale', (_name, path, rule) => {
    plantKey('vectors/a.json');
    allow(path, rule);
    expect(checkSecrets(tree.root)).toEqual([
      'vectors/a.json:1: looks like a secret (hex-key)',
      `${LIST}: ${path} (${rule}): allows nothing that is there`,
    ]);
  });

  test('wants a reason', () => {
    plantKey('vectors/a.json');
    allow('vectors/a.json', 'hex-key', 'test');
    expect(checkSecrets(tree.root)).toEqual([`${LIST}: vectors/a.json (hex-key): say why`]);
  });
});

describe('in a repository', () => {
  test('new files count, ignored ones do not', () => {
    execFileSync('git', ['init', '--quiet'], { cwd: tree.root });
    tree.write('.gitignore', 'ignored.txt\n');
    tree.write('ignored.txt', `privateKey = '${hex('a')}'`);
    tree.write('new.txt', `privateKey = '${hex('a')}'`);
    expect(checkSecrets(tree.root)).toEqual(['new.txt:1: looks like a secret (hex-key)']);
  });

  test('this one holds no secrets', () => {
    expect(checkSecrets(join(import.meta.dirname, '../../..'))).toEqual([]);
  });
});
