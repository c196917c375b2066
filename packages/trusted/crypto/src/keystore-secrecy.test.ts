import * as nodeFs from 'node:fs';
import { inspect } from 'node:util';
import { BoundaryError, Secret } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { CHEAP, DEPS, keystorePath, tracedFiles } from '../test/keystore-fixture.ts';
import { changePassphrase, createKeystore, openKeystore, saveKeystore } from './keystore.ts';
import { addKey, importKey, removeKey, restoreKey, rotateKey } from './keystore-keys.ts';
import type { Keystore, KeystoreDeps } from './keystore-state.ts';

const PLANTED_KEY = 0x5ec2e7000123456789abcdef0123456789abcdef0123456789abcdef5ec2e7n;
const PLANTED_PASSPHRASE = 'planted-passphrase-do-not-print';
const MARKS = [
  PLANTED_KEY.toString(16),
  PLANTED_KEY.toString(10),
  PLANTED_KEY.toString(16).slice(0, 16),
  'planted-passphrase',
  Buffer.from(PLANTED_PASSPHRASE).toString('hex'),
  Buffer.from(PLANTED_PASSPHRASE).toString('base64').slice(0, 20),
];
const KEY = {
  keyId: 'agent',
  messageKinds: ['invoke-v1'],
  privateKey: new Secret(PLANTED_KEY),
};
const passphrase = new Secret(PLANTED_PASSPHRASE);

/** All that a log, a debugger or an answer could show of a value, causes and stacks included. */
function everythingShown(value: unknown): string {
  const shown = [String(value), inspect(value, { depth: 20, showHidden: true, getters: true })];
  for (let at = value; at instanceof Error; at = at.cause) {
    shown.push(at.message, at.stack ?? '', JSON.stringify(at), inspect({ ...at }, { depth: 20 }));
    if (at instanceof BoundaryError) shown.push(JSON.stringify(at.details));
  }
  if (!(value instanceof Error)) shown.push(JSON.stringify(value, bigintAsText));
  return shown.join('\n');
}

const bigintAsText = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString(16) : value;

function expectSilent(value: unknown): void {
  const shown = everythingShown(value).toLowerCase();
  for (const mark of MARKS) expect(shown.includes(mark.toLowerCase()), mark).toBe(false);
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('expected a refusal');
}

const plain = (deps: KeystoreDeps = {}): Keystore => {
  const path = keystorePath();
  const empty = createKeystore({ path, protection: 'none', ...DEPS, ...deps });
  return saveKeystore(importKey(empty, KEY));
};
const sealed = (deps: KeystoreDeps = {}): Keystore => {
  const path = keystorePath();
  return saveKeystore(importKey(createKeystore({ path, passphrase, ...DEPS, ...deps }), KEY));
};
const rewrite = (path: string, change: (text: string) => string): void =>
  nodeFs.writeFileSync(path, change(nodeFs.readFileSync(path, 'utf8')));

describe('planted secrets', () => {
  it('are found by this test when they are shown', () => {
    expect(() => expectSilent(new Error(PLANTED_PASSPHRASE))).toThrow();
    expect(() => expectSilent(new Error('x', { cause: { key: PLANTED_KEY } }))).toThrow();
  });

  it.each([
    ['sealed', sealed],
    ['plain', plain],
  ])('are not shown by an open keystore, %s', (_, make) => {
    const keystore = make();
    expectSilent(keystore);
    expectSilent(keystore.entries());
    expectSilent(keystore.privateKey('agent'));
    expect(JSON.parse(JSON.stringify(keystore)).keys[0].keyId).toBe('agent');
  });

  it.each([
    ['text cut off', (text: string) => text.slice(0, -10)],
    ['a quote too many', (text: string) => text.replace('"plain": "', '"plain": ""')],
    [
      'an unquoted payload',
      (text: string) => text.replace(/"plain": "([0-9a-f]+)"/, '"plain": $1'),
    ],
    ['the payload as a name', (text: string) => text.replace(/"plain": "([0-9a-f]+)"/, '"$1": 1')],
    [
      'the payload as an extra name',
      (text: string) => text.replace(/("plain": "([0-9a-f]+)",)/, '$1 "$2": 1,'),
    ],
    [
      'the payload as purpose',
      (text: string) => text.replace(/"keystore"(.*"plain": "([0-9a-f]+)")/s, '"$2"$1'),
    ],
    [
      'the payload as a public key',
      (text: string) =>
        text.replace(
          /"publicKey": "0x[0-9a-f]+"(.*"plain": "([0-9a-f]+)")/s,
          '"publicKey": "0x$2"$1',
        ),
    ],
    [
      'the payload as a key id',
      (text: string) => text.replace(/"agent"(.*"plain": "([0-9a-f]+)")/s, '"$2"$1'),
    ],
    [
      'a payload with a digit too many',
      (text: string) => text.replace('"plain": "', '"plain": "0'),
    ],
    [
      'a payload in upper case',
      (text: string) => text.replace(/"plain": "([0-9a-f]+)"/, (all) => all.toUpperCase()),
    ],
    ['only the payload', (text: string) => /"plain": "([0-9a-f]+)"/.exec(text)?.[1] ?? ''],
  ])('are not quoted from a damaged plain file: %s', (_, change) => {
    const { path } = plain();
    rewrite(path, change);
    const error = thrownBy(() => openKeystore({ path }));
    // A cause would quote the text around the damage.
    expect(error).toMatchObject({ code: 'ERR_KEYSTORE_MALFORMED' });
    expect(error).not.toHaveProperty('cause');
    expectSilent(error);
  });

  it('are not shown by refusals of an operation', () => {
    const keystore = sealed();
    const again = { ...KEY, keyId: 'again' };
    const typed = PLANTED_KEY.toString(16).slice(0, 60);
    for (const action of [
      () => importKey(keystore, KEY),
      () => importKey(keystore, again),
      () => importKey(keystore, { ...again, publicKey: 1n }),
      () => importKey(keystore, { ...again, privateKey: new Secret(PLANTED_KEY << 64n) }),
      () => addKey(keystore, { keyId: `${typed} `, messageKinds: ['a'] }),
      () => addKey(keystore, { keyId: 'other', messageKinds: [typed, PLANTED_PASSPHRASE, ' '] }),
      () => removeKey(keystore, typed),
      () => rotateKey(keystore, typed),
      () => restoreKey(keystore, `${typed}@1`),
      () => keystore.privateKey(typed),
      () => changePassphrase(keystore, new Secret(PLANTED_PASSPHRASE.repeat(50))),
      () => openKeystore({ path: keystore.path, passphrase: new Secret(`${PLANTED_PASSPHRASE}!`) }),
      () => openKeystore({ path: keystore.path }),
      () => createKeystore({ path: keystore.path, passphrase, cost: CHEAP }),
    ]) {
      expectSilent(thrownBy(action));
    }
  });

  it('are not shown by a failure at any step of a save', () => {
    const { files: counted, steps } = tracedFiles(() => 'work');
    plain({ files: counted });
    for (let step = 0; step < steps.length; step += 1) {
      const { files } = tracedFiles((at) => (at === step ? 'fail' : 'work'));
      try {
        plain({ files });
      } catch (error) {
        expect(error).toBeInstanceOf(BoundaryError);
        expectSilent(error);
      }
    }
  });
});
