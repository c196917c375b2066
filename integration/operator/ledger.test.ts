/**
 * `countersign ledger`, as an operator uses it over the data directory of a real boundary.
 *
 * @module
 */

import { copyFileSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { runCountersign, temporaryDirectory } from '@countersign/testing-keyring-process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beAPatientFile } from '../crash/patience.ts';
import { outcomeOf, payment } from '../policy/payments.ts';
import { type PolicyBoundary, RENT, startPolicyBoundary } from '../policy/policy-boundary.ts';

beAPatientFile();

let boundary: PolicyBoundary;

/** Payments of 60 and 35 of 100 an hour, and one that does not fit any more. */
beforeAll(async () => {
  boundary = await startPolicyBoundary({ policies: { rent: RENT }, clients: ['tenant', 'other'] });
  const paid = [];
  for (const amount of [60n, 35n, 6n]) {
    paid.push(outcomeOf(await boundary.as('tenant').sign(payment(amount))));
  }
  paid.push(outcomeOf(await boundary.as('other').sign(payment(10n))));
  expect(paid).toEqual(['signed', 'signed', 'ERR_POLICY_LIMIT_EXCEEDED', 'signed']);
});
afterAll(() => boundary.stop());

async function ledger(dataDir: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = await runCountersign({
    args: ['ledger', ...args, '--data-dir', dataDir],
  });
  return { status, stdout, stderr };
}

async function json(dataDir: string, ...args: readonly string[]) {
  const { status, stdout } = await ledger(dataDir, ...args, '--json');
  return { status, value: JSON.parse(stdout) };
}

/** A copy of the boundary's ledger in a directory of its own, imported by the command. */
async function copied(): Promise<string> {
  const { file, target } = await exported();
  expect((await ledger(target, 'import', file)).status).toBe(0);
  return target;
}

/** An export, and a directory that holds the log key and nothing else. */
async function exported() {
  const directory = temporaryDirectory();
  const file = join(directory, 'copy.db');
  expect((await ledger(boundary.dataDir, 'export', file)).status).toBe(0);
  const target = join(directory, 'data');
  mkdirSync(target, { mode: 0o700 });
  copyFileSync(join(boundary.dataDir, 'log-key.sealed'), join(target, 'log-key.sealed'));
  return { file, target };
}

function change(dataDir: string, text: string): void {
  const db = new DatabaseSync(join(dataDir, 'ledger.db'));
  db.exec(text);
  db.close();
}

describe('ledger check', () => {
  it('proves beside the running server that no cap was broken, in figures', async () => {
    const { status, stdout, stderr } = await ledger(boundary.dataDir, 'check');
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/^ +log +\d+ entries, \d+ nodes, \d+ checkpoints$/m);
    expect(stderr).toMatch(/^ +spending +3 reservations in 2 buckets$/m);
    expect(stderr).toMatch(
      /^ +fullest 1 +95 of 100 \(95\.00 %\) by entry \d+: hourly of rent, token 0x70ce, client tenant, in 3600 seconds \(sliding\)$/m,
    );
    expect(stderr).toMatch(/^ +fullest 2 +10 of 100 \(10\.00 %\) .* client other, /m);
    expect(stderr.match(/^ok /gm)).toHaveLength(3);
  });

  it('says the same as JSON', async () => {
    const { status, value } = await json(boundary.dataDir, 'check', '--fullest', '1');
    expect([status, value.ok]).toEqual([0, true]);
    expect(value.log).toMatchObject({ ok: true, reservations: 3 });
    expect(value.spending).toMatchObject({ ok: true, buckets: 2, reservations: 3 });
    expect(value.spending.fullest).toMatchObject([
      { counted: '95', cap: '100', window: 'sliding', seconds: 3_600 },
    ]);
  });

  it('finds a reservation that was taken out of the tables', async () => {
    const target = await copied();
    change(target, 'DELETE FROM reservations');
    const sums = await json(target, 'check');
    expect([sums.status, sums.value.ok, sums.value.log.ok]).toEqual([1, false, false]);
    // With the sums put right as well, the tables agree with each other; the log does not forget.
    change(target, 'DELETE FROM buckets');
    const { status, value } = await json(target, 'check');
    expect([status, value.ok, value.log.ok, value.spending.ok]).toEqual([1, false, true, false]);
    expect(value.spending.fault.reason).toContain('tables');
    const { stderr } = await ledger(target, 'check');
    expect(stderr).toMatch(/^x the tables count something else than the log says/m);
    expect(stderr).not.toContain('its cap');
  });

  it('adds up nothing from a log that was changed', async () => {
    const target = await copied();
    change(
      target,
      `UPDATE log_entries SET entry = CAST(replace(CAST(entry AS TEXT), '"amount":"60"', '"amount":"06"') AS BLOB)`,
    );
    const { status, value } = await json(target, 'check');
    expect([status, value.ok, value.log.ok, value.spending]).toEqual([1, false, false, undefined]);
    expect((await ledger(target, 'check')).stderr).toContain('nothing is added up');
  });

  it.each([
    ['no ledger', (directory: string) => [directory], 'ERR_NOT_FOUND', 2],
    ['no count', () => [boundary.dataDir, '--fullest', 'all'], 'ERR_CONFIG_INVALID', 2],
    ['a large count', () => [boundary.dataDir, '--fullest', '1001'], 'ERR_CONFIG_INVALID', 2],
  ] as const)('refuses %s', async (_name, argsIn, code, expected) => {
    const [dataDir = '', ...more] = argsIn(temporaryDirectory());
    const { status, value } = await json(dataDir, 'check', ...more);
    expect([value.code, status]).toEqual([code, expected]);
  });
});

