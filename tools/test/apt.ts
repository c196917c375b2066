/**
 * Installs a Debian package for the tests, without starting the service it may contain.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { withProgress } from '../bootstrap/progress.mjs';
import { findOnPath } from './programs.ts';

const TIMEOUT_MS = 300_000;
const NETWORK = ['-o', 'Acquire::Retries=2', '-o', 'Acquire::http::Timeout=20'];
const LOCK = ['-o', 'DPkg::Lock::Timeout=120'];
/** Debian asks this script before it starts a service; 101 means no. */
const POLICY = '#!/bin/sh\nexit 101\n';

/** The facts about a machine that decide whether apt may be used, and the files it touches. */
export interface AptMachine {
  /** `PATH` and `COUNTERSIGN_NO_APT` are read; apt inherits all of it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Numeric user id; undefined where there is none. */
  readonly userId: number | undefined;
  /** A file that exists on Debian and its children only. */
  readonly debianMarker: string;
  /** Where Debian looks for the service policy. */
  readonly policyFile: string;
}

/** This machine, as it is. */
export function thisMachine(): AptMachine {
  return {
    environment: process.env,
    userId: process.getuid?.(),
    debianMarker: '/etc/debian_version',
    policyFile: '/usr/sbin/policy-rc.d',
  };
}

/** Root, Debian, apt-get on PATH, and not forbidden by `COUNTERSIGN_NO_APT=1`. */
function mayUseApt(machine: AptMachine): boolean {
  const { environment, userId, debianMarker } = machine;
  return (
    userId === 0 &&
    environment.COUNTERSIGN_NO_APT !== '1' &&
    existsSync(debianMarker) &&
    findOnPath('apt-get', environment.PATH ?? '') !== undefined
  );
}

/**
 * Runs `apt-get update` and `apt-get install` when that is possible here.
 *
 * @returns Whether apt said it installed the package. Never throws.
 * @remarks Writes the policy file for the time of the installation when there is none.
 */
export async function installWithApt(aptPackage: string, machine: AptMachine): Promise<boolean> {
  if (!mayUseApt(machine)) return false;
  const withdrawPolicy = forbidServiceStart(machine.policyFile);
  try {
    await withProgress(`installing the Debian package ${aptPackage}`, async () => {
      await aptGet(['update', ...NETWORK], machine);
      const options = ['-y', '--no-install-recommends', ...NETWORK, ...LOCK];
      await aptGet(['install', ...options, aptPackage], machine);
    });
    return true;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return false;
  } finally {
    withdrawPolicy();
  }
}

function aptGet(args: readonly string[], machine: AptMachine): Promise<void> {
  const environment = { ...machine.environment, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = spawn('apt-get', ['-q', ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
  });
  let log = '';
  const keep = (chunk: Buffer): void => {
    log += chunk.toString();
  };
  apt.stdout.on('data', keep);
  apt.stderr.on('data', keep);
  return new Promise((resolve, reject) => {
    apt.on('error', reject);
    apt.on('close', (status) => {
      const tail = log.trim().split('\n').slice(-5).join('\n');
      if (status === 0) resolve();
      else reject(new Error(`\`apt-get ${args[0]}\` failed\n${tail}`));
    });
  });
}

function forbidServiceStart(policyFile: string): () => void {
  if (existsSync(policyFile)) return () => undefined;
  const withdraw = (): void => rmSync(policyFile, { force: true });
  writeFileSync(policyFile, POLICY, { mode: 0o755 });
  process.once('exit', withdraw);
  return () => {
    process.off('exit', withdraw);
    withdraw();
  };
}
