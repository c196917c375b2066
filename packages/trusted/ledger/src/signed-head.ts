/**
 * Checkpoints of our own log: signature, origin and size.
 *
 * @module
 */

import { type ErrorDetails, isBoundaryError } from '@countersign/protocol';
import { type VerifiedCheckpoint, verifyCheckpoint } from '@countersign/tlog';
import type { Head } from './head-store.ts';
import type { Identity } from './identity.ts';
import { corruptStore } from './store-error.ts';

/**
 * Checkpoint of a stored head.
 *
 * @throws BoundaryError ERR_STORE_CORRUPT when the log did not sign it or it is of another size.
 */
export function requireSigned(head: Head, identity: Identity): VerifiedCheckpoint {
  const checkpoint = verifyOwnCheckpoint(
    head.note,
    identity,
    'a stored checkpoint does not verify',
  );
  if (checkpoint.size === head.size) return checkpoint;
  throw corruptStore('a stored checkpoint is of another size', { size: head.size });
}

/**
 * Checks a checkpoint this log is supposed to have signed.
 *
 * @param reason - What to say when it did not.
 * @param facts - Further details of that error.
 * @throws BoundaryError ERR_STORE_CORRUPT.
 */
export function verifyOwnCheckpoint(
  note: string | Uint8Array,
  { key, origin }: Identity,
  reason: string,
  facts: ErrorDetails = {},
): VerifiedCheckpoint {
  try {
    return verifyCheckpoint(note, { logKeys: [key], origin });
  } catch (cause) {
    if (isBoundaryError(cause)) throw corruptStore(reason, facts, cause);
    throw cause;
  }
}
