// What the compiled module offers. Pointers are byte offsets into its memory; see the files named.

export { absorb, INPUT, INPUT_FELTS, OUTPUT, reset, squeeze } from './poseidon';
export { invertScalar } from './inverse';
export {
  beginTable,
  buildWindow,
  checkSum,
  EXPECTED_X,
  FIRST,
  MAX_WINDOW_BITS,
  SECOND,
  tableBytes,
  windowCount,
} from './table';

// Parts, so that tests reach the edges of the code that ships rather than of a copy of it.
export { canonical, isZero } from './element';
export {
  addNarrow,
  combine,
  mixKeyed,
  mul,
  mulNarrow,
  mulSub,
  negate,
  partialRounds,
  sqr,
  sub,
  subThree,
  unpack,
} from './generated/field';
export {
  addAffine,
  double,
  hasX,
  invert,
  isInfinity,
  POINT,
  setAside,
  setInfinity,
  storePoint,
  sumOrDifferenceHasX,
} from './curve';
export { HALF, KEYS, ONE, ORDER, ORDER_NEGATED_INVERSE, PLAIN_ONE, PRIME, QUARTER, R_SQUARED } from './generated/constants';

/** First byte not used by the module itself: tables go here. */
export const FREE: usize = __heap_base;