describe('ledger export and import', () => {
  it('move nonces, reservations and the log, readable by the owner alone', async () => {
    const { file, target } = await exported();
    expect(statSync(file).mode & 0o077).toBe(0);
    const taken = await json(target, 'import', file);
    expect(taken.status).toBe(0);
    expect(taken.value).toMatchObject({ ok: true, log: { ok: true, reservations: 3 } });
    const [here, there] = [await json(boundary.dataDir, 'check'), await json(target, 'check')];
    expect(there.value.spending).toEqual(here.value.spending);
    expect(there.value.log.verifierKey).toBe(here.value.log.verifierKey);
  });

  it('an export names the file and its checkpoint, and replaces nothing', async () => {
    const file = join(temporaryDirectory(), 'copy.db');
    const { status, value } = await json(boundary.dataDir, 'export', file);
    expect([status, value.ok, value.file]).toEqual([0, true, file]);
    expect(value.checkpoint).toContain(`\n${value.size}\n`);
    const again = await json(boundary.dataDir, 'export', file);
    expect([again.status, again.value.code]).toEqual([2, 'ERR_CONFIG_INVALID']);
  });

  it('an import takes the place of no ledger', async () => {
    const { file } = await exported();
    const { status, value } = await json(await copied(), 'import', file);
    expect([status, value.code]).toEqual([2, 'ERR_CONFIG_INVALID']);
  });

  it('an import needs the key of the log', async () => {
    const { file } = await exported();
    const bare = join(temporaryDirectory(), 'data');
    const { status, value } = await json(bare, 'import', file);
    expect([status, value.code]).toEqual([1, 'ERR_STORE_CORRUPT']);
    expect((await json(bare, 'check')).value.code).toBe('ERR_NOT_FOUND');
  });

  it('an import refuses a file whose tables forgot a reservation', async () => {
    const { file, target } = await exported();
    const db = new DatabaseSync(file);
    db.exec('DELETE FROM reservations; DELETE FROM buckets');
    db.close();
    const { status, value } = await json(target, 'import', file);
    expect([status, value.code]).toEqual([1, 'ERR_STORE_CORRUPT']);
    expect(value.details.reason).toContain('tables');
  });

  it('an import refuses what is no ledger, and what is not there', async () => {
    const { file, target } = await exported();
    writeFileSync(file, 'no ledger');
    expect((await json(target, 'import', file)).status).toBe(1);
    const missing = await json(target, 'import', `${file}.gone`);
    expect([missing.status, missing.value.code]).toEqual([2, 'ERR_NOT_FOUND']);
  });
});
