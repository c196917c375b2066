/**
 * A file system of a few MiB in memory, mounted for one test. Needs the right to mount.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const SIZE_MIB = 4;

export interface SmallDisk {
  /** A private directory on it. */
  readonly dataDir: string;
  /** Takes away all free space. */
  fill(): void;
  /** Gives it back. */
  free(): void;
  /** Forbids or allows writing. @returns Whether that worked: nobody may have a file open for writing. */
  setReadOnly(isReadOnly: boolean): boolean;
}

/** Mounts a fresh one until the test has finished. */
export function mountSmallDisk(): SmallDisk {
  const place = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-disk-')));
  if (!mount(place)) throw new Error('mounting was refused');
  onTestFinished(() => {
    unmount(place);
    rmSync(place, { recursive: true, force: true });
  });
  const dataDir = join(place, 'data');
  const ballast = join(place, 'ballast');
  mkdirSync(dataDir, { mode: 0o700 });
  return {
    dataDir,
    fill: () => {
      const { bavail, bsize } = statfsSync(place);
      writeFileSync(ballast, new Uint8Array(bavail * bsize));
    },
    free: () => rmSync(ballast),
    setReadOnly: (isReadOnly) => run('mount', ['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, place]),
  };
}

/** Whether this process may mount at all. */
export function canMount(): boolean {
  const place = mkdtempSync(join(tmpdir(), 'countersign-disk-'));
  const isMounted = mount(place);
  if (isMounted) unmount(place);
  rmSync(place, { recursive: true, force: true });
  return isMounted;
}

function mount(place: string): boolean {
  return run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MIB}m,mode=700`, 'none', place]);
}

function unmount(place: string): void {
  run('umount', ['--lazy', place]);
}

function run(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
