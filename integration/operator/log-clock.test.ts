/**
 * The way out after a clock that ran ahead: `countersign log reset-clock`, offline, on an operator's word.
 *
 * @module
 */

import { join } from 'node:path';
import { openSeal } from '@countersign/crypto/keystore';
import { openLedger } from '@countersign/ledger';
import { runCountersign, temporaryDirectory } from '@countersign/testing-keyring-process';
import { expect, it } from 'vitest';
import { beAPatientFile } from '../crash/patience.ts';

beAPatientFile();

const DAY_MS = 86_400_000;

/** A log whose newest entry was written while the clock was a day ahead. */
function logOfTomorrow(): string {
  const dataDir = join(temporaryDirectory(), 'data');
  const clock = { nowMs: () => Date.now() + DAY_MS };
  const ledger = openLedger({ dataDir, clock, seal: openSeal(undefined) });
  ledger.append([Buffer.from('{"format":"countersign-entry/v1"}')]);
  ledger.close();
  return dataDir;
}

function codeOfAppend(dataDir: string): string {
  const clock = { nowMs: () => Date.now() };
  const ledger = openLedger({ dataDir, clock, seal: openSeal(undefined) });
  try {
    ledger.append([Buffer.from('{"format":"countersign-entry/v1"}')]);
    return 'written';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  } finally {
    ledger.close();
  }
}

const reset = (dataDir: string, ...more: readonly string[]) =>
  runCountersign({ args: ['log', 'reset-clock', '--data-dir', dataDir, '--json', ...more] });

it('needs a confirmation that says the time, and changes nothing without', async () => {
  const dataDir = logOfTomorrow();
  const { status, stdout } = await reset(dataDir);
  expect(status).toBe(2);
  expect(JSON.parse(stdout).details.expected).toContain(new Date().toISOString().slice(0, 10));
  expect(codeOfAppend(dataDir)).toBe('ERR_CLOCK_BEHIND');
});

it('lets the log go on at the true time, and says so in an entry', async () => {
  const dataDir = logOfTomorrow();
  expect(codeOfAppend(dataDir)).toBe('ERR_CLOCK_BEHIND');
  const { status, stdout } = await reset(dataDir, '--yes');
  expect([status, JSON.parse(stdout)]).toMatchObject([0, { ok: true, entry: 1 }]);
  expect(codeOfAppend(dataDir)).toBe('written');
  const shown = await runCountersign({
    args: ['log', 'show', '1', '--data-dir', dataDir, '--json'],
  });
  expect(JSON.parse(shown.stdout)).toMatchObject({ index: 1, type: 'clock-reset' });
});
