/**
 * Disks that fill up, stop writing or lie: a write is whole or it was not, and the next one works.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bytesOf,
  codeOf,
  createTestClock,
  decisionOf,
  errorOf,
  ioError,
  newDataDir,
  openInside,
  openTestLedger,
  provenEntries,
  withCommit,
} from '../test/harness.ts';
import type { Ledger } from './ledger.ts';

/** A directory with a ledger of one decision, `allow a`, closed. */
const prepared = (): string => {
  const dataDir = newDataDir();
  const ledger = openTestLedger(dataDir);
  ledger.commit([decisionOf('a')]);
  ledger.close();
  return dataDir;
};

const bulk = (id: string) => ({ ...decisionOf(id), entryOf: () => new Uint8Array(60_000) });

/** Asserts that `fail` left no trace in memory or on disk: same answers, no nonce used up. */
const expectNoTrace = (ledger: Ledger, ids: readonly string[], fail: () => unknown) => {
  const before = [ledger.checkpoint(), ledger.size(), provenEntries(ledger)];
  const error = errorOf(fail);
  expect([ledger.checkpoint(), ledger.size(), provenEntries(ledger)]).toEqual(before);
  expect(ledger.status()).toMatchObject({ writable: false, lastErrorCode: error.code });
  return {
    error,
    afterwards: () => {
      expect(ledger.commit(ids.map((id) => decisionOf(id))).map(({ fresh }) => fresh)).toEqual(
        ids.map(() => true),
      );
      expect(ledger.status().writable).toBe(true);
      expect(ledger.status().lastErrorCode).toBeUndefined();
    },
  };
};

describe('a full database', () => {
  it('refuses, keeps everything, and works again when there is room', () => {
    const dataDir = prepared();
    const { ledger, db } = openInside(dataDir);
    const { page_count: pages } = db.prepare('PRAGMA page_count').get() ?? {};
    db.exec(`PRAGMA max_page_count = ${Number(pages) + 3}`);
    const { error, afterwards } = expectNoTrace(ledger, ['b', 'c'], () =>
      ledger.commit([bulk('b'), bulk('c')]),
    );
    expect(error.code).toBe('ERR_STORE_UNAVAILABLE');
    expect(error.details).toEqual({ reason: 'there is no space left' });
    expect(error.cause).toBeInstanceOf(Error);
    db.exec('PRAGMA max_page_count = 1000000');
    afterwards();
    expect(provenEntries(ledger)).toEqual(['allow a', 'allow b', 'allow c']);
    ledger.close();
    expect(provenEntries(openTestLedger(dataDir))).toEqual(['allow a', 'allow b', 'allow c']);
  });

  it('refuses again and again without wearing out', () => {
    const { ledger, db } = openInside(prepared());
    const { page_count: pages } = db.prepare('PRAGMA page_count').get() ?? {};
    db.exec(`PRAGMA max_page_count = ${Number(pages) + 3}`);
    for (let attempt = 0; attempt < 20; attempt += 1) {
      expect(codeOf(() => ledger.commit([bulk('b')]))).toBe('ERR_STORE_UNAVAILABLE');
    }
    db.exec('PRAGMA max_page_count = 1000000');
    expect(ledger.commit([decisionOf('b')])[0]?.fresh).toBe(true);
  });
});

describe('a database that can only be read', () => {
  it('refuses, keeps everything, and works again afterwards', () => {
    const { ledger, db } = openInside(prepared());
    db.exec('PRAGMA query_only = ON');
    const { error, afterwards } = expectNoTrace(ledger, ['b'], () =>
      ledger.commit([decisionOf('b')]),
    );
    expect(error.code).toBe('ERR_STORE_UNAVAILABLE');
    expect(codeOf(() => ledger.append([bytesOf('note')]))).toBe('ERR_STORE_UNAVAILABLE');
    db.exec('PRAGMA query_only = OFF');
    afterwards();
  });
});

