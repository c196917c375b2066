import * as nodeFs from 'node:fs';
import { join } from 'node:path';
import { Secret } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import {
  CHEAP,
  DEPS,
  keystorePath,
  PASSPHRASE,
  refusalOf,
  savedKeystore,
} from '../test/keystore-fixture.ts';
import {
  type CreateKeystoreOptions,
  changePassphrase,
  createKeystore,
  exportPublic,
  openKeystore,
  readKeystoreEntries,
  saveKeystore,
} from './keystore.ts';
import { addKey, removeKey, rotateKey } from './keystore-keys.ts';
import { type Keystore, PLAIN_KEYSTORE_WARNING, stateOf } from './keystore-state.ts';
import { openBytes, sealBytes } from './sealed-box.ts';
import { createSealingKey } from './sealing-key.ts';

const ids = (keystore: Keystore): readonly string[] => keystore.entries().map(({ keyId }) => keyId);
const open = (path: string): Keystore => openKeystore({ path, passphrase: PASSPHRASE, ...DEPS });
const plainKeystore = (path: string): Keystore => {
  const empty = createKeystore({ path, protection: 'none', ...DEPS });
  return saveKeystore(addKey(empty, { keyId: 'agent', messageKinds: ['invoke-v1'] }));
};
const read = (path: string): string => nodeFs.readFileSync(path, 'utf8');

describe('round trip', () => {
  it('opens what was saved', () => {
    const saved = rotateKey(savedKeystore(), 'agent');
    saveKeystore(saved);
    const opened = open(saved.path);
    expect(opened.entries()).toEqual(saved.entries());
    for (const { keyId } of saved.entries()) {
      const retired = { retired: true };
      expect(opened.privateKey(keyId, retired).reveal()).toBe(
        saved.privateKey(keyId, retired).reveal(),
      );
    }
    expect(opened).toMatchObject({ protection: 'passphrase', warnings: [], path: saved.path });
  });

  it('opens an empty keystore', () => {
    const path = keystorePath();
    saveKeystore(createKeystore({ path, passphrase: PASSPHRASE, ...DEPS }));
    expect(open(path).entries()).toEqual([]);
  });

  it('writes nothing before it is saved', () => {
    const path = keystorePath();
    createKeystore({ path, passphrase: PASSPHRASE, ...DEPS });
    expect(nodeFs.readdirSync(join(path, '..'))).toEqual([]);
  });

  it('keeps the private keys out of the file', () => {
    const { path, privateKey } = savedKeystore();
    expect(read(path)).not.toContain(privateKey('agent').reveal().toString(16));
  });

  it('changes IV and payload with every save, and the salt with the passphrase', () => {
    const { path } = savedKeystore();
    const before = JSON.parse(read(path));
    const opened = saveKeystore(open(path));
    const saved = JSON.parse(read(path));
    expect(saved.cipher.iv).not.toBe(before.cipher.iv);
    expect(saved.kdf.salt).toBe(before.kdf.salt);
    saveKeystore(changePassphrase(opened, PASSPHRASE));
    expect(JSON.parse(read(path)).kdf.salt).not.toBe(before.kdf.salt);
  });

  it('can be saved again and again', () => {
    const once = savedKeystore();
    const twice = saveKeystore(addKey(once, { keyId: 'third', messageKinds: ['invoke-v1'] }));
    saveKeystore(removeKey(twice, 'backup'));
    expect(ids(open(once.path))).toEqual(['agent', 'third']);
  });
});

describe('passphrase', () => {
  it('is needed', () => {
    const { path } = savedKeystore();
    expect(refusalOf(() => openKeystore({ path })).code).toBe('ERR_KEYSTORE_LOCKED');
  });

  it('must be right', () => {
    const { path } = savedKeystore();
    const error = refusalOf(() => openKeystore({ path, passphrase: new Secret('wrong') }));
    expect(error.code).toBe('ERR_KEYSTORE_LOCKED');
  });

  it('can be changed', () => {
    const { path } = savedKeystore();
    const passphrase = new Secret('another one');
    saveKeystore(changePassphrase(open(path), passphrase));
    expect(ids(openKeystore({ path, passphrase }))).toEqual(['agent', 'backup']);
    expect(refusalOf(() => open(path)).code).toBe('ERR_KEYSTORE_LOCKED');
  });

  it('can be given to a keystore that had none', () => {
    const path = keystorePath();
    saveKeystore(changePassphrase(plainKeystore(path), PASSPHRASE));
    expect(open(path).protection).toBe('passphrase');
    expect(refusalOf(() => openKeystore({ path })).code).toBe('ERR_KEYSTORE_LOCKED');
  });

  it.each([
    ['neither passphrase nor its absence', {}],
    ['both', { passphrase: PASSPHRASE, protection: 'none' }],
    ['an undefined passphrase', { passphrase: undefined }],
  ])('refuses to create with %s', (_, protection) => {
    const options = { path: keystorePath(), ...DEPS, ...protection } as CreateKeystoreOptions;
    expect(refusalOf(() => createKeystore(options))).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      details: { field: 'passphrase' },
    });
  });
});

