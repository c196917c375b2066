/**
 * The mark of acknowledged commits, and private files in general.
 *
 * @module
 */

import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeOf, errorOf, newDataDir } from '../test/harness.ts';
import { openAcknowledgedMark, readAcknowledged } from './acknowledged-mark.ts';
import { createPrivateFile, replacePrivateFile } from './private-file.ts';

const newDir = (): string => {
  const dir = newDataDir();
  mkdirSync(dir, { mode: 0o700 });
  return dir;
};

describe('the mark', () => {
  it('is read as it was written last', () => {
    const path = join(newDir(), 'acknowledged');
    expect(readAcknowledged(path)).toBeUndefined();
    const mark = openAcknowledgedMark(path, 3);
    expect(readAcknowledged(path)).toBe(3);
    for (const size of [4, 12, 99_999, Number.MAX_SAFE_INTEGER, 5]) {
      mark.write(size);
      expect(readAcknowledged(path)).toBe(size);
    }
    expect(statSync(path).size).toBe(21);
    mark.close();
  });

  it('is not written once closed, when its descriptor may belong to another file', () => {
    const path = join(newDir(), 'acknowledged');
    const mark = openAcknowledgedMark(path, 3);
    mark.close();
    const other = openSync(`${path}-other`, 'w+');
    mark.write(4);
    mark.close();
    expect(readAcknowledged(path)).toBe(3);
    expect(fstatSync(other).size).toBe(0);
    closeSync(other);
  });
});

describe('a private file', () => {
  it('is replaced whole, with private permissions', () => {
    const path = join(newDir(), 'file');
    writeFileSync(path, 'old', { mode: 0o644 });
    replacePrivateFile(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('keeps its old content when it cannot be replaced', () => {
    const dir = newDir();
    const path = join(dir, 'file');
    writeFileSync(path, 'old');
    mkdirSync(`${path}.new`);
    const error = errorOf(() => replacePrivateFile(path, 'new'));
    expect(error.code).toBe('ERR_STORE_UNAVAILABLE');
    expect(JSON.stringify(error.details)).not.toContain(dir);
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  it('leaves nothing behind when its name is taken by a directory', () => {
    const dir = newDir();
    mkdirSync(join(dir, 'file'));
    expect(codeOf(() => replacePrivateFile(join(dir, 'file'), 'new'))).toBe(
      'ERR_STORE_UNAVAILABLE',
    );
    expect(readdirSync(dir)).toEqual(['file']);
  });

  it('is created empty once and then left alone', () => {
    const dir = newDir();
    const path = join(dir, 'file');
    createPrivateFile(path);
    writeFileSync(path, 'content');
    createPrivateFile(path);
    expect(readFileSync(path, 'utf8')).toBe('content');
    expect(codeOf(() => createPrivateFile(join(dir, 'missing', 'file')))).toBe(
      'ERR_STORE_UNAVAILABLE',
    );
  });
});
