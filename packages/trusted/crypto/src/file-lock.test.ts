import { spawnSync } from 'node:child_process';
import * as nodeFs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { privateDirectory, refusalOf } from '../test/keystore-fixture.ts';
import { isProcessAlive, type LockDeps, withFileLock } from './file-lock.ts';

const deps = (pid: number, alive: readonly number[] = []): LockDeps => ({
  files: nodeFs,
  host: 'here',
  pid,
  isAlive: (other) => alive.includes(other),
});
const lockPath = (): string => join(privateDirectory(), 'x.lock');
const exists = (path: string): boolean =>
  nodeFs.lstatSync(path, { throwIfNoEntry: false }) !== undefined;

describe('lock', () => {
  it('is held during the body and gone afterwards', () => {
    const path = lockPath();
    const seen = withFileLock(path, deps(1), () => nodeFs.readlinkSync(path));
    expect(seen).toBe('1@here');
    expect(exists(path)).toBe(false);
  });

  it('is gone after the body threw', () => {
    const path = lockPath();
    const fail = (): never => {
      throw new Error('body');
    };
    expect(() => withFileLock(path, deps(1), fail)).toThrow('body');
    expect(exists(path)).toBe(false);
  });

  it('refuses a second holder, names the first, and leaves its lock', () => {
    const path = lockPath();
    withFileLock(path, deps(1), () => {
      const error = refusalOf(() => withFileLock(path, deps(2, [1]), () => 'in'));
      expect(error).toMatchObject({
        code: 'ERR_STORE_IN_USE',
        details: { path, holder: '1@here' },
      });
      expect(nodeFs.readlinkSync(path)).toBe('1@here');
    });
  });

  it('refuses a second holder in the same process', () => {
    const path = lockPath();
    withFileLock(path, deps(1, [1]), () => {
      const error = refusalOf(() => withFileLock(path, deps(1, [1]), () => 'in'));
      expect(error.code).toBe('ERR_STORE_IN_USE');
    });
  });

  it('passes on what the system says when no lock can be made', () => {
    const path = join(privateDirectory(), 'missing', 'x.lock');
    expect(() => withFileLock(path, deps(1), () => 'in')).toThrow('ENOENT');
  });
});

describe('stale lock', () => {
  it('is taken over when its process is gone', () => {
    const path = lockPath();
    nodeFs.symlinkSync('7@here', path);
    expect(withFileLock(path, deps(1), () => nodeFs.readlinkSync(path))).toBe('1@here');
    expect(exists(path)).toBe(false);
    expect(exists(`${path}.break`)).toBe(false);
  });

  it.each([
    ['of a live process', '7@here'],
    ['of another host', '8@there'],
    ['without a holder', 'nonsense'],
    ['of process zero', '0@here'],
  ])('is not assumed for a lock %s', (_, holder) => {
    const path = lockPath();
    nodeFs.symlinkSync(holder, path);
    const error = refusalOf(() => withFileLock(path, deps(1, [7]), () => 'in'));
    expect(error.code).toBe('ERR_STORE_IN_USE');
    expect(nodeFs.readlinkSync(path)).toBe(holder);
  });

  it('is not assumed for a file in its place', () => {
    const path = lockPath();
    nodeFs.writeFileSync(path, '7@here');
    const error = refusalOf(() => withFileLock(path, deps(1), () => 'in'));
    expect(error.details.holder).toBe('unknown');
    expect(exists(path)).toBe(true);
  });

  it('is left to whoever is already taking it over', () => {
    const path = lockPath();
    nodeFs.symlinkSync('7@here', path);
    nodeFs.symlinkSync('8@here', `${path}.break`);
    const error = refusalOf(() => withFileLock(path, deps(1), () => 'in'));
    expect(error.details).toMatchObject({ path: `${path}.break`, holder: '8@here' });
    expect(nodeFs.readlinkSync(path)).toBe('7@here');
  });

  it('is not removed when another process replaced it meanwhile', () => {
    const path = lockPath();
    nodeFs.symlinkSync('7@here', path);
    // The other one takes over between our look at the lock and our guard.
    const isAlive = (pid: number): boolean => {
      nodeFs.unlinkSync(path);
      nodeFs.symlinkSync('9@here', path);
      return pid !== 7;
    };
    const error = refusalOf(() => withFileLock(path, { ...deps(1), isAlive }, () => 'in'));
    expect(error.details.holder).toBe('9@here');
    expect(nodeFs.readlinkSync(path)).toBe('9@here');
  });
});

describe('life of a process', () => {
  it('tells this one from one that has ended', () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    expect(isProcessAlive(process.pid)).toBe(true);
    expect(isProcessAlive(pid)).toBe(false);
  });

  it('counts process 1, whoever owns it', () => {
    expect(isProcessAlive(1)).toBe(true);
  });
});