describe('no protection', () => {
  it('says so in the file, in the value and in a warning', () => {
    const path = keystorePath();
    const keystore = plainKeystore(path);
    expect(JSON.parse(read(path)).protection).toBe('none');
    const opened = openKeystore({ path });
    for (const at of [keystore, opened]) {
      expect(at).toMatchObject({ protection: 'none', warnings: [PLAIN_KEYSTORE_WARNING] });
    }
    expect(opened.privateKey('agent').reveal()).toBe(keystore.privateKey('agent').reveal());
  });

  it('is refused when a passphrase is given', () => {
    const path = keystorePath();
    plainKeystore(path);
    expect(refusalOf(() => open(path)).code).toBe('ERR_KEYSTORE_LOCKED');
  });

  it('cannot be slipped in with a key that does not fit, checksum and all', () => {
    const path = keystorePath();
    plainKeystore(path);
    const { publicPart } = openBytes(nodeFs.readFileSync(path), { purpose: 'keystore' });
    const forged = sealBytes(Buffer.alloc(32, 1), {
      purpose: 'keystore',
      sealWith: 'none',
      publicPart: publicPart as never,
    });
    nodeFs.writeFileSync(path, forged);
    expect(refusalOf(() => openKeystore({ path }))).toMatchObject({
      code: 'ERR_KEYSTORE_MALFORMED',
      details: { field: 'public.keys[0].publicKey' },
    });
  });
});

describe('opening', () => {
  const publicPart = (path: string): never =>
    openBytes(nodeFs.readFileSync(path), { purpose: 'keystore', passphrase: PASSPHRASE })
      .publicPart as never;
  const sealWith = createSealingKey(PASSPHRASE, { cost: CHEAP });

  it.each([
    ['one private key short', 32, 'payload'],
    ['a byte long', 65, 'payload'],
    ['empty', 0, 'payload'],
    ['of zeros', 64, 'public.keys[0].publicKey'],
  ])('refuses a genuine file with a payload %s', (_, size, field) => {
    const { path } = savedKeystore();
    const options = { purpose: 'keystore', sealWith, publicPart: publicPart(path) };
    nodeFs.writeFileSync(path, sealBytes(new Uint8Array(size), options));
    expect(refusalOf(() => open(path))).toMatchObject({
      code: 'ERR_KEYSTORE_MALFORMED',
      details: { field },
    });
  });

  it('refuses a private key at the order', () => {
    const { path } = savedKeystore();
    const order = '0800000000000010ffffffffffffffffb781126dcae7b2321e66a241adc64d2f';
    const options = { purpose: 'keystore', sealWith, publicPart: publicPart(path) };
    nodeFs.writeFileSync(path, sealBytes(Buffer.from(order.repeat(2), 'hex'), options));
    expect(refusalOf(() => open(path)).details.field).toBe('public.keys[0].publicKey');
  });

  it('refuses a genuine file whose public part is no list of keys', () => {
    const { path } = savedKeystore();
    const options = { purpose: 'keystore', sealWith, publicPart: { keys: [{}] } };
    nodeFs.writeFileSync(path, sealBytes(new Uint8Array(32), options));
    expect(refusalOf(() => open(path)).details.field).toBe('public.keys[0].keyId');
  });

  it.each([
    ['a public key', '"publicKey": "0x', '"publicKey": "0x1'],
    ['a message kind', '"invoke-v1"', '"invoke-v2"'],
    ['a time', '"2026-01-31T12:00:00.000Z"', '"2026-01-31T12:00:01.000Z"'],
    ['a generation', '"generation": 1', '"generation": 2'],
    ['a key id', '"agent"', '"agend"'],
  ])('refuses altered public parts: %s', (_, from, to) => {
    const { path } = savedKeystore();
    nodeFs.writeFileSync(path, read(path).replace(from, to));
    expect(refusalOf(() => open(path)).code).toBe('ERR_KEYSTORE_LOCKED');
  });

  it('refuses a retired flag that was altered', () => {
    const { path } = saveKeystore(rotateKey(savedKeystore(), 'agent'));
    nodeFs.writeFileSync(path, read(path).replace('"retired": true', '"retired": false'));
    expect(refusalOf(() => open(path)).code).toBe('ERR_KEYSTORE_LOCKED');
  });

  it.each([
    ['truncated', (text: string) => text.slice(0, 700)],
    ['empty', () => ''],
    ['another file', () => '{"hello":"world"}\n'],
  ])('refuses a file that is %s', (_, change) => {
    const { path } = savedKeystore();
    nodeFs.writeFileSync(path, change(read(path)));
    expect(refusalOf(() => open(path)).code).toBe('ERR_KEYSTORE_MALFORMED');
  });

  it('refuses a readable file before it looks at the passphrase', () => {
    const { path } = savedKeystore();
    nodeFs.chmodSync(path, 0o644);
    const error = refusalOf(() => openKeystore({ path, passphrase: new Secret('wrong') }));
    expect(error).toMatchObject({
      code: 'ERR_KEYSTORE_PERMISSIONS',
      details: { path, run: `chmod 600 ${path}` },
    });
  });

  it('refuses a link', () => {
    const { path } = savedKeystore();
    const link = `${path}.link`;
    nodeFs.symlinkSync(path, link);
    expect(refusalOf(() => open(link)).code).toBe('ERR_KEYSTORE_PERMISSIONS');
  });

  it('refuses to create over an existing file or a dangling link', () => {
    const { path } = savedKeystore();
    const link = `${path}.link`;
    nodeFs.symlinkSync('nowhere', link);
    for (const taken of [path, link]) {
      const error = refusalOf(() => createKeystore({ path: taken, passphrase: PASSPHRASE }));
      expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID', details: { field: 'path' } });
    }
  });

  it('refuses a value that this module did not make', () => {
    const copy = { ...savedKeystore() };
    expect(refusalOf(() => saveKeystore(copy)).code).toBe('ERR_INTERNAL');
    expect(refusalOf(() => stateOf(copy)).code).toBe('ERR_INTERNAL');
  });
});

