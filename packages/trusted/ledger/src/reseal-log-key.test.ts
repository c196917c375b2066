import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BoundaryError } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { codeOf, newDataDir, openTestLedger, TEST_SEAL } from '../test/harness.ts';
import type { Seal } from './log-key.ts';
import { resealLogKey } from './reseal-log-key.ts';

/** Not a seal, but it opens only what it closed. */
function sealWith(mark: number): Seal {
  return {
    seal: (bytes) => Uint8Array.from([mark, ...bytes]),
    open: (sealed) => {
      if (sealed[0] !== mark) throw new BoundaryError('ERR_KEYSTORE_LOCKED');
      return sealed.slice(1);
    },
  };
}

const NEXT = sealWith(1);
const OTHER = sealWith(2);
const FIRST = { seal: TEST_SEAL };

/** A closed ledger. @returns Its directory and the public key of its log. */
function closedLedger(): { readonly dataDir: string; readonly key: string } {
  const dataDir = newDataDir();
  const ledger = openTestLedger(dataDir, FIRST);
  const key = ledger.verifierKey();
  ledger.close();
  return { dataDir, key };
}

describe('sealing the log key anew', () => {
  it('keeps the key, which only the new seal opens', () => {
    const { dataDir, key } = closedLedger();
    expect(resealLogKey(dataDir, TEST_SEAL, NEXT)).toBe(true);
    expect(codeOf(() => openTestLedger(dataDir, { seal: OTHER }))).toBe('ERR_KEYSTORE_LOCKED');
    expect(openTestLedger(dataDir, { seal: NEXT }).verifierKey()).toBe(key);
  });

  it('may be repeated, as after a run that was cut short', () => {
    const { dataDir, key } = closedLedger();
    resealLogKey(dataDir, TEST_SEAL, NEXT);
    expect(resealLogKey(dataDir, OTHER, NEXT)).toBe(true);
    expect(openTestLedger(dataDir, { seal: NEXT }).verifierKey()).toBe(key);
  });

  it('changes nothing when neither seal opens it', () => {
    const { dataDir } = closedLedger();
    const file = join(dataDir, 'log-key.sealed');
    writeFileSync(file, NEXT.seal(readFileSync(file)));
    const before = readFileSync(file);
    expect(codeOf(() => resealLogKey(dataDir, OTHER, OTHER))).toBe('ERR_KEYSTORE_LOCKED');
    expect(readFileSync(file)).toEqual(before);
  });

  it('waits for nobody: a signer that uses the directory is in the way', () => {
    const dataDir = newDataDir();
    openTestLedger(dataDir, FIRST);
    expect(codeOf(() => resealLogKey(dataDir, TEST_SEAL, NEXT))).toBe('ERR_STORE_IN_USE');
  });

  it('says when there is no log', () => {
    const dataDir = newDataDir();
    expect(resealLogKey(dataDir, TEST_SEAL, NEXT)).toBe(false);
    expect(existsSync(dataDir)).toBe(false);
  });
});