describe('a database held by somebody else', () => {
  it('refuses after waiting, and works again when it is free', () => {
    const dataDir = prepared();
    const { ledger } = openInside(dataDir);
    const other = new DatabaseSync(join(dataDir, 'ledger.db'));
    other.exec('BEGIN IMMEDIATE');
    const { error, afterwards } = expectNoTrace(ledger, ['b'], () =>
      ledger.commit([decisionOf('b')]),
    );
    expect(error.details.reason).toMatch(/another process/);
    other.exec('ROLLBACK');
    other.close();
    afterwards();
  });

  it('is found out when somebody else has written to it', () => {
    const dataDir = prepared();
    const { ledger } = openInside(dataDir);
    const other = new DatabaseSync(join(dataDir, 'ledger.db'));
    other.exec("INSERT INTO log_entries (idx, entry) VALUES (1, x'00')");
    other.close();
    expect(codeOf(() => ledger.commit([decisionOf('b')]))).toBe('ERR_INTERNAL');
    expect(provenEntries(ledger)).toEqual(['allow a']);
  });
});

const breaking = (commit: (statement: StatementSync) => void) => (db: DatabaseSync) =>
  withCommit(db, commit);

describe('a COMMIT that fails', () => {
  it('before anything was written: the transaction is gone', () => {
    let isBroken = true;
    const wrap = breaking((statement) => {
      if (isBroken) throw ioError();
      statement.run();
    });
    const { ledger } = openInside(prepared(), { wrap });
    const { afterwards } = expectNoTrace(ledger, ['b'], () => ledger.commit([decisionOf('b')]));
    isBroken = false;
    afterwards();
    expect(provenEntries(ledger)).toEqual(['allow a', 'allow b']);
  });

  it('after everything was written: the next write goes on behind it', () => {
    const dataDir = prepared();
    let isBroken = true;
    const wrap = breaking((statement) => {
      statement.run();
      if (isBroken) throw ioError();
    });
    const { ledger } = openInside(dataDir, { wrap });
    expect(codeOf(() => ledger.commit([decisionOf('b')]))).toBe('ERR_STORE_UNAVAILABLE');
    expect(provenEntries(ledger)).toEqual(['allow a']);
    isBroken = false;
    const results = ledger.commit([decisionOf('b'), decisionOf('c')]);
    expect(results.map(({ fresh, index }) => [fresh, index])).toEqual([
      [false, 2],
      [true, 3],
    ]);
    expect(provenEntries(ledger)).toEqual(['allow a', 'allow b', 'deny b', 'allow c']);
    ledger.close();
    expect(openTestLedger(dataDir).size()).toBe(4);
  });

  it('and something else is on disk: the ledger closes for good', () => {
    const dataDir = prepared();
    const wrap = breaking(() => {
      throw ioError();
    });
    const { ledger, db } = openInside(dataDir, { wrap });
    expect(codeOf(() => ledger.commit([decisionOf('b')]))).toBe('ERR_STORE_UNAVAILABLE');
    db.exec('DELETE FROM checkpoints WHERE size = 1');
    expect(codeOf(() => ledger.commit([decisionOf('b')]))).toBe('ERR_STORE_CORRUPT');
    expect(codeOf(() => ledger.append([bytesOf('note')]))).toBe('ERR_STORE_CORRUPT');
    expect(codeOf(() => ledger.entry(0))).toBe('ERR_STORE_CORRUPT');
  });
});

describe('a ROLLBACK that fails', () => {
  it('is made up for by the next write', () => {
    const { ledger, db } = openInside(prepared(), {
      wrap: breaking(() => {
        throw ioError();
      }),
    });
    expect(codeOf(() => ledger.commit([decisionOf('b')]))).toBe('ERR_STORE_UNAVAILABLE');
    db.exec('BEGIN IMMEDIATE');
    expect(codeOf(() => ledger.commit([decisionOf('b')]))).toBe('ERR_STORE_UNAVAILABLE');
    expect(db.isTransaction).toBe(false);
  });
});

