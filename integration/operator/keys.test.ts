/**
 * `countersign keys`, as an operator uses it: rotation and its undoing, another passphrase.
 *
 * @module
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCountersign, temporaryDirectory } from '@countersign/testing-keyring-process';
import { describe, expect, it } from 'vitest';
import { beAPatientFile } from '../crash/patience.ts';

beAPatientFile();

interface Listed {
  readonly ok: boolean;
  readonly code?: string;
  readonly keys: readonly {
    readonly keyId: string;
    readonly publicKey: string;
    readonly retired: boolean;
  }[];
}

const FIRST = 'first passphrase';
const NEXT = 'next passphrase';

/** A data directory and the commands on it, each answered with its status and its JSON. */
function createWorkplace() {
  const directory = temporaryDirectory();
  const dataDir = join(directory, 'data');
  writeFileSync(join(directory, 'next'), `${NEXT}\n`);
  return {
    async keys(passphrase: string, ...args: readonly string[]) {
      const { status, stdout } = await runCountersign({
        args: ['keys', ...args, '--data-dir', dataDir, '--json'],
        env: { COUNTERSIGN_PASSPHRASE: passphrase },
        cwd: directory,
      });
      return { status, ...(JSON.parse(stdout) as Listed) };
    },
  };
}

const activeKey = ({ keys }: Listed): string | undefined =>
  keys.find(({ retired }) => !retired)?.publicKey;

describe('countersign keys', () => {
  it('rotates a key, and takes the rotation back', async () => {
    const { keys } = createWorkplace();
    const first = activeKey(await keys(FIRST, 'add', 'trading'));
    const rotated = await keys(FIRST, 'rotate', 'trading');
    expect(activeKey(rotated)).not.toBe(first);
    const restored = await keys(FIRST, 'restore', 'trading@1');
    expect(restored.status).toBe(0);
    expect(activeKey(restored)).toBe(first);
    expect(restored.keys.map(({ retired }) => retired).filter(Boolean).length).toBe(1);
  });

  it('restores no key that was never there', async () => {
    const { keys } = createWorkplace();
    await keys(FIRST, 'add', 'trading');
    const { status, code } = await keys(FIRST, 'restore', 'trading@1');
    expect([status, code]).toEqual([3, 'ERR_POLICY_KEY_UNKNOWN']);
  });

  it('changes the passphrase: the keys stay, the older one opens nothing', async () => {
    const { keys } = createWorkplace();
    const before = activeKey(await keys(FIRST, 'add', 'trading'));
    const changed = await keys(FIRST, 'passphrase', '--new-passphrase-file', 'next');
    expect([changed.status, activeKey(changed)]).toEqual([0, before]);
    expect((await keys(FIRST, 'rotate', 'trading')).code).toBe('ERR_KEYSTORE_LOCKED');
    expect((await keys(NEXT, 'rotate', 'trading')).status).toBe(0);
    // Asked again, as after a run that was cut short: nothing is lost.
    expect((await keys(FIRST, 'passphrase', '--new-passphrase-file', 'next')).status).toBe(0);
  });

  it('does not change a passphrase for one that cannot be read', async () => {
    const { keys } = createWorkplace();
    await keys(FIRST, 'add', 'trading');
    const { status, code } = await keys(FIRST, 'passphrase', '--new-passphrase-file', 'absent');
    expect([status, code]).toEqual([2, 'ERR_CONFIG_INVALID']);
    expect((await keys(FIRST, 'rotate', 'trading')).status).toBe(0);
  });
});
