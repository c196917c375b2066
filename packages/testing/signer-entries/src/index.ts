export { OUTCOMES_FILE, TARGETS_FILE } from './attempt-files.ts';
export { type Outcome, type Targets, tryEverything } from './attempts.ts';
export { setClockOffsetMs } from './clock-offset.ts';
export {
  armCrash,
  type CrashPlan,
  type CrashPoint,
  disarmCrash,
  hasCrashed,
} from './crash-plan.ts';
export { type Misbehaviour, misbehave } from './misbehaviour.ts';
export { POLLED_FLAG_FILE, POLLED_FLAG_MS } from './polled-flag.ts';
export {
  entryFile,
  launchSupervised,
  StartFailed,
  type Supervised,
  type SupervisedOptions,
  startSupervised,
} from './supervised.ts';
export type { ChildName, ChildPids, Entries } from './supervisor-messages.ts';
