/**
 * Parts for the tests of keys at rest: a private directory, a cheap cost, a file system whose
 * single steps can be made to fail.
 *
 * @module
 */

import * as nodeFs from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BoundaryError, isBoundaryError, Secret } from '@countersign/protocol';
import { onTestFinished } from 'vitest';
import { createKeystore, saveKeystore } from '../src/keystore.ts';
import type { FileSystem } from '../src/keystore-file.ts';
import { addKey } from '../src/keystore-keys.ts';
import type { Keystore, KeystoreDeps } from '../src/keystore-state.ts';
import type { ScryptCost } from '../src/sealing-key.ts';

/** The least that a file may ask for: a derivation takes less than a millisecond. */
export const CHEAP: ScryptCost = { N: 1024, r: 1, p: 1 };

export const PASSPHRASE = new Secret('correct horse battery staple');

/** 2026-01-31T12:00:00.000Z */
export const NOW_MS = 1_769_860_800_000;

export const DEPS: KeystoreDeps = { cost: CHEAP, now: () => NOW_MS };

/** A directory with mode 0700 that goes away with the test. */
export function privateDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-keystore-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Path of a keystore that does not exist yet, in a private directory. */
export function keystorePath(): string {
  return join(privateDirectory(), 'keystore.json');
}

/** A saved keystore with the keys `agent` and `backup`. */
export function savedKeystore(path: string = keystorePath(), deps: KeystoreDeps = DEPS): Keystore {
  const empty = createKeystore({ path, passphrase: PASSPHRASE, ...deps });
  const one = addKey(empty, { keyId: 'agent', messageKinds: ['invoke-v1', 'outside-v2'] });
  return saveKeystore(addKey(one, { keyId: 'backup', messageKinds: ['outside-v2'] }));
}

/** What `action` throws; fails when it throws nothing, or anything but a BoundaryError. */
export function refusalOf(action: () => unknown): BoundaryError {
  let result: unknown;
  try {
    result = action();
  } catch (error) {
    if (isBoundaryError(error)) return error;
    throw error;
  }
  throw new Error(`expected a refusal, got ${typeof result}`);
}

/** A step of a {@link tracedFiles} run, such as `renameSync`. */
export interface TracedFiles {
  readonly files: FileSystem;
  /** Names of the steps so far, in order, with what they acted on. */
  readonly steps: string[];
}

/** What happens at a step: go on, fail once, or die, after which every step fails. */
export type StepFate = 'work' | 'fail' | 'die-before' | 'die-after';

/** The real file system with every step named and given a fate. */
export function tracedFiles(fateOf: (step: number, name: string) => StepFate): TracedFiles {
  const steps: string[] = [];
  let dead = false;
  const fault = (name: string): Error =>
    Object.assign(new Error(`${name} failed`), { code: 'EIO' });
  const wrap =
    <A extends readonly unknown[], R>(name: string, action: (...args: A) => R) =>
    (...args: A): R => {
      if (dead) throw fault(name);
      const fate = fateOf(steps.length, name);
      steps.push(`${name} ${describe(args)}`);
      dead = fate === 'die-before' || fate === 'die-after';
      if (fate === 'fail' || fate === 'die-before') throw fault(name);
      const result = action(...args);
      if (fate === 'die-after') throw fault(name);
      return result;
    };
  const names = Object.keys(STEPS) as readonly (keyof typeof STEPS)[];
  const wrapped = names.map((name) => [
    name,
    wrap(name, STEPS[name] as (...a: unknown[]) => unknown),
  ]);
  return { files: Object.fromEntries(wrapped) as FileSystem, steps };
}

const STEPS: FileSystem = {
  closeSync: nodeFs.closeSync,
  fstatSync: nodeFs.fstatSync,
  fsyncSync: nodeFs.fsyncSync,
  lstatSync: nodeFs.lstatSync,
  mkdirSync: nodeFs.mkdirSync,
  openSync: nodeFs.openSync,
  readFileSync: nodeFs.readFileSync,
  readlinkSync: nodeFs.readlinkSync,
  renameSync: nodeFs.renameSync,
  symlinkSync: nodeFs.symlinkSync,
  unlinkSync: nodeFs.unlinkSync,
  writeFileSync: nodeFs.writeFileSync,
};

function describe(args: readonly unknown[]): string {
  const first = args[0];
  if (typeof first === 'number') return 'fd';
  return String(first).split('/').at(-1) ?? '';
}
