import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  PIN,
  PLATFORM,
  type PlantedWorkspace,
  plantWorkspace,
  VERSION,
} from './test/planted-workspace.ts';

let planted: PlantedWorkspace;

beforeEach(() => {
  planted = plantWorkspace();
});

afterEach(() => planted.removeAll());

describe('the runtime', () => {
  test('comes from its platform package when the install script was blocked', () => {
    planted.plan({ scriptsBlocked: true });
    const { status, stdout } = planted.run();
    expect(status).toBe(0);
    expect(planted.npmCalls()[1]).toBe(
      `install --prefix ${join(planted.root, 'node_modules/.runtime')} --no-save --ignore-scripts ${PIN.name}@${VERSION}`,
    );
    expect(stdout).toContain(join(planted.root, 'node_modules/.bin'));
    expect(planted.exists('node_modules/.bin/node')).toBe(true);
  });

  test('of another integrity is replaced, though it is there and runs', () => {
    planted.plan({ runtimeIntegrity: 'sha512-other' });
    const { status, stderr } = planted.run();
    expect(planted.npmCalls()).toHaveLength(2);
    expect(status).toBe(3);
    expect(stderr).toContain('is not the package that is pinned');
    expect(planted.exists('node_modules/.bin/node')).toBe(false);
  });

  test('that cannot be had is an error, and the next run tries again', () => {
    planted.plan({ scriptsBlocked: true, runtimeExits: 1 });
    expect(planted.run()).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('planted runtime failure'),
    });
    planted.plan({ scriptsBlocked: true });
    expect(planted.run().status).toBe(0);
    expect(planted.npmCalls()).toHaveLength(3);
  });

  test('that was installed that way is not installed twice', () => {
    planted.plan({ scriptsBlocked: true });
    planted.run();
    planted.remove('node_modules/.countersign-stamp');
    expect(planted.run()).toMatchObject({ status: 0, stderr: '' });
    expect(planted.npmCalls()).toHaveLength(2);
  });

  test('that is a link to somewhere else is replaced', () => {
    planted.run();
    planted.remove('node_modules/.countersign-stamp');
    planted.remove('node_modules/.bin/node');
    symlinkSync(process.execPath, join(planted.root, 'node_modules/.bin/node'));
    expect(planted.run().status).toBe(0);
    expect(planted.npmCalls().at(-1)).toContain(PIN.name);
  });

  test('that disappeared is installed again', () => {
    planted.run();
    planted.remove('node_modules/.bin/node');
    expect(planted.run().status).toBe(0);
    expect(planted.npmCalls().at(-1)).toContain(PIN.name);
  });

  test('of another version than the pin is refused', () => {
    planted.write('tools/bootstrap/runtime-pins.json', {
      version: '1.2.3',
      platforms: { [PLATFORM]: PIN },
    });
    const { status, stderr } = planted.run();
    expect(status).toBe(2);
    expect(stderr).toContain(`no runtime ${VERSION} is pinned for ${PLATFORM}`);
  });
});
