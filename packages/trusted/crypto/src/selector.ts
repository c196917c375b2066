/**
 * Selectors: the numbers by which a Starknet contract knows its entrypoints.
 *
 * @module
 * @see https://docs.starknet.io/learn/protocol/cryptography — starknet_keccak
 */

import { BoundaryError, FIELD_PRIME, isHex } from '@countersign/protocol';
import { keccak } from '@scure/starknet';
import { createBoundedCache } from './bounded-cache.ts';

/** A Cairo identifier; 256 characters are the limit the wire contract sets for an entrypoint. */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,255}$/;

const CACHED_NAMES = 1_024;
const selectorsByName = createBoundedCache<string, bigint>(CACHED_NAMES);

/** An entrypoint as a request names it. `name` is there only when the request used a name. */
export interface Entrypoint {
  /** In [0, P); below 2^250 when it was made from a name. */
  readonly selector: bigint;
  readonly name?: string;
}

/**
 * The selector of an entrypoint name: Keccak-256 of its ASCII bytes, low 250 bits.
 *
 * @param name - `[A-Za-z_][A-Za-z0-9_]*`, at most 256 characters.
 * @returns A felt in [0, 2^250).
 * @throws BoundaryError ERR_REQUEST_INVALID for any other text.
 * @remarks Keeps the selectors of the last 1,024 names.
 */
export function selectorOf(name: string): bigint {
  if (!isIdentifier(name)) throw invalid('name', 'a Cairo identifier of at most 256 characters');
  return selectorsByName.getOrCompute(name, keccakOfAscii);
}

/**
 * Reads the entrypoint of a call: `0x…` is the selector itself, anything else must be a name.
 *
 * INVARIANT: a hex text is never hashed as a name, so the selector that is judged is the selector
 * that is signed. Tested in `selector.test.ts`.
 *
 * @param text - `0x` and 1–64 hex digits with a value below P, or a name as in {@link selectorOf}.
 * @param field - Name of the value, used in the error.
 * @throws BoundaryError ERR_REQUEST_INVALID, `details`: `field`, `expected`.
 */
export function parseEntrypoint(text: string, field = 'entrypoint'): Entrypoint {
  if (isIdentifier(text)) return { selector: selectorOf(text), name: text };
  const selector = isHex(text) ? BigInt(text) : FIELD_PRIME;
  if (selector < FIELD_PRIME) return { selector };
  throw invalid(
    field,
    'a Cairo identifier of at most 256 characters, or 0x and a selector below the field prime',
  );
}

// The type is checked too: a regular expression would take `undefined` for a name.
function isIdentifier(text: unknown): text is string {
  return typeof text === 'string' && IDENTIFIER.test(text);
}

function keccakOfAscii(text: string): bigint {
  return keccak(new TextEncoder().encode(text));
}

function invalid(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_REQUEST_INVALID', { details: { field, expected } });
}
