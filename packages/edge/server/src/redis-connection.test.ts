import { inspect } from 'node:util';
import { Secret } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { createRedisConnection } from './redis-connection.ts';

/** Nothing listens on port 1 of this machine. */
const NOWHERE = 'redis://user:hunter2-hunter2@127.0.0.1:1/0';

describe('the URL', () => {
  it.each([
    ['no URL', 'hunter2-hunter2'],
    ['another protocol', 'http://:hunter2-hunter2@127.0.0.1:6379'],
    ['no host', 'redis://'],
    ['an unknown path', 'redis://:hunter2-hunter2@127.0.0.1/zero'],
    ['a broken port', 'redis://:hunter2-hunter2@127.0.0.1:port'],
    ['broken percent encoding', 'redis://:hunter2-hunter2%zz@127.0.0.1'],
  ])('is refused with %s, and not repeated', (_name, url) => {
    let error: unknown;
    try {
      createRedisConnection({ url: new Secret(url) });
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      details: { setting: 'KEYRING_REDIS_URL' },
    });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2');
  });
});

describe('a connection without a Redis', () => {
  it('is made without waiting, says what is wrong, and refuses at once', async () => {
    const changes: string[] = [];
    const down = Promise.withResolvers<void>();
    const connection = createRedisConnection({
      url: new Secret(NOWHERE),
      onChange: (state, reason) => {
        changes.push(`${state} ${reason}`);
        down.resolve();
      },
    });
    expect(connection.ready).toBe(false);
    await expect(connection.send(['PING'])).rejects.toMatchObject({
      name: 'RedisFault',
      reason: 'connecting',
    });
    await down.promise;
    const fault = await connection.send(['PING']).catch((error: unknown) => error);
    expect(fault).toMatchObject({ reason: 'ECONNREFUSED' });
    expect(inspect([fault, connection, changes], { depth: 9, showHidden: true })).not.toContain(
      'hunter2',
    );
    await connection.close();
    expect(changes).toEqual(['down ECONNREFUSED']);
  });

  it('can be closed at once, and twice', async () => {
    const connection = createRedisConnection({ url: new Secret(NOWHERE) });
    await connection.close();
    await connection.close();
    await expect(connection.send(['PING'])).rejects.toMatchObject({ reason: 'closed' });
  });
});
