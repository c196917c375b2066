/**
 * Programs some tests need and a machine may lack: found on PATH, installed, or named as skipped.
 *
 * Tests learn the path from an environment variable and skip themselves when it is unset. A row
 * here is all a further service needs.
 *
 * @module
 */

import { type AptMachine, installWithApt } from './apt.ts';
import { findNewest, findOnPath, isExecutable } from './programs.ts';

/** A program that tests start themselves, on a free port and in a temporary directory. */
export interface OptionalService {
  /** Name of the executable. */
  readonly program: string;
  /** Variable that carries its absolute path to the tests; unset means: skip. */
  readonly variable: string;
  /** Debian package that holds it. */
  readonly aptPackage: string;
  /** Directory with one folder per version, with `bin` inside, for packages that keep off PATH. */
  readonly versions?: string;
  /** How to get it by hand, ends the sentence "skipped: … not found". */
  readonly howTo: string;
}

export const OPTIONAL_SERVICES: readonly OptionalService[] = [
  {
    program: 'redis-server',
    variable: 'COUNTERSIGN_TEST_REDIS',
    aptPackage: 'redis-server',
    howTo: 'install it with `apt-get install redis-server` or `brew install redis`',
  },
  {
    program: 'openssl',
    variable: 'COUNTERSIGN_TEST_OPENSSL',
    aptPackage: 'openssl',
    howTo: 'install it with `apt-get install openssl`; certificates for tests are made with it',
  },
  {
    program: 'postgres',
    variable: 'COUNTERSIGN_TEST_POSTGRES',
    aptPackage: 'postgresql',
    versions: '/usr/lib/postgresql',
    howTo: 'install it with `apt-get install postgresql` or `brew install postgresql`',
  },
];

/** Where one service is; `path` is undefined when it cannot be had here. */
export interface ResolvedService {
  readonly service: OptionalService;
  readonly path: string | undefined;
}

/**
 * Looks for each service and installs what is missing where that is possible.
 *
 * Order: the variable, when it names an executable; PATH; the newest of its versions; apt-get when root on Debian.
 *
 * @returns One row per service, in order. Never throws: what cannot be had is undefined.
 * @remarks May install Debian packages; `COUNTERSIGN_NO_APT=1` forbids it.
 */
export async function resolveServices(
  services: readonly OptionalService[],
  machine: AptMachine,
): Promise<readonly ResolvedService[]> {
  const resolved: ResolvedService[] = [];
  for (const service of services) {
    const path = findService(service, machine) ?? (await installService(service, machine));
    resolved.push({ service, path });
  }
  return resolved;
}

/** The variables for the tests: a path, or undefined so that an inherited value goes away. */
export function serviceVariables(
  resolved: readonly ResolvedService[],
): Record<string, string | undefined> {
  return Object.fromEntries(resolved.map(({ service, path }) => [service.variable, path]));
}

/** One line per service that is missing. */
export function skipLines(resolved: readonly ResolvedService[]): readonly string[] {
  return resolved
    .filter(({ path }) => path === undefined)
    .map(({ service }) => `skipped: ${service.program} not found (${service.howTo})`);
}

function findService(service: OptionalService, machine: AptMachine): string | undefined {
  const named = machine.environment[service.variable];
  if (named !== undefined && isExecutable(named)) return named;
  const onPath = findOnPath(service.program, machine.environment.PATH ?? '');
  if (onPath !== undefined || service.versions === undefined) return onPath;
  return findNewest(service.program, service.versions);
}

async function installService(
  service: OptionalService,
  machine: AptMachine,
): Promise<string | undefined> {
  if (!(await installWithApt(service.aptPackage, machine))) return undefined;
  return findService(service, machine);
}
