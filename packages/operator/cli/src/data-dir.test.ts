import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultKeyringDir, prepareDataDir } from './data-dir.ts';

let dir = '';

beforeEach(() => {
  dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'countersign-data-dir-')));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});

describe('defaultKeyringDir', () => {
  it('is one per address, below the state directory', () => {
    vi.stubEnv('XDG_STATE_HOME', '/state');
    expect(defaultKeyringDir('127.0.0.1', 8545)).toBe('/state/countersign/keyring/127.0.0.1-8545');
    expect(defaultKeyringDir('127.0.0.1', 8546)).toBe('/state/countersign/keyring/127.0.0.1-8546');
  });

  it.each(['', undefined])('lies in the home directory when XDG_STATE_HOME is %j', (value) => {
    vi.stubEnv('XDG_STATE_HOME', value);
    expect(defaultKeyringDir('h', 1)).toBe(
      path.join(homedir(), '.local/state/countersign/keyring/h-1'),
    );
  });

  it('stays inside it whatever the host is called', () => {
    vi.stubEnv('XDG_STATE_HOME', '/state');
    for (const host of ['../../etc', '/', '::1', '..', 'a b', 'é']) {
      expect(path.dirname(defaultKeyringDir(host, 1))).toBe('/state/countersign/keyring');
    }
  });
});

describe('prepareDataDir', () => {
  it('makes a directory for its owner alone, parents too', () => {
    const made = prepareDataDir(path.join(dir, 'a/b'));
    expect(made).toBe(path.join(dir, 'a/b'));
    expect(statSync(made).mode & 0o777).toBe(0o700);
    expect(statSync(path.dirname(made)).mode & 0o777).toBe(0o700);
  });

  it('takes one that is there as it is', () => {
    const there = path.join(dir, 'there');
    mkdirSync(there);
    chmodSync(there, 0o750);
    expect(prepareDataDir(there)).toBe(there);
    expect(statSync(there).mode & 0o777).toBe(0o750);
  });

  it('returns where a link leads', () => {
    mkdirSync(path.join(dir, 'real'));
    symlinkSync(path.join(dir, 'real'), path.join(dir, 'link'));
    expect(prepareDataDir(path.join(dir, 'link'))).toBe(path.join(dir, 'real'));
  });

  it('says why one cannot be made, and what to do', () => {
    writeFileSync(path.join(dir, 'file'), '');
    expect(() => prepareDataDir(path.join(dir, 'file/x'))).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG_INVALID',
        details: {
          field: 'data directory',
          reason: 'ENOTDIR',
          expected: expect.stringContaining('choose one with --data-dir'),
        },
      }),
    );
  });
});
