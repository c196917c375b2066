/**
 * Programs that tests start: found, run on a free port, and gone when the test is.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs a program that ends when this process does, even when this process is killed: a shell waits
 * for the end of its standard input, which this process holds open, and for the program itself.
 * Its first line of output is the process id of the program.
 */
export function spawnGuarded(
  program: string,
  args: readonly string[],
  options: { readonly uid?: number; readonly gid?: number } = {},
): ChildProcess {
  const script = [
    '"$@" </dev/null & child=$!',
    'echo "$child"',
    'exec 3<&0',
    '(cat <&3 >/dev/null; kill -9 "$child" 2>/dev/null) & watch=$!',
    'wait "$child"; code=$?',
    'kill "$watch" 2>/dev/null; exit "$code"',
  ].join('\n');
  return spawn('sh', ['-c', script, 'sh', program, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...options,
  });
}

/** Waits until the port accepts a connection; false when the process ends first, or after 10 s. */
export async function accepts(port: number, process: ChildProcess): Promise<boolean> {
  for (let attempt = 0; attempt < 200 && process.exitCode === null; attempt += 1) {
    const socket = connect({ host: '127.0.0.1', port });
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return true;
    await sleep(50);
  }
  return false;
}

/** A port of 127.0.0.1 nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Path of a program by its path, or by its name on `PATH`; `undefined` when it cannot be run. */
export function findBinary(name: string): string | undefined {
  const directories = name.includes('/') ? [''] : (process.env.PATH ?? '').split(delimiter);
  const candidates = directories.map((directory) =>
    directory === '' ? name : join(directory, name),
  );
  return candidates.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
