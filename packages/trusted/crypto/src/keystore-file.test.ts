import { spawnSync } from 'node:child_process';
import * as nodeFs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { privateDirectory, refusalOf, tracedFiles } from '../test/keystore-fixture.ts';
import { NO_FILE, readPrivateFile, replacePrivateFile, revisionOf } from './keystore-file.ts';

const OLD = Buffer.from('old');
const NEW = Buffer.from('new');
const MAKE_PIPE = 'mkfifo';
const inDirectory = (): string => join(privateDirectory(), 'key file.json');
const written = (): string => {
  const path = inDirectory();
  replacePrivateFile(path, OLD, NO_FILE);
  return path;
};

describe('writing', () => {
  it('makes the file 0600 and its directories 0700', () => {
    const path = join(privateDirectory(), 'a', 'b', 'keys.json');
    replacePrivateFile(path, OLD, NO_FILE);
    const modes = [path, join(path, '..'), join(path, '..', '..')].map(
      (at) => nodeFs.statSync(at).mode & 0o7777,
    );
    expect(modes).toEqual([0o600, 0o700, 0o700]);
    expect(readPrivateFile(path)).toEqual(OLD);
  });

  it('replaces the content and leaves nothing else behind', () => {
    const path = written();
    expect(replacePrivateFile(path, NEW, revisionOf(OLD))).toBe(revisionOf(NEW));
    expect(readPrivateFile(path)).toEqual(NEW);
    expect(nodeFs.readdirSync(join(path, '..'))).toEqual(['key file.json']);
  });

  it('flushes the content before it renames, and the directory after', () => {
    const path = written();
    const { files, steps } = tracedFiles(() => 'work');
    replacePrivateFile(path, NEW, revisionOf(OLD), { files });
    const order = steps.filter((step) => /^(write|fsync|rename|symlink|unlink)/.test(step));
    expect(order).toEqual([
      expect.stringMatching(/^symlinkSync/),
      'writeFileSync fd',
      'fsyncSync fd',
      'renameSync key file.json.new',
      'fsyncSync fd',
      'unlinkSync key file.json.lock',
    ]);
  });

  it('flushes the parents of directories it made', () => {
    const path = join(privateDirectory(), 'a', 'b', 'keys.json');
    const { files, steps } = tracedFiles(() => 'work');
    replacePrivateFile(path, OLD, NO_FILE, { files });
    const before = steps.slice(
      0,
      steps.findIndex((step) => step.startsWith('symlinkSync')),
    );
    expect(before.filter((step) => step.startsWith('fsyncSync'))).toHaveLength(2);
    expect(before.find((step) => step.startsWith('openSync'))).toBe('openSync a');
  });

  it('removes what a crash left beside the file', () => {
    const path = written();
    nodeFs.writeFileSync(`${path}.new`, 'half a file', { mode: 0o644 });
    replacePrivateFile(path, NEW, revisionOf(OLD));
    expect(readPrivateFile(path)).toEqual(NEW);
  });

  it('does not follow a link put in the place of the second file', () => {
    const path = written();
    const victim = join(path, '..', 'victim');
    nodeFs.writeFileSync(victim, 'untouched');
    nodeFs.symlinkSync(victim, `${path}.new`);
    replacePrivateFile(path, NEW, revisionOf(OLD));
    expect(nodeFs.readFileSync(victim, 'utf8')).toBe('untouched');
    expect(nodeFs.lstatSync(path).isFile()).toBe(true);
  });

  it('refuses to write over a file that was changed meanwhile', () => {
    const path = written();
    const error = refusalOf(() => replacePrivateFile(path, NEW, revisionOf(NEW)));
    expect(error).toMatchObject({ code: 'ERR_STORE_IN_USE', details: { path } });
    expect(readPrivateFile(path)).toEqual(OLD);
  });

  it('refuses to write over a file where there should be none', () => {
    const path = written();
    expect(refusalOf(() => replacePrivateFile(path, NEW, NO_FILE)).code).toBe('ERR_STORE_IN_USE');
    expect(readPrivateFile(path)).toEqual(OLD);
  });

  it('refuses to bring back a file that was removed', () => {
    const path = written();
    nodeFs.unlinkSync(path);
    const error = refusalOf(() => replacePrivateFile(path, NEW, revisionOf(OLD)));
    expect(error.code).toBe('ERR_STORE_IN_USE');
    expect(nodeFs.existsSync(path)).toBe(false);
  });

  it('refuses while another writer holds the lock', () => {
    const path = written();
    nodeFs.symlinkSync('7@here', `${path}.lock`);
    const deps = { host: 'here', isAlive: () => true };
    const error = refusalOf(() => replacePrivateFile(path, NEW, revisionOf(OLD), deps));
    expect(error.code).toBe('ERR_STORE_IN_USE');
    expect(readPrivateFile(path)).toEqual(OLD);
  });

  it('refuses a directory that others can enter', () => {
    const path = written();
    nodeFs.chmodSync(join(path, '..'), 0o711);
    const error = refusalOf(() => replacePrivateFile(path, NEW, revisionOf(OLD)));
    expect(error.code).toBe('ERR_KEYSTORE_PERMISSIONS');
  });

  it('makes no file in a directory that others can enter', () => {
    const path = inDirectory();
    nodeFs.chmodSync(join(path, '..'), 0o750);
    const error = refusalOf(() => replacePrivateFile(path, NEW, NO_FILE));
    expect(error.code).toBe('ERR_KEYSTORE_PERMISSIONS');
    expect(nodeFs.readdirSync(join(path, '..'))).toEqual([]);
  });

  it.each([
    ['writeFileSync', 'write'],
    ['fsyncSync', 'write'],
    ['renameSync', 'rename'],
    ['symlinkSync', 'lock'],
    ['mkdirSync', 'make-directory'],
  ])('keeps the old content and cleans up when %s fails', (name, step) => {
    const path = written();
    const { files } = tracedFiles((_, at) => (at === name ? 'fail' : 'work'));
    const error = refusalOf(() => replacePrivateFile(path, NEW, revisionOf(OLD), { files }));
    expect(error).toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
      details: { path, step, reason: 'EIO' },
    });
    expect(readPrivateFile(path)).toEqual(OLD);
    expect(nodeFs.readdirSync(join(path, '..'))).toEqual(['key file.json']);
  });

  it('reports a directory that cannot be flushed, with the new content in place', () => {
    const path = written();
    let flushes = 0;
    const { files } = tracedFiles((_, at) => {
      if (at === 'fsyncSync') flushes += 1;
      return at === 'fsyncSync' && flushes === 2 ? 'fail' : 'work';
    });
    const error = refusalOf(() => replacePrivateFile(path, NEW, revisionOf(OLD), { files }));
    expect(error.details).toMatchObject({ step: 'flush-directory' });
    expect(readPrivateFile(path)).toEqual(NEW);
  });
});

