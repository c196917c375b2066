/**
 * When a crashing signer kills itself: a file in its data directory, written by the test and taken
 * away by the signer before it dies.
 *
 * @module
 */

import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from '@countersign/signer';

/** Steps of a request, and places inside the transaction of the ledger. */
export type CrashPoint =
  | Step
  /** The transaction is complete; COMMIT has not run. */
  | 'committing'
  /** COMMIT has returned; nobody has been told. */
  | 'durable';

export interface CrashPlan {
  /** Tells plans apart; counting starts afresh with each. */
  readonly id: string;
  readonly point: CrashPoint;
  /** Dies when the point is reached for the nth time, from 1. */
  readonly occurrence: number;
}

/** Arms the signer of a data directory; the plan before it is void. */
export function armCrash(dataDir: string, plan: CrashPlan): void {
  const file = fileIn(dataDir);
  writeFileSync(`${file}.new`, JSON.stringify(plan));
  renameSync(`${file}.new`, file);
}

/** Whether the plan was carried out: it is gone. */
export function hasCrashed(dataDir: string): boolean {
  return !existsSync(fileIn(dataDir));
}

export function disarmCrash(dataDir: string): void {
  rmSync(fileIn(dataDir), { force: true });
}

/** The plan in force; none is the usual case. */
export function readCrashPlan(dataDir: string): CrashPlan | undefined {
  try {
    return JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) as CrashPlan;
  } catch {
    return undefined;
  }
}

function fileIn(dataDir: string): string {
  return join(dataDir, 'crash-plan.json');
}
