/**
 * Made-up secrets for the tests, put together at run time so that no file holds one in one piece.
 *
 * @module
 */

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { BIP39_ENGLISH } from './bip39-english.ts';

/** A text that must be found, under which ids. */
export interface LeakSample {
  readonly name: string;
  readonly text: string;
  readonly ids: readonly string[];
}

const HEX64 = '5ec4e7'.padStart(64, 'a1b2c3d4');
const BASE58 = '9s21ZrQH143K2JtBN5fzeg'.repeat(5);
const ALNUM = 'a1B2c3D4e5F6g7H8i9J0'.repeat(5);
const PHRASE = BIP39_ENGLISH.slice(100, 112).join(' ');

const joined = (...parts: readonly string[]): string => parts.join('');
const pemHeader = (kind: string): string => joined('-----', 'BEGIN ', kind, '-----');

const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
const k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
const ed = generateKeyPairSync('ed25519').privateKey;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

const pkcs8 = (key: KeyObject): string =>
  key.export({ type: 'pkcs8', format: 'der' }).toString('base64');
const sec1 = (key: KeyObject): string =>
  key.export({ type: 'sec1', format: 'der' }).toString('base64');
const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

const sample = (name: string, text: string, ...ids: readonly string[]): LeakSample => ({
  name,
  text,
  ids,
});

