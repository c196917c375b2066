import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PlantedWorkspace, plantWorkspace } from './test/planted-workspace.ts';

let planted: PlantedWorkspace;

beforeEach(() => {
  planted = plantWorkspace();
});

afterEach(() => planted.removeAll());

describe('the command', () => {
  test('gets its arguments, with or without two dashes, and our programs first on PATH', () => {
    const path = `${join(planted.root, 'node_modules/.bin')}:${join(planted.root, 'planted')}`;
    expect(planted.run(['check', '--', 'a', '--b']).stdout).toContain(`a --b ${path}`);
    expect(planted.run(['check', 'a', '--', 'b']).stdout).toContain(`a -- b ${path}`);
  });

  test('passes its exit code on', () => {
    planted.write('tools/check/run.ts', 'process.exit(7);');
    expect(planted.run().status).toBe(7);
  });

  test('that a signal ends gives 128 and the number of the signal', () => {
    planted.write(
      'tools/check/run.ts',
      "process.kill(process.pid, 'SIGKILL'); setTimeout(() => {}, 60_000);",
    );
    expect(planted.run().status).toBe(137);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('gets %s', async (signal) => {
    planted.write(
      'tools/check/run.ts',
      `setTimeout(() => process.exit(1), 60_000);
       process.on('${signal}', () => { console.log('got ${signal}'); process.exit(9); });
       console.log('ready');`,
    );
    const child = planted.start();
    const [first] = await once(child.stdout ?? child, 'data');
    expect(String(first)).toBe('ready\n');
    child.kill(signal);
    const [[second], [status]] = await Promise.all([
      once(child.stdout ?? child, 'data'),
      once(child, 'close'),
    ]);
    expect(String(second)).toBe(`got ${signal}\n`);
    expect(status).toBe(9);
  });

  test('that is unknown, missing or not given: exit code 2, nothing installed', () => {
    expect(planted.run(['no-such'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('there is no command `no-such`'),
    });
    expect(planted.run(['demo'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('countersign.js` is missing'),
    });
    expect(planted.run([]).status).toBe(2);
    expect(planted.run(['toString']).status).toBe(2);
    expect(planted.npmCalls()).toEqual([]);
  });

  test('help names every command and an example', () => {
    const { status, stdout } = planted.run(['--help']);
    expect(status).toBe(0);
    for (const name of ['demo', 'test', 'check', 'bench', 'fuzz', 'build-wasm', 'example: ']) {
      expect(stdout).toContain(name);
    }
  });
});

describe('an old Node', () => {
  test('gets a sentence and exit code 2', () => {
    const pretend = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'18.19.0'}})`;
    const { status, stdout, stderr } = planted.run(['check'], { nodeArgs: ['--import', pretend] });
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('needs Node 20 or newer to start; this is Node 18.19.0');
    expect(planted.npmCalls()).toEqual([]);
  });
});
