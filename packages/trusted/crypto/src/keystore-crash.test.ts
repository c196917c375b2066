import * as nodeFs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  DEPS,
  keystorePath,
  PASSPHRASE,
  privateDirectory,
  type StepFate,
  savedKeystore,
  tracedFiles,
} from '../test/keystore-fixture.ts';
import { createKeystore, openKeystore, saveKeystore } from './keystore.ts';
import { addKey, rotateKey } from './keystore-keys.ts';
import type { Keystore, KeystoreDeps } from './keystore-state.ts';

type Save = (path: string, deps: KeystoreDeps) => unknown;

interface Moment {
  readonly step: number;
  readonly fate: StepFate;
  readonly title: string;
}

/** The writer that dies, and the one that comes after it and can tell. */
const DOOMED: KeystoreDeps = { ...DEPS, host: 'here', pid: 7 };
const NEXT: KeystoreDeps = { ...DEPS, host: 'here', pid: 8, isAlive: (pid) => pid !== 7 };
const NEW_KEY = { keyId: 'new', messageKinds: ['invoke-v1'] };

const open = (path: string, deps: KeystoreDeps = DEPS): Keystore =>
  openKeystore({ path, passphrase: PASSPHRASE, ...deps });
const rotate: Save = (path, deps) => saveKeystore(rotateKey(open(path, deps), 'agent'));
const create: Save = (path, deps) =>
  saveKeystore(addKey(createKeystore({ path, passphrase: PASSPHRASE, ...deps }), NEW_KEY));

const ids = (keystore: Keystore): readonly string[] => keystore.entries().map(({ keyId }) => keyId);
const neighbours = (path: string): readonly string[] => nodeFs.readdirSync(join(path, '..'));

/** Every moment at which the process can die: before and after each step that it takes. */
function momentsOf(save: Save, path: string): readonly Moment[] {
  const { files, steps } = tracedFiles(() => 'work');
  save(path, { ...DOOMED, files });
  return steps.flatMap((name, step): readonly Moment[] => [
    { step, fate: 'die-before', title: `before step ${step}, ${name}` },
    { step, fate: 'die-after', title: `after step ${step}, ${name}` },
  ]);
}

/** Runs `save` until it dies. Answers whether it had reported success by then. */
function dieAt({ step, fate }: Moment, save: Save, path: string): boolean {
  const { files } = tracedFiles((at) => (at === step ? fate : 'work'));
  try {
    save(path, { ...DOOMED, files });
    return true;
  } catch {
    return false;
  }
}

describe('a crash', () => {
  it('while a keystore is saved leaves the old file or the new one', () => {
    const moments = momentsOf(rotate, savedKeystore().path);
    expect(moments.length).toBeGreaterThan(40);
    const outcomes = new Set<string>();
    for (const moment of moments) {
      const { path, privateKey } = savedKeystore();
      const reported = dieAt(moment, rotate, path);
      const found = open(path);
      const isNew = ids(found).includes('agent@1');
      outcomes.add(isNew ? 'new' : 'old');
      const kept = found.privateKey(isNew ? 'agent@1' : 'agent', { retired: true });
      expect(kept.reveal() === privateKey('agent').reveal(), moment.title).toBe(true);
      expect(isNew || !reported, moment.title).toBe(true);
    }
    expect(outcomes).toEqual(new Set(['old', 'new']));
  });

  it('while a keystore is made leaves none or a whole one', () => {
    const moments = momentsOf(create, join(privateDirectory(), 'data', 'keystore.json'));
    const outcomes = new Set<string>();
    for (const moment of moments) {
      const path = join(privateDirectory(), 'data', 'keystore.json');
      const reported = dieAt(moment, create, path);
      const made = nodeFs.existsSync(path);
      outcomes.add(made ? 'whole' : 'none');
      if (made) expect(ids(open(path)), moment.title).toEqual(['new']);
      expect(made || !reported, moment.title).toBe(true);
    }
    expect(outcomes).toEqual(new Set(['none', 'whole']));
  });

  it('at any moment lets the next writer clear up and go on', () => {
    for (const moment of momentsOf(rotate, savedKeystore().path)) {
      const { path } = savedKeystore();
      dieAt(moment, rotate, path);
      saveKeystore(addKey(open(path, NEXT), NEW_KEY));
      expect(ids(open(path)), moment.title).toContain('new');
      expect(neighbours(path), moment.title).toEqual(['keystore.json']);
    }
  });

  it('leaves nothing that others can read', () => {
    for (const moment of momentsOf(create, keystorePath())) {
      const path = keystorePath();
      dieAt(moment, create, path);
      for (const name of neighbours(path)) {
        const stats = nodeFs.lstatSync(join(path, '..', name));
        const isPrivate = stats.isSymbolicLink() || (stats.mode & 0o077) === 0;
        expect(isPrivate, `${moment.title}: ${name}`).toBe(true);
      }
    }
  });
});
