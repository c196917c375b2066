import { inspect } from 'node:util';
import { Secret } from '@countersign/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createRedisConnection,
  type RedisConnectionOptions,
} from '../../packages/edge/server/src/redis-connection.ts';
import {
  type RedisServer,
  startRedisServer,
} from '../../packages/testing/redis-server/src/redis-server.ts';
import { eventually } from './eventually.ts';
import { describeWithRedis, describeWithRedisTls } from './when-redis.ts';

const PASSWORD = 'correct horse/battery@staple';

/** Opens a connection and keeps a record of what it says. */
function watched(options: RedisConnectionOptions) {
  const changes: string[] = [];
  const connection = createRedisConnection({
    ...options,
    onChange: (state, reason) => changes.push(`${state} ${reason ?? ''}`.trim()),
  });
  return { connection, changes };
}

const withPassword = (url: string, password: string): string =>
  url.replace(/:[^/@]*@/, `:${encodeURIComponent(password)}@`);

describeWithRedis('a connection with a password', () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await startRedisServer({ password: PASSWORD });
  });

  afterAll(() => server.stop());

  it('gets through', async () => {
    const { connection, changes } = watched({ url: new Secret(server.url) });
    await eventually('connected', () => connection.ready);
    expect(await connection.send(['PING'])).toBe('PONG');
    await connection.close();
    expect(changes).toEqual(['ready']);
  });

  it('chooses the database of the URL', async () => {
    const { connection } = watched({ url: new Secret(`${server.url}/3`) });
    await eventually('connected', () => connection.ready);
    await connection.send(['SET', 'here', '1']);
    await connection.send(['SELECT', '0']);
    expect(await connection.send(['GET', 'here'])).toBeNull();
    await connection.close();
  });

  it('says that the password is wrong, not which', async () => {
    const wrong = 'hunter2-hunter2';
    const { connection, changes } = watched({ url: new Secret(withPassword(server.url, wrong)) });
    await eventually('refused', () => changes.length > 0);
    const fault = await connection.send(['PING']).catch((error: unknown) => error);
    expect(changes).toEqual(['down WRONGPASS']);
    expect(inspect({ fault, connection }, { depth: 9, showHidden: true })).not.toMatch(/hunter2/);
    await connection.close();
  });

  it('says that a password is missing', async () => {
    const { connection, changes } = watched({
      url: new Secret(server.url.replace(/:[^/@]*@/, '')),
    });
    await eventually('refused', () => changes.length > 0);
    expect(changes).toEqual(['down NOAUTH']);
    await connection.close();
  });

  it('survives error replies, and repeats nothing of them', async () => {
    const { connection, changes } = watched({ url: new Secret(server.url) });
    await eventually('connected', () => connection.ready);
    const fault = await connection.send(['NOSUCH', 'argument-1']).catch((error: unknown) => error);
    expect(String(fault)).toBe('RedisFault: redis: ERR');
    expect(await connection.send(['PING'])).toBe('PONG');
    await connection.close();
    expect(changes).toEqual(['ready']);
  });

  it('fails commands under way when it is closed', async () => {
    const { connection } = watched({ url: new Secret(server.url) });
    await eventually('connected', () => connection.ready);
    const pending = connection.send(['BLPOP', 'nothing', '0']).catch((error: unknown) => error);
    await connection.close();
    expect(String(await pending)).toMatch(/^RedisFault/);
    await expect(connection.send(['PING'])).rejects.toMatchObject({ reason: 'closed' });
    expect(connection.ready).toBe(false);
  });

  it('tries again until there is a Redis, and once it is there again', async () => {
    await server.kill();
    const { connection, changes } = watched({ url: new Secret(server.url) });
    await eventually('refused', () => changes.length > 0);
    await server.restart();
    await eventually('connected', () => connection.ready);
    await server.kill();
    await eventually('noticed', () => !connection.ready);
    await server.restart();
    await eventually('connected again', () => connection.ready);
    expect(changes[0]).toBe('down ECONNREFUSED');
    expect(changes.filter((change) => change === 'ready')).toHaveLength(2);
    await connection.close();
  });

  it('notices without being asked that Redis hangs', async () => {
    const { connection, changes } = watched({
      url: new Secret(server.url),
      heartbeatMs: 50,
      commandTimeoutMs: 200,
    });
    await eventually('connected', () => connection.ready);
    server.pause();
    try {
      await eventually('noticed', () => !connection.ready);
      expect(changes).toEqual(['ready', 'down timeout']);
    } finally {
      server.resume();
      await connection.close();
    }
  });

  it('does not count as ready while Redis accepts but does not answer', async () => {
    server.pause();
    const { connection, changes } = watched({ url: new Secret(server.url), connectTimeoutMs: 300 });
    try {
      await eventually('given up once', () => changes.length > 0);
      expect(connection.ready).toBe(false);
      expect(changes).toEqual(['down timeout']);
    } finally {
      server.resume();
    }
    await eventually('connected', () => connection.ready);
    await connection.close();
  });
});

describeWithRedisTls('a connection with TLS', () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await startRedisServer({ tls: true, password: PASSWORD });
  });

  afterAll(() => server.stop());

  const trusted = () => ({ url: new Secret(server.url), caPem: server.caPem ?? '' });

  it('gets through when the certificate is trusted', async () => {
    const { connection } = watched(trusted());
    await eventually('connected', () => connection.ready);
    expect(await connection.send(['PING'])).toBe('PONG');
    await connection.close();
  });

  it('accepts the name in the certificate', async () => {
    const url = new Secret(server.url.replace('127.0.0.1', 'localhost'));
    const { connection } = watched({ ...trusted(), url });
    await eventually('connected', () => connection.ready);
    await connection.close();
  });

  it('refuses a certificate it has no reason to trust, whatever the environment says', async () => {
    const { NODE_TLS_REJECT_UNAUTHORIZED: before } = process.env;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      const { connection, changes } = watched({ url: new Secret(server.url) });
      await eventually('refused', () => changes.length > 0);
      expect(changes[0]).toBe('down DEPTH_ZERO_SELF_SIGNED_CERT');
      await connection.close();
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    }
  });

  it('does not fall back to plain text', async () => {
    const { connection, changes } = watched({
      url: new Secret(server.url.replace('rediss:', 'redis:')),
      connectTimeoutMs: 500,
    });
    await eventually('refused', () => changes.length > 0);
    expect(connection.ready).toBe(false);
    await connection.close();
  });
});
