import { isBoundaryError } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { parseStoreFlag, storeSettings } from './store-settings.ts';

const URL = 'postgres://signer:5ec4e7@db.example:5432/ledger';
const PASSPHRASE = { env: 'PASSPHRASE' };

function errorOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (isBoundaryError(error) && error.code === 'ERR_CONFIG_INVALID') {
      return JSON.stringify([error.message, error.details]);
    }
    throw error;
  }
  throw new Error('nothing was refused');
}

const read = (url: string) =>
  storeSettings(
    { store: { postgres: { env: 'STORE' } }, passphrase: PASSPHRASE },
    () => url,
    (file) => file,
  );

describe('a store is refused, and its URL stays secret', () => {
  it.each([
    ['that is no URL', '5ec4e7'],
    ['of another kind', 'mysql://signer:5ec4e7@db.example/ledger'],
    ['without a user', 'postgres://db.example/5ec4e7'],
    ['without a database', 'postgres://signer:5ec4e7@db.example'],
    ['without a host', `postgres://signer:${'5ec4e7'}@/ledger`],
    ['with encryption nobody checks', `${URL}?sslmode=require`],
    ['with a parameter nobody knows', `${URL}?options=5ec4e7`],
    ['with a host parameter that is no directory', `${URL}?host=5ec4e7`],
    ['with broken percent signs', 'postgres://signer:%5ec4e7%@db.example/ledger'],
  ])('%s', (_name, url) => {
    const text = errorOf(() => read(url));
    expect(text).toContain('store.postgres');
    expect(text).not.toContain('5ec4e7');
  });

  it('without a passphrase', () => {
    const store = { postgres: { env: 'STORE' } };
    const act = () =>
      storeSettings(
        { store, passphrase: undefined },
        () => URL,
        (file) => file,
      );
    expect(errorOf(act)).toContain('passphrase');
  });

  it('with an authority that cannot be read', () => {
    const store = { postgres: { env: 'STORE' }, ca: '/nowhere/ca.pem' };
    const act = () =>
      storeSettings(
        { store, passphrase: PASSPHRASE },
        () => URL,
        (file) => file,
      );
    expect(errorOf(act)).toContain('store.ca');
  });
});

it('a store is handed on as it is', () => {
  expect(read(URL)).toEqual({ store: { postgres: URL } });
  expect(storeSettings({ store: undefined, passphrase: undefined }, String, String)).toEqual({});
});

describe('--store', () => {
  it.each([
    ['env:COUNTERSIGN_STORE', { env: 'COUNTERSIGN_STORE' }],
    ['file:./secrets/store', { file: './secrets/store' }],
  ])('takes %s', (text, source) => {
    expect(parseStoreFlag(text)).toEqual(source);
  });

  it.each([URL, 'postgres://db.example/ledger', 'env:', 'COUNTERSIGN_STORE', 'file://5ec4e7'])(
    'refuses %s and says what to do instead',
    (text) => {
      const said = errorOf(() => parseStoreFlag(text));
      expect(said).toContain('env:NAME or file:PATH');
      expect(said).not.toContain('5ec4e7');
    },
  );
});
