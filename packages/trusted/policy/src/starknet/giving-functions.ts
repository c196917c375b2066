/**
 * Functions that move tokens, or the right to move them, wherever they are called.
 *
 * @module
 */

import { BUILTIN_FUNCTIONS } from './builtin-abis/builtin-abis.ts';
import { OPAQUE_ENTRYPOINTS } from './token-effects.ts';

/** Names of all functions an amount limit may count something of, or must refuse. */
export const GIVING_FUNCTIONS: ReadonlySet<string> = new Set([
  ...BUILTIN_FUNCTIONS.filter(({ effect }) => effect !== undefined).map(({ abi }) => abi.name),
  ...OPAQUE_ENTRYPOINTS,
]);