describe('a probe', () => {
  /** A ledger whose last commit failed because the database could only be read. */
  const failed = () => {
    const clock = createTestClock();
    const { ledger, db } = openInside(prepared(), { clock });
    db.exec('PRAGMA query_only = ON');
    expect(codeOf(() => ledger.commit([decisionOf('b')]))).toBe('ERR_STORE_UNAVAILABLE');
    return { ledger, db, clock };
  };

  it('fails while writing does, and finds out when it works again', () => {
    const { ledger, db } = failed();
    const before = [ledger.checkpoint(), ledger.size(), provenEntries(ledger)];
    expect(ledger.probe()).toMatchObject({
      writable: false,
      lastErrorCode: 'ERR_STORE_UNAVAILABLE',
    });
    db.exec('PRAGMA query_only = OFF');
    expect(ledger.status().writable).toBe(false);
    expect(ledger.probe()).toMatchObject({ writable: true });
    expect(ledger.status()).toEqual(ledger.probe());
    expect([ledger.checkpoint(), ledger.size(), provenEntries(ledger)]).toEqual(before);
    expect(db.isTransaction).toBe(false);
    expect(ledger.commit([decisionOf('b')])[0]?.fresh).toBe(true);
  });

  it('writes to the disk', () => {
    const { ledger, db } = failed();
    db.exec('PRAGMA query_only = OFF');
    const frames = () => db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get()?.log;
    const before = Number(frames());
    ledger.probe();
    expect(Number(frames())).toBe(before === 0 ? 1 : before + 1);
  });

  it('asks the clock as a commit does', () => {
    const { ledger, db, clock } = failed();
    db.exec('PRAGMA query_only = OFF');
    clock.advance(-60_000);
    expect(ledger.probe()).toMatchObject({ writable: false, lastErrorCode: 'ERR_CLOCK_BEHIND' });
    clock.advance(60_000);
    expect(ledger.probe().writable).toBe(true);
  });

  it('does nothing while all is well, after damage, and when closed', () => {
    const dataDir = prepared();
    const { ledger, db } = openInside(dataDir, {
      wrap: breaking(() => {
        throw ioError();
      }),
    });
    expect(ledger.probe().writable).toBe(true);
    expect(codeOf(() => ledger.commit([decisionOf('b')]))).toBe('ERR_STORE_UNAVAILABLE');
    db.exec("UPDATE checkpoints SET note = 'another' WHERE size = 1");
    expect(ledger.probe().lastErrorCode).toBe('ERR_STORE_CORRUPT');
    expect(ledger.probe().lastErrorCode).toBe('ERR_STORE_CORRUPT');
    ledger.close();
    expect(ledger.probe().writable).toBe(false);
  });
});

describe('a clock that fails', () => {
  it('writes nothing', () => {
    const clock = createTestClock();
    const { ledger } = openInside(prepared(), { clock });
    clock.set(Number.NaN);
    const { afterwards } = expectNoTrace(ledger, ['b'], () => ledger.commit([decisionOf('b')]));
    clock.set(createTestClock().nowMs());
    afterwards();
  });
});

const MIB = 1024 * 1024;

