/**
 * What a freeze can name: everything, a client, a key, an account.
 *
 * @module
 */

import { BoundaryError } from './errors.ts';
import { FIELD_PRIME, isHexOrDecimal, toHex } from './felt.ts';
import { LIMITS } from './limits.ts';

/** Nothing at all is signed. */
export const SCOPE_ALL = 'all';

const SCOPE_TEXT = 'all, client:<id>, key:<id>, or account:<0x…>';

/** Scope of one client. */
export function clientScope(clientId: string): string {
  return `client:${clientId}`;
}

/** Scope of one key. */
export function keyScope(keyId: string): string {
  return `key:${keyId}`;
}

/** Scope of one account, on every chain. */
export function accountScope(accountAddress: bigint): string {
  return `account:${toHex(accountAddress)}`;
}

/**
 * Reads a scope and gives its only spelling: an account as `0x` and lower-case hex without zeros in front.
 *
 * @throws BoundaryError ERR_REQUEST_INVALID with the field `scope`.
 */
export function parseScope(text: string): string {
  if (text === SCOPE_ALL) return text;
  const [, kind, name = ''] = /^(client|key|account):(.+)$/s.exec(text) ?? [];
  if (kind === 'client' && name.length <= LIMITS.clientIdChars) return clientScope(name);
  if (kind === 'key' && name.length <= LIMITS.keyIdChars) return keyScope(name);
  if (kind === 'account' && isHexOrDecimal(name) && BigInt(name) < FIELD_PRIME) {
    return accountScope(BigInt(name));
  }
  throw new BoundaryError('ERR_REQUEST_INVALID', {
    details: { field: 'scope', expected: SCOPE_TEXT },
  });
}
