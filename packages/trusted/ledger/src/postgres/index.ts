export { openSharedLedger, type SharedLedgerOptions } from './open-shared-ledger.ts';