/** Plain texts, neither escaped nor encoded. */
export const LEAK_SAMPLES: readonly LeakSample[] = [
  sample('the name of a variable', 'see STARKNET_PRIVATE_KEY in .env', 'env.starknet_private_key'),
  sample('the name in lower case', 'starknet_private_key', 'env.starknet_private_key'),
  sample('a session key variable', 'SESSION_PRIVATE_KEY', 'env.session_private_key'),
  sample('a secret variable', 'KEYRING_HMAC_SECRET=x', 'env.keyring_hmac_secret'),
  sample('a JSON member', '{"privateKey":"0x5ec4e7"}', 'json.private_key', 'hex.private_key'),
  sample(
    'a spaced JSON member',
    '{"PRIVATE_KEY" : \n "0X1"}',
    'json.private_key',
    'hex.private_key',
  ),
  sample('a setting', 'private_key=0xAB', 'kv.private_key', 'hex.private_key'),
  sample('a quoted setting', "privateKey:  '0x12'", 'kv.private_key', 'hex.private_key'),
  ...['', 'EC ', 'RSA ', 'DSA ', 'OPENSSH ', 'ENCRYPTED ', 'ANY '].map((kind) =>
    sample(`a PEM header, "${kind}"`, `x ${pemHeader(`${kind}PRIVATE KEY`)} y`, 'pem.private_key'),
  ),
  sample('a PGP header', pemHeader('PGP PRIVATE KEY BLOCK'), 'pem.private_key'),
  sample(
    'an SSH2 header',
    joined('---- ', 'BEGIN SSH2 ENCRYPTED PRIVATE KEY', ' ----'),
    'pem.private_key',
  ),
  sample('a PEM file', pem(ec), 'pem.private_key', 'der.private_key'),
  sample('bare hex', `private key: ${HEX64}`, 'hex.private_key'),
  sample('hex without a colon', `my private key ${HEX64}`, 'hex.private_key'),
  sample('hex after a verb', `the Private-Key is 0x${HEX64.slice(2)}`, 'hex.private_key'),
  sample('camel case', `{"ownerPrivateKeyHex":"${HEX64}"}`, 'hex.private_key'),
  sample('a short form', `PRIV_KEY => 0x${HEX64.slice(4)}`, 'hex.private_key'),
  sample('a secret key', `"secret_key": "0x${HEX64}"`, 'hex.private_key', 'kv.secret'),
  sample('a master key', `master key = ${HEX64}`, 'hex.private_key'),
  sample('a seed', `seed: 0x${HEX64}`, 'hex.private_key'),
  sample('a seed of 64 bytes', `seed = ${HEX64}${HEX64}`, 'hex.private_key'),
  sample('entropy in JSON', `{"entropy":"${HEX64}"}`, 'hex.private_key'),
  sample('a decimal key', `private_key = ${BigInt(`0x${HEX64}`)}`, 'hex.private_key'),
  sample('an element', `<privateKey>0x${HEX64}</privateKey>`, 'hex.private_key'),
  sample('a short hyphenated key', 'private-key: 0x5ec4e7', 'hex.private_key'),
  sample('a phrase', PHRASE, 'mnemonic.bip39'),
  sample('a shouted phrase', PHRASE.toUpperCase(), 'mnemonic.bip39'),
  sample('an app secret', `PRIVY_APP_SECRET=${ALNUM}`, 'kv.secret'),
  sample('a client secret', `{"clientSecret":"${ALNUM.slice(0, 16)}"}`, 'kv.secret'),
  sample('a cloud secret', `aws_secret_access_key = ${ALNUM.slice(0, 40)}`, 'kv.secret'),
  sample('an api key', `x-api-key: ${ALNUM.slice(0, 32)}`, 'kv.secret'),
  sample('PKCS#8, P-256', pkcs8(ec), 'der.private_key'),
  sample('PKCS#8, secp256k1', pkcs8(k1), 'der.private_key'),
  sample('PKCS#8, Ed25519', pkcs8(ed), 'der.private_key'),
  sample('PKCS#8, RSA', pkcs8(rsa), 'der.private_key'),
  sample('SEC1, P-256', sec1(ec), 'der.private_key'),
  sample('SEC1, secp256k1', sec1(k1), 'der.private_key'),
  sample('a managed-wallet key', joined('wallet-', 'auth:', pkcs8(ec)), 'der.private_key'),
  sample('a cloud key id', joined('AK', 'IA', 'IOSFODNN7EXAMPLE'), 'token.aws_access_key'),
  sample('a forge token', joined('gh', 'p_', ALNUM.slice(0, 36)), 'token.github'),
  sample(
    'a fine-grained forge token',
    joined('github_', 'pat_', ALNUM.slice(0, 82)),
    'token.github',
  ),
  sample('another forge token', joined('gl', 'pat-', ALNUM.slice(0, 20)), 'token.gitlab'),
  sample('a registry token', joined('np', 'm_', ALNUM.slice(0, 36)), 'token.npm'),
  sample('a chat token', joined('xo', 'xb-', '123456789012-123456789012-', ALNUM), 'token.slack'),
  sample('a payment key', joined('sk_', 'live_', ALNUM.slice(0, 24)), 'token.stripe'),
  sample('a maps key', joined('AI', 'za', ALNUM.slice(0, 35)), 'token.google_api_key'),
  sample('a model key', joined('sk', '-', ALNUM.slice(0, 48)), 'token.model_api_key'),
  sample('a prefixed model key', joined('sk', '-ant-', 'api03-', ALNUM), 'token.model_api_key'),
  sample('a bot token', joined('123456789', ':AA', ALNUM.slice(0, 33)), 'token.telegram_bot'),
  sample('a JWT', joined('ey', 'J', ALNUM.slice(0, 30), '.', ALNUM, '.', ALNUM), 'token.jwt'),
  sample('a header', `Authorization: Bearer ${ALNUM.slice(0, 20)}`, 'token.authorization'),
  sample(
    'a header in JSON',
    `{"authorization":"Basic ${ALNUM.slice(0, 20)}"}`,
    'token.authorization',
  ),
  sample('an extended key', joined('x', 'prv', BASE58.slice(0, 107)), 'token.extended_private_key'),
  sample('an age key', joined('AGE-SECRET', '-KEY-1', ALNUM.slice(0, 58)), 'token.age_secret_key'),
  sample('a URL', joined('redis:', '//user:', 'pass@cache:6379'), 'token.url_credentials'),
];
