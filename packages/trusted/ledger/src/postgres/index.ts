export { openSharedLedger, type SharedLedgerOptions } from './open-shared-ledger.ts';
export { withSharedReader } from './shared-reader.ts';