/** Mounts a small file system in memory at `path`; needs root. */
const mount = (path: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${4 * MIB},mode=700`, 'none', path]).status === 0;

const unmount = (path: string) => spawnSync('umount', ['--lazy', path]);

const canMount = (() => {
  const path = mkdtempSync(join(tmpdir(), 'countersign-mount-'));
  const isMounted = mount(path);
  if (isMounted) unmount(path);
  rmSync(path, { recursive: true, force: true });
  return isMounted;
})();

describe.skipIf(!canMount)(
  'a real file system of 4 MiB (skipped where mounting is refused)',
  () => {
    let parent = '';
    let dataDir = '';
    let ballast = '';

    beforeAll(() => {
      parent = mkdtempSync(join(tmpdir(), 'countersign-full-'));
      expect(mount(parent)).toBe(true);
      dataDir = join(parent, 'data');
      ballast = join(parent, 'ballast');
    });

    afterAll(() => {
      unmount(parent);
      rmSync(parent, { recursive: true, force: true });
    });

    /** Takes away all but `leaveBytes` of the free space. */
    const fill = (leaveBytes: number) => {
      const { bavail, bsize } = statfsSync(parent);
      writeFileSync(ballast, new Uint8Array(Math.max(0, bavail * bsize - leaveBytes)));
    };

    const commitOnce = (path: string) => {
      const ledger = openTestLedger(path);
      try {
        ledger.commit([bulk('b')]);
      } finally {
        ledger.close();
      }
    };

    it('that is full refuses, keeps everything, and works again when there is space', () => {
      const ledger = openTestLedger(dataDir);
      ledger.commit([decisionOf('a')]);
      for (const leaveBytes of [0, 4_096, 40_960]) {
        fill(leaveBytes);
        const id = `left ${leaveBytes}`;
        const { error, afterwards } = expectNoTrace(ledger, [id], () => ledger.commit([bulk(id)]));
        expect(error.code).toBe('ERR_STORE_UNAVAILABLE');
        expect(JSON.stringify(error.details)).not.toContain(parent);
        rmSync(ballast);
        afterwards();
      }
      const entries = provenEntries(ledger);
      expect(entries.length).toBe(4);
      ledger.close();
      expect(provenEntries(openTestLedger(dataDir))).toEqual(entries);
    });

    it('that is full shows in a probe, and so does the space', () => {
      rmSync(dataDir, { recursive: true, force: true });
      const ledger = openTestLedger(dataDir);
      fill(0);
      expect(codeOf(() => ledger.commit([bulk('b')]))).toBe('ERR_STORE_UNAVAILABLE');
      expect(ledger.probe().writable).toBe(false);
      rmSync(ballast);
      expect(ledger.probe().writable).toBe(true);
      expect(ledger.size()).toBe(0);
    });

    it('that is full when the signer starts refuses with the reason', () => {
      rmSync(dataDir, { recursive: true, force: true });
      fill(8_192);
      const error = errorOf(() => openTestLedger(dataDir));
      expect(error.code).toBe('ERR_STORE_UNAVAILABLE');
      rmSync(ballast);
      expect(openTestLedger(dataDir).commit([decisionOf('a')])[0]?.fresh).toBe(true);
    });

    it('that is full during a crash and restart loses nothing', () => {
      rmSync(dataDir, { recursive: true, force: true });
      const first = openTestLedger(dataDir);
      first.commit([decisionOf('a')]);
      fill(0);
      expect(codeOf(() => first.commit([bulk('b')]))).toBe('ERR_STORE_UNAVAILABLE');
      first.close();
      expect(codeOf(() => commitOnce(dataDir))).toBe('ERR_STORE_UNAVAILABLE');
      rmSync(ballast);
      const second = openTestLedger(dataDir);
      expect(second.commit([decisionOf('a')])[0]?.fresh).toBe(false);
    });

    it('that is mounted read-only refuses to open and changes nothing', () => {
      rmSync(dataDir, { recursive: true, force: true });
      const ledger = openTestLedger(dataDir);
      ledger.commit([decisionOf('a')]);
      ledger.close();
      const view = join(parent, 'view');
      mkdirSync(view, { mode: 0o700 });
      expect(spawnSync('mount', ['--bind', dataDir, view]).status).toBe(0);
      expect(spawnSync('mount', ['-o', 'remount,bind,ro', view]).status).toBe(0);
      const error = errorOf(() => openTestLedger(view));
      unmount(view);
      expect(error.code).toBe('ERR_STORE_UNAVAILABLE');
      expect(provenEntries(openTestLedger(dataDir))).toEqual(['allow a']);
    });
  },
);
