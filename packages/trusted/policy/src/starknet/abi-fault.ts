/**
 * How a malformed ABI is refused.
 *
 * @module
 */

import { BoundaryError } from '@countersign/protocol';

const MAX_FOUND_CHARS = 120;

/**
 * ERR_CONFIG_INVALID that names the place in the ABI.
 *
 * @param field - Path from the root, such as `abi[3].inputs[0].type`.
 * @param found - What stands there; shown shortened.
 */
export function abiFault(field: string, found: unknown, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', {
    details: { field, found: shown(found), expected },
  });
}

function shown(found: unknown): string {
  if (found === undefined) return 'nothing';
  if (found === null) return 'null';
  if (Array.isArray(found)) return 'a list';
  if (typeof found === 'object') return 'an object';
  return String(found).slice(0, MAX_FOUND_CHARS);
}
