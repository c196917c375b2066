import { BoundaryError, isBoundaryError } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import type { Answer, Connection } from './connection.ts';
import { createLink, type Link } from './link.ts';
import { unavailable } from './postgres-error.ts';

const NOTHING: Answer = { rows: [], command: 'X' };

/** A connection that notes what is sent. */
class FakeConnection implements Connection {
  isOpen = true;
  readonly sent: string[] = [];
  readonly #broken: PromiseWithResolvers<never> = Promise.withResolvers();

  constructor() {
    this.#broken.promise.catch(() => undefined);
  }

  send(text: string): Promise<Answer> {
    if (!this.isOpen) return Promise.reject(unavailable('lost'));
    this.sent.push(text);
    return text === 'never' ? this.#broken.promise : Promise.resolve(NOTHING);
  }

  destroy(): void {
    this.isOpen = false;
    this.#broken.reject(unavailable('lost'));
  }
}

interface World {
  readonly link: Link;
  readonly opened: FakeConnection[];
  /** Whether the store can be reached. */
  up: boolean;
}

function world(deadlineMs = 50): World {
  const opened: FakeConnection[] = [];
  const state = { up: true };
  const link = createLink(async () => {
    if (!state.up) throw unavailable('down');
    const connection = new FakeConnection();
    opened.push(connection);
    return connection;
  }, deadlineMs);
  return Object.assign(state, { link, opened });
}

const codeOf = (running: Promise<unknown>): Promise<unknown> =>
  running.then(
    () => 'done',
    (error: unknown) => (isBoundaryError(error) ? error.code : error),
  );

describe('work on a link', () => {
  it('comes one after the other', async () => {
    const { link } = world();
    const happened: string[] = [];
    const work = (name: string) => async () => {
      happened.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      happened.push(`${name} ends`);
    };
    await Promise.all([link.run(work('a')), link.run(work('b'))]);
    expect(happened).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('that fails leaves no transaction open, and the connection to the next', async () => {
    const { link, opened } = world();
    const failing = link.run(async () => {
      throw new BoundaryError('ERR_CLOCK_BEHIND');
    });
    expect(await codeOf(failing)).toBe('ERR_CLOCK_BEHIND');
    await link.run((connection) => connection.send('next'));
    expect(opened.map(({ sent }) => sent)).toEqual([['ROLLBACK', 'next']]);
  });

  it('that makes a mistake is an internal fault', async () => {
    const { link } = world();
    const failing = link.run(async () => {
      throw new TypeError('a mistake');
    });
    expect(await codeOf(failing)).toBe('ERR_INTERNAL');
  });

  it('that is not answered is given up with its connection; the next gets another', async () => {
    const { link, opened } = world(20);
    expect(await codeOf(link.run((one) => one.send('never')))).toBe('ERR_STORE_UNAVAILABLE');
    expect(await codeOf(link.run((one) => one.send('next')))).toBe('done');
    expect(opened.map(({ sent }) => sent)).toEqual([['never'], ['next']]);
  });

  it('is refused at once while a store that was not reached rests, and goes on after that', async () => {
    const w = world();
    w.up = false;
    expect(await codeOf(w.link.run(async () => undefined))).toBe('ERR_STORE_UNAVAILABLE');
    w.up = true;
    expect(await codeOf(w.link.run(async () => undefined))).toBe('ERR_STORE_UNAVAILABLE');
    expect(w.opened).toHaveLength(0);
    await expect
      .poll(() => codeOf(w.link.run(async () => undefined)), { interval: 10, timeout: 2_000 })
      .toBe('done');
  });

  it('is refused once the link is closed', async () => {
    const { link, opened } = world();
    await link.run((one) => one.send('x'));
    link.close();
    expect(await codeOf(link.run((one) => one.send('y')))).toBe('ERR_STORE_UNAVAILABLE');
    expect(opened[0]?.isOpen).toBe(false);
  });
});
