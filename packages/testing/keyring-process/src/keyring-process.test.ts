/**
 * The helper itself, against the real command.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, runCountersign, type ServingProcess, startKeyring } from './index.ts';
import { isAlive } from './process-tree.ts';

const ENV = { KEYRING_HMAC_SECRET: 'a-secret-for-tests', SESSION_PRIVATE_KEY: '0x5ec4e7' };

describe('a keyring that was started', () => {
  let keyring: ServingProcess;
  beforeAll(async () => {
    keyring = await startKeyring({ env: ENV });
  });
  afterAll(() => keyring.kill());

  it('answers at its address', async () => {
    const response = await fetch(`${keyring.url}/health`);
    expect(await response.json()).toEqual({ ok: true });
  });

  it('shows its processes, its output and its event log', () => {
    const { edge, signer } = keyring.children();
    expect(new Set([keyring.pid, edge, signer, undefined]).size).toBe(4);
    expect(keyring.pids()).toEqual(expect.arrayContaining([keyring.pid, edge, signer]));
    expect(keyring.stderr()).toContain(`ready ${keyring.url}`);
    expect(keyring.events()).toContainEqual(expect.objectContaining({ event: 'server.started' }));
  });

  it('stops, and leaves nothing behind', async () => {
    const pids = keyring.pids();
    expect(existsSync(keyring.dataDir)).toBe(true);
    expect(await keyring.stop()).toEqual({ status: 0, signal: null });
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(keyring.dataDir)).toBe(false);
  });
});

describe('a keyring that cannot start', () => {
  it('is an error with what it printed', async () => {
    await expect(startKeyring({ env: {} })).rejects.toThrow('No auth clients configured');
  });

  it('is run to its end by runCountersign', async () => {
    const ended = await runCountersign({ args: ['keyring'] });
    expect(ended).toMatchObject({ status: 1, signal: null, stdout: '' });
    expect(ended.stderr).toContain('[startup]');
  });
});

describe('when the starting process is killed', () => {
  it('the keyring ends too', async () => {
    const script = `
      import { startKeyring } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
      const keyring = await startKeyring({ env: ${JSON.stringify(ENV)} });
      console.log(JSON.stringify(keyring.pids()));
      setInterval(() => undefined, 1_000);
    `;
    const starter = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: starter.stdout }), 'line');
    const pids: number[] = JSON.parse(String(line));
    expect(pids).toHaveLength(3);
    expect(pids.every(isAlive)).toBe(true);
    starter.kill('SIGKILL');
    await eventually('all three processes are gone', () => !pids.some(isAlive));
  });
});
