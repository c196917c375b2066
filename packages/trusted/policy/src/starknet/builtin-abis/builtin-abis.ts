/**
 * All built-in ABIs.
 *
 * A selector means the same wherever it is called, so layouts that share one are tried in this
 * order; `call-reader.ts` says what happens when several fit.
 *
 * @module
 */

import type { BuiltinFunction } from './builtin-function.ts';
import { ERC20 } from './erc20.ts';
import { ERC721 } from './erc721.ts';
import { ERC1155 } from './erc1155.ts';
import { ERC4626 } from './erc4626.ts';
import { OUTSIDE_EXECUTION } from './outside-execution.ts';
import { SESSION_ACCOUNT } from './session-account.ts';

export const BUILTIN_FUNCTIONS: readonly BuiltinFunction[] = [
  ...ERC4626,
  ...ERC20,
  ...ERC721,
  ...ERC1155,
  ...OUTSIDE_EXECUTION,
  ...SESSION_ACCOUNT,
];