describe('public parts', () => {
  it('can be read without the passphrase', () => {
    const keystore = savedKeystore();
    const found = readKeystoreEntries(keystore.path);
    expect(found).toEqual({ protection: 'passphrase', entries: keystore.entries() });
  });

  it('can be exported as JSON', () => {
    const exported = JSON.parse(JSON.stringify(exportPublic(savedKeystore())));
    expect(exported[1]).toEqual({
      keyId: 'backup',
      publicKey: expect.stringMatching(/^0x[1-9a-f][0-9a-f]*$/),
      createdAt: '2026-01-31T12:00:00.000Z',
      messageKinds: ['outside-v2'],
      generation: 1,
      retired: false,
      successor: null,
    });
  });
});

describe('two writers', () => {
  it('the second is refused, and nothing of the first is lost', () => {
    const { path } = savedKeystore();
    const [one, two] = [open(path), open(path)];
    saveKeystore(addKey(one, { keyId: 'one', messageKinds: ['invoke-v1'] }));
    const late = addKey(two, { keyId: 'two', messageKinds: ['invoke-v1'] });
    expect(refusalOf(() => saveKeystore(late)).code).toBe('ERR_STORE_IN_USE');
    expect(ids(open(path))).toEqual(['agent', 'backup', 'one']);
  });

  it('the second of two that create is refused', () => {
    const path = keystorePath();
    const [one, two] = [1, 2].map(() =>
      createKeystore({ path, passphrase: PASSPHRASE, ...DEPS }),
    ) as [Keystore, Keystore];
    saveKeystore(one);
    expect(refusalOf(() => saveKeystore(two)).code).toBe('ERR_STORE_IN_USE');
  });

  it('one that comes while the other is writing is refused', () => {
    const { path } = savedKeystore();
    const rival = addKey(open(path), { keyId: 'rival', messageKinds: ['invoke-v1'] });
    let refusal: unknown;
    const renameSync: typeof nodeFs.renameSync = (from, to) => {
      refusal = refusalOf(() => saveKeystore(rival)).code;
      nodeFs.renameSync(from, to);
    };
    const files = { ...nodeFs, renameSync };
    const first = openKeystore({ path, passphrase: PASSPHRASE, ...DEPS, files });
    saveKeystore(addKey(first, { keyId: 'first', messageKinds: ['invoke-v1'] }));
    expect(refusal).toBe('ERR_STORE_IN_USE');
    expect(ids(open(path))).toEqual(['agent', 'backup', 'first']);
  });
});
