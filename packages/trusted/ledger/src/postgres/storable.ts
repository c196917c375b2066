/**
 * Texts Postgres can hold.
 *
 * @module
 */

import { BoundaryError } from '@countersign/protocol';
import type { PendingDecision } from '../ledger.ts';

/**
 * Refuses the one character Postgres has no place for; nothing that is signed for needs it.
 *
 * @throws BoundaryError ERR_INTERNAL.
 */
export function requireStorable({ nonceKey, scopes, slot = '', charges }: PendingDecision): void {
  requireStorableTexts([nonceKey, slot, ...scopes, ...charges.map(({ bucket }) => bucket)]);
}

/** As {@link requireStorable}. */
export function requireStorableTexts(texts: readonly string[]): void {
  if (!texts.some((text) => text.includes('\0'))) return;
  throw new BoundaryError('ERR_INTERNAL', {
    details: { area: 'ledger', expected: 'texts without the character NUL' },
  });
}
