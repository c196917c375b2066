export {
  ERROR_CODES,
  ERROR_TABLE,
  type ErrorCode,
  type ErrorKind,
  type ErrorRow,
  isErrorCode,
} from './error-table.ts';
export {
  BoundaryError,
  type BoundaryErrorOptions,
  type DetailValue,
  type ErrorDetails,
  isBoundaryError,
} from './errors.ts';
export {
  CURVE_ORDER,
  FIELD_PRIME,
  isHex,
  isHexOrDecimal,
  joinU256,
  parseFelt,
  parseU64,
  parseU128,
  toHex,
} from './felt.ts';
export { Secret } from './secret.ts';
