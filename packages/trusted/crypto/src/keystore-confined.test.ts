/**
 * The keystore under Node's permission model, as the signer runs it: readable, not writable.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import * as nodeFs from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PASSPHRASE, savedKeystore } from '../test/keystore-fixture.ts';
import { openKeystore } from './keystore.ts';

const REPOSITORY = resolve(import.meta.dirname, '../../../..');
const hasPermissionModel = process.allowedNodeEnvironmentFlags.has('--permission');

/** Opens and saves in a process that may read the program, and read and write the data directory. */
function runConfined(path: string): Readonly<Record<string, unknown>> {
  const script = `
    import { Secret } from '@countersign/protocol';
    import { addKey, openKeystore, saveKeystore } from '@countersign/crypto/keystore';
    const [path, passphrase] = process.argv.slice(1);
    const opened = openKeystore({ path, passphrase: new Secret(passphrase) });
    const result = { publicKeys: opened.entries().map((entry) => String(entry.publicKey)) };
    try {
      saveKeystore(addKey(opened, { keyId: 'new', messageKinds: ['invoke-v1'] }));
    } catch (error) {
      Object.assign(result, { code: error.code, details: error.details });
    }
    console.log(JSON.stringify(result));
  `;
  const permissions = [
    '--permission',
    `--allow-fs-read=${REPOSITORY}`,
    `--allow-fs-read=${dirname(path)}`,
    `--allow-fs-write=${dirname(path)}`,
  ];
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...permissions, '--input-type=module', '-e', script, path, PASSPHRASE.reveal()],
    { cwd: resolve(import.meta.dirname, '..'), encoding: 'utf8' },
  );
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

describe.skipIf(!hasPermissionModel)('under the permission model', () => {
  it('opens, and refuses to save what it could not make durable', () => {
    const saved = savedKeystore();
    const before = nodeFs.readFileSync(saved.path);
    const result = runConfined(saved.path);
    expect(result).toMatchObject({
      publicKeys: saved.entries().map(({ publicKey }) => String(publicKey)),
      code: 'ERR_STORE_UNAVAILABLE',
      details: { reason: 'ERR_ACCESS_DENIED' },
    });
    expect(nodeFs.readFileSync(saved.path)).toEqual(before);
    expect(nodeFs.readdirSync(dirname(saved.path))).toEqual(['keystore.json']);
    expect(() => openKeystore({ path: saved.path, passphrase: PASSPHRASE })).not.toThrow();
  });
});