describe('refusals to read', () => {
  it.each([0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666, 0o777])(
    'a file with mode %o',
    (mode) => {
      const path = written();
      nodeFs.chmodSync(path, mode);
      const error = refusalOf(() => readPrivateFile(path));
      expect(error).toMatchObject({
        code: 'ERR_KEYSTORE_PERMISSIONS',
        details: {
          path,
          reason: `its mode is 0${mode.toString(8)}, expected 0600`,
          run: `chmod 600 '${path}'`,
        },
      });
    },
  );

  it.each([0o750, 0o705, 0o720, 0o702, 0o711, 0o777, 0o1777])(
    'a directory with mode %o',
    (mode) => {
      const path = written();
      nodeFs.chmodSync(join(path, '..'), mode);
      const error = refusalOf(() => readPrivateFile(path));
      expect(error).toMatchObject({
        code: 'ERR_KEYSTORE_PERMISSIONS',
        details: { path: join(path, '..'), run: `chmod 700 ${join(path, '..')}` },
      });
    },
  );

  it('a symbolic link to a good file', () => {
    const path = written();
    const link = join(path, '..', 'link.json');
    nodeFs.symlinkSync(path, link);
    const error = refusalOf(() => readPrivateFile(link));
    expect(error).toMatchObject({
      code: 'ERR_KEYSTORE_PERMISSIONS',
      details: { path: link, reason: 'it is a symbolic link' },
    });
  });

  it('a link put there between the look and the opening', () => {
    const path = written();
    const real = join(path, '..', 'real.json');
    const openSync: typeof nodeFs.openSync = (at, flags, mode) => {
      nodeFs.renameSync(path, real);
      nodeFs.symlinkSync(real, path);
      return nodeFs.openSync(at, flags, mode);
    };
    const error = refusalOf(() => readPrivateFile(path, { files: { ...nodeFs, openSync } }));
    expect(error).toMatchObject({
      code: 'ERR_KEYSTORE_MALFORMED',
      details: { step: 'open', reason: 'ELOOP' },
    });
  });

  it('a readable file put there between the look and the opening', () => {
    const path = written();
    const openSync: typeof nodeFs.openSync = (at, flags, mode) => {
      nodeFs.unlinkSync(path);
      nodeFs.writeFileSync(path, 'other', { mode: 0o644 });
      return nodeFs.openSync(at, flags, mode);
    };
    const error = refusalOf(() => readPrivateFile(path, { files: { ...nodeFs, openSync } }));
    expect(error.code).toBe('ERR_KEYSTORE_PERMISSIONS');
  });

  it('a directory reached by a symbolic link', () => {
    const path = written();
    const link = join(privateDirectory(), 'data');
    nodeFs.symlinkSync(join(path, '..'), link);
    const error = refusalOf(() => readPrivateFile(join(link, 'key file.json')));
    expect(error).toMatchObject({ code: 'ERR_KEYSTORE_PERMISSIONS', details: { path: link } });
  });

  it('a file of another user', () => {
    const path = written();
    const own = process.geteuid?.() ?? 0;
    const geteuid = vi.spyOn(process, 'geteuid').mockReturnValue(own + 1);
    // Seen by a user who is not root; what root owns is accepted, so it must not be root's.
    const lstatSync = ((at: string) =>
      Object.assign(nodeFs.lstatSync(at), { uid: own + 2 })) as typeof nodeFs.lstatSync;
    const error = refusalOf(() => readPrivateFile(path, { files: { ...nodeFs, lstatSync } }));
    geteuid.mockRestore();
    expect(error).toMatchObject({
      code: 'ERR_KEYSTORE_PERMISSIONS',
      details: { path: join(path, '..'), reason: 'it belongs to another user' },
    });
  });

  it('any file where the system has no owners', () => {
    const path = written();
    const geteuid = vi.spyOn(process, 'geteuid').mockReturnValue(undefined as unknown as number);
    const error = refusalOf(() => readPrivateFile(path));
    geteuid.mockRestore();
    expect(error.code).toBe('ERR_KEYSTORE_PERMISSIONS');
  });

  it.each([
    ['no file', (path: string) => nodeFs.unlinkSync(path)],
    [
      'a directory',
      (path: string) => {
        nodeFs.unlinkSync(path);
        nodeFs.mkdirSync(path, { mode: 0o700 });
      },
    ],
    [
      'a pipe',
      (path: string) => {
        nodeFs.unlinkSync(path);
        spawnSync(MAKE_PIPE, ['-m', '600', path]);
      },
    ],
    ['a file above the limit', (path: string) => nodeFs.truncateSync(path, 1_048_577)],
  ])('%s', (_, change) => {
    const path = written();
    change(path);
    expect(refusalOf(() => readPrivateFile(path))).toMatchObject({
      code: 'ERR_KEYSTORE_MALFORMED',
      details: { field: 'file', path },
    });
  });

  it('a path below a file', () => {
    const error = refusalOf(() => readPrivateFile(join(written(), 'keys.json')));
    expect(error.code).toBe('ERR_KEYSTORE_MALFORMED');
  });

  it.each([
    ['lstatSync', 'look'],
    ['openSync', 'open'],
    ['fstatSync', 'look'],
    ['readFileSync', 'read'],
    ['closeSync', 'close'],
  ])('a file that the system does not give: %s fails', (name, step) => {
    const path = written();
    const { files } = tracedFiles((_, at) => (at === name ? 'fail' : 'work'));
    const error = refusalOf(() => readPrivateFile(path, { files }));
    expect(error).toMatchObject({
      code: 'ERR_KEYSTORE_MALFORMED',
      details: { path, step, reason: 'EIO' },
    });
  });
});
