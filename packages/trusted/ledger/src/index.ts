export type { Clock } from './clock-rule.ts';
export type {
  Appended,
  ClockReset,
  Committed,
  Ledger,
  LedgerStatus,
  PendingDecision,
} from './ledger.ts';
export type { Seal } from './log-key.ts';
export { type LedgerOptions, openLedger } from './open-ledger.ts';
