import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startRedisServer } from '../../packages/testing/redis-server/src/redis-server.ts';
import { eventually } from './eventually.ts';
import { describeWithRedis } from './when-redis.ts';

async function accepts(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describeWithRedis('the Redis for tests', () => {
  it('starts, dies, starts again on its port, and stops', async () => {
    const server = await startRedisServer();
    expect(await accepts(server.port)).toBe(true);
    await server.kill();
    expect(await accepts(server.port)).toBe(false);
    await server.restart();
    expect(await accepts(server.port)).toBe(true);
    await server.stop();
    expect(await accepts(server.port)).toBe(false);
  });

  it('ends with the process that started it, even when that is killed', async () => {
    const module = new URL(
      '../../packages/testing/redis-server/src/redis-server.ts',
      import.meta.url,
    );
    const script = `
      const { startRedisServer } = await import(${JSON.stringify(fileURLToPath(module))});
      console.log((await startRedisServer()).port);
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const port = Number((await once(createInterface({ input: parent.stdout }), 'line'))[0]);
    expect(await accepts(port)).toBe(true);
    parent.kill('SIGKILL');
    await eventually('the port is free', async () => !(await accepts(port)));
  });
});
