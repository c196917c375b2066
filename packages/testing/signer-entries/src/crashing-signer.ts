/**
 * Entry: the real signer process, which kills itself where the plan in its data directory says.
 *
 * @module
 */

import { StatementSync } from 'node:sqlite';
import { runSignerProcess } from '@countersign/signer';
import { type CrashPoint, disarmCrash, readCrashPlan } from './crash-plan.ts';

const dataDir = process.cwd();
const reached = { plan: '', times: 0 };

function reach(point: CrashPoint): void {
  const plan = readCrashPlan(dataDir);
  if (plan?.point !== point) return;
  if (plan.id !== reached.plan) Object.assign(reached, { plan: plan.id, times: 0 });
  reached.times += 1;
  if (reached.times < plan.occurrence) return;
  disarmCrash(dataDir);
  // Nothing after this line runs: the signal is there before the call returns.
  process.kill(process.pid, 'SIGKILL');
}

/** Puts the points of the transaction around every COMMIT. */
function watchCommits(): void {
  const { run } = StatementSync.prototype;
  Object.defineProperty(StatementSync.prototype, 'run', {
    value: function watched(this: StatementSync, ...values: unknown[]): unknown {
      if (this.sourceSQL !== 'COMMIT') return Reflect.apply(run, this, values);
      reach('committing');
      const result: unknown = Reflect.apply(run, this, values);
      reach('durable');
      return result;
    },
  });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

watchCommits();
runSignerProcess({
  control: process.stdin,
  events: process.stdout,
  programDirs: process.argv.slice(2),
  onStep: reach,
});
