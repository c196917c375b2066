import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newDataDir } from '../test/harness.ts';
import { createCheckpointFile } from './checkpoint-file.ts';

const INTERVAL_MS = 200;

const newPath = (): string => {
  const dir = newDataDir();
  mkdirSync(dir, { mode: 0o700 });
  return join(dir, 'checkpoint');
};

const contentOf = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);

/** Lets file operations under way come to their end; timers stand still meanwhile. */
const settle = async (isDone: () => boolean) => {
  for (let turn = 0; turn < 100_000 && !isDone(); turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(isDone()).toBe(true);
};

const hasNoTemporary = (path: string) => () =>
  readdirSync(dirname(path)).every((name) => name === 'checkpoint');

describe('the checkpoint file', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is written after the interval, private, and not before', async () => {
    const path = newPath();
    const file = createCheckpointFile(path);
    file.offer('one');
    vi.advanceTimersByTime(INTERVAL_MS - 1);
    expect(readdirSync(dirname(path))).toEqual([]);
    vi.advanceTimersByTime(1);
    await settle(() => contentOf(path) === 'one');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(path))).toEqual(['checkpoint']);
    file.close();
  });

  it('takes the newest of many offers, with one write', async () => {
    const path = newPath();
    const file = createCheckpointFile(path);
    for (let at = 0; at < 1_000; at += 1) file.offer(`${at}`);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(INTERVAL_MS);
    await settle(() => contentOf(path) === '999');
    expect(vi.getTimerCount()).toBe(0);
    file.close();
  });

  it('waits for a write under way and the interval before the next', async () => {
    const path = newPath();
    const file = createCheckpointFile(path);
    file.offer('one');
    vi.advanceTimersByTime(INTERVAL_MS);
    file.offer('two');
    expect(vi.getTimerCount()).toBe(0);
    await settle(() => vi.getTimerCount() === 1);
    expect(contentOf(path)).toBe('one');
    vi.advanceTimersByTime(INTERVAL_MS);
    await settle(() => contentOf(path) === 'two');
    file.close();
  });

  it('writes what is waiting when it closes', () => {
    const path = newPath();
    const file = createCheckpointFile(path);
    file.offer('one');
    file.close();
    expect(contentOf(path)).toBe('one');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not let a write under way replace the last one', async () => {
    const path = newPath();
    const file = createCheckpointFile(path);
    file.offer('one');
    vi.advanceTimersByTime(INTERVAL_MS);
    file.offer('two');
    file.close();
    await settle(hasNoTemporary(path));
    expect(contentOf(path)).toBe('two');
  });

  it('keeps what a write under way was about when it closes', async () => {
    const path = newPath();
    const file = createCheckpointFile(path);
    file.offer('one');
    vi.advanceTimersByTime(INTERVAL_MS);
    file.close();
    expect(contentOf(path)).toBe('one');
    await settle(hasNoTemporary(path));
    expect(contentOf(path)).toBe('one');
  });

  it('is silent when it cannot be written, and tries again', async () => {
    const path = newPath();
    mkdirSync(`${path}.next`);
    const file = createCheckpointFile(path);
    file.offer('one');
    vi.advanceTimersByTime(INTERVAL_MS);
    file.offer('two');
    await settle(() => vi.getTimerCount() === 1);
    expect(contentOf(path)).toBeUndefined();
    mkdirSync(`${path}.new`);
    file.close();
    expect(contentOf(path)).toBeUndefined();
  });

  it('writes nothing after it was closed', () => {
    const path = newPath();
    const file = createCheckpointFile(path);
    file.close();
    file.offer('one');
    file.close();
    vi.advanceTimersByTime(INTERVAL_MS);
    expect(readdirSync(dirname(path))).toEqual([]);
  });
});
