import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AptMachine } from './apt.ts';
import { type OptionalService, resolveServices, serviceVariables, skipLines } from './services.ts';

const SERVICE: OptionalService = {
  program: 'planted-server',
  variable: 'COUNTERSIGN_TEST_PLANTED',
  aptPackage: 'planted-package',
  howTo: 'install it by hand',
};

let folder: string;
let machine: AptMachine;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-services-'));
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'debian_version'), '12.0\n');
  machine = {
    environment: { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` },
    userId: 0,
    debianMarker: join(folder, 'debian_version'),
    policyFile: join(folder, 'policy-rc.d'),
  };
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function plant(name: string, script: string): string {
  const file = join(folder, 'bin', name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** An apt-get that logs its arguments and, on install, puts the program on PATH. */
function plantApt(onInstall: string): void {
  const log = join(folder, 'apt.log');
  const policy = join(folder, 'policy-rc.d');
  plant(
    'apt-get',
    `echo "$@ frontend=$DEBIAN_FRONTEND policy=$(test -x ${policy} && echo yes)" >> ${log}
     case "$*" in *install*) ${onInstall} ;; esac`,
  );
}

function aptLog(): readonly string[] {
  const log = join(folder, 'apt.log');
  return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
}

const copyProgram = (): string =>
  `printf '#!/bin/sh\\n' > ${join(folder, 'bin', SERVICE.program)}; chmod 755 ${join(folder, 'bin', SERVICE.program)}`;

describe('resolveServices', () => {
  test('takes the program on PATH and leaves apt alone', async () => {
    plantApt(copyProgram());
    const path = plant(SERVICE.program, 'exit 0');
    expect(await resolveServices([SERVICE], machine)).toEqual([{ service: SERVICE, path }]);
    expect(aptLog()).toEqual([]);
  });

  test('takes the program the variable names before the one on PATH', async () => {
    plant(SERVICE.program, 'exit 0');
    const path = plant('other-server', 'exit 0');
    const environment = { ...machine.environment, [SERVICE.variable]: path };
    const [found] = await resolveServices([SERVICE], { ...machine, environment });
    expect(found?.path).toBe(path);
  });

  test('takes the newest version of a package that keeps off PATH', async () => {
    const versions = join(folder, 'versions');
    for (const version of ['9', '15']) {
      mkdirSync(join(versions, version, 'bin'), { recursive: true });
      plant(`../versions/${version}/bin/${SERVICE.program}`, 'exit 0');
    }
    const [found] = await resolveServices([{ ...SERVICE, versions }], machine);
    expect(found?.path).toBe(join(versions, '15', 'bin', SERVICE.program));
  });

  test('does not take a file that is not executable', async () => {
    chmodSync(plant(SERVICE.program, 'exit 0'), 0o644);
    const [found] = await resolveServices([SERVICE], { ...machine, userId: 1000 });
    expect(found?.path).toBeUndefined();
  });

  test('installs with apt as root on Debian, service start forbidden meanwhile', async () => {
    plantApt(copyProgram());
    const [found] = await resolveServices([SERVICE], machine);
    expect(found?.path).toBe(join(folder, 'bin', SERVICE.program));
    expect(aptLog()).toEqual([
      expect.stringMatching(/^-q update .*frontend=noninteractive policy=yes$/),
      expect.stringMatching(/^-q install -y --no-install-recommends .*planted-package frontend=/),
    ]);
    expect(existsSync(machine.policyFile)).toBe(false);
  });

  test('keeps a service policy that is there already', async () => {
    plantApt(copyProgram());
    writeFileSync(machine.policyFile, 'mine');
    await resolveServices([SERVICE], machine);
    expect(readFileSync(machine.policyFile, 'utf8')).toBe('mine');
  });

  test('is without the service when apt fails, and withdraws the policy', async () => {
    plantApt('exit 100');
    const [found] = await resolveServices([SERVICE], machine);
    expect(found?.path).toBeUndefined();
    expect(existsSync(machine.policyFile)).toBe(false);
  });

  test.each([
    ['not root', { userId: 1000 }],
    ['without user ids', { userId: undefined }],
    ['not on Debian', { debianMarker: '/nonexistent/debian_version' }],
  ])('does not call apt when %s', async (_name, change) => {
    plantApt(copyProgram());
    const [found] = await resolveServices([SERVICE], { ...machine, ...change });
    expect(found?.path).toBeUndefined();
    expect(aptLog()).toEqual([]);
  });

  test('does not call apt when it is forbidden', async () => {
    plantApt(copyProgram());
    const environment = { ...machine.environment, COUNTERSIGN_NO_APT: '1' };
    await resolveServices([SERVICE], { ...machine, environment });
    expect(aptLog()).toEqual([]);
  });
});

describe('what the tests and the reader are told', () => {
  const found = [{ service: SERVICE, path: '/opt/planted-server' }];
  const missing = [{ service: SERVICE, path: undefined }];

  test('the variable carries the path, or is taken away', () => {
    expect(serviceVariables(found)).toEqual({ COUNTERSIGN_TEST_PLANTED: '/opt/planted-server' });
    expect(serviceVariables(missing)).toEqual({ COUNTERSIGN_TEST_PLANTED: undefined });
  });

  test('one line per missing service, none otherwise', () => {
    expect(skipLines(found)).toEqual([]);
    expect(skipLines(missing)).toEqual(['skipped: planted-server not found (install it by hand)']);
  });
});
