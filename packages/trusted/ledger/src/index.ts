export type { Awaitable, AwaitableLedger, FreezeLease } from './awaitable-ledger.ts';
export type { Charge, Reserved, Settlement, SpendWindow } from './charge.ts';
export type { CheckRange, LogFault, LogReport } from './check-log.ts';
export { checkSpending, type SpendingFault, type SpendingReport } from './check-spending.ts';
export type { Clock } from './clock-rule.ts';
export { exportLedger, type LedgerExport } from './export-ledger.ts';
export type { TileExport } from './export-tiles.ts';
export { importLedger } from './import-ledger.ts';
export type { NewIntent, StoredAnswer, StoredIntent } from './intents.ts';
export type {
  Appended,
  ClockReset,
  CommitOutcome,
  Committed,
  FrozenScope,
  IntentAnswer,
  Ledger,
  LedgerStatus,
  PendingDecision,
} from './ledger.ts';
export { type LedgerReader, openLedgerReader, type ReaderStatus } from './ledger-reader.ts';
export type { Seal } from './log-key.ts';
export type { IndexedEntry } from './log-store.ts';
export { type LedgerOptions, openLedger } from './open-ledger.ts';
export { parseStoreAddress } from './postgres/store-address.ts';
export { resealLogKey } from './reseal-log-key.ts';
export { type BucketFigures, fullestBuckets } from './spending-figures.ts';
