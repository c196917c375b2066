/**
 * Data directories on which no signer may start, and receipts nobody may believe.
 *
 * @module
 */

import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSeal } from '@countersign/crypto/keystore';
import { type Ledger, openLedger } from '@countersign/ledger';
import { formatReceipt, parseVerifierKey, verifyReceipt } from '@countersign/tlog';
import { expect, onTestFinished } from 'vitest';
import { boundarySettings, freshDataDir } from '../crash/boundary-settings.ts';
import { startLoneSigner } from '../crash/lone-signer.ts';

type Spoil = (dataDir: string) => void;

const database = (dataDir: string): string => join(dataDir, 'ledger.db');
const clock = { nowMs: () => Date.now() };
const seal = openSeal(undefined);

export const halved: Spoil = (dataDir) => truncateSync(database(dataDir), 4_096);
export const withoutDatabase: Spoil = (dataDir) => rmSync(database(dataDir));
export const inUse: Spoil = (dataDir) => {
  const ledger = openLedger({ dataDir, clock, seal });
  onTestFinished(() => ledger.close());
};
export const fromTheFuture: Spoil = (dataDir) => {
  const db = new DatabaseSync(database(dataDir));
  db.exec('PRAGMA user_version = 999');
  db.close();
};

/** Starts the signer process on a ledger that was spoilt. @returns The code it ends with. */
export async function codeOfStart(spoil: Spoil): Promise<string> {
  const dataDir = freshDataDir();
  openLedger({ dataDir, clock, seal }).close();
  spoil(dataDir);
  const signer = startLoneSigner(boundarySettings({ dataDir }));
  onTestFinished(() => signer.kill());
  const event = await signer.firstEvent;
  if (event.event !== 'fatal') return event.event;
  expect(await signer.ended).toBe('status 1');
  return event.code;
}

/** Holds the database of a running signer against it while something is done. */
export async function holding<T>(dataDir: string, run: () => Promise<T>): Promise<T> {
  const db = new DatabaseSync(database(dataDir));
  try {
    db.exec('BEGIN IMMEDIATE');
    return await run();
  } finally {
    db.close();
  }
}

export interface ReceiptFiles {
  readonly logKey: string;
  /** Of another entry than the one that was proven. */
  readonly altered: string;
  /** Cut off. */
  readonly torn: string;
}

/** A receipt that holds, spoilt in two ways. */
export function spoiltReceipts(): ReceiptFiles {
  const dataDir = freshDataDir();
  const ledger = openLedger({ dataDir, clock, seal });
  onTestFinished(() => ledger.close());
  const entry = Buffer.from('{"outcome":"deny"}');
  const text = receiptOf(ledger, entry);
  const logKey = readFileSync(join(dataDir, 'log-key.pub'), 'utf8').trim();
  verifyReceipt({ receipt: Buffer.from(text), logKeys: [parseVerifierKey(logKey)] });
  const lie = Buffer.from('{"outcome":"okay"}').toString('base64');
  const altered = join(dataDir, 'altered.json');
  const torn = join(dataDir, 'torn.json');
  writeFileSync(altered, text.replace(entry.toString('base64'), lie));
  writeFileSync(torn, text.slice(0, -20));
  return { logKey, altered, torn };
}

function receiptOf(ledger: Ledger, entry: Uint8Array): string {
  ledger.append([entry]);
  const proof = ledger.receipt(0);
  if (proof === undefined) throw new Error('no proof');
  return formatReceipt({ entry, proof });
}
