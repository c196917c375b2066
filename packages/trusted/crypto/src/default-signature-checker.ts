/**
 * The signature checker with the fast verifier of this package.
 *
 * @module
 */

import { BoundaryError } from '@countersign/protocol';
import { createSignatureChecker, type SignatureChecker } from './own-signature-check.ts';
import { createFastVerifier, type TableVerifier } from './wasm/fast-verifier.ts';

export interface DefaultSignatureCheckerOptions {
  /** Told once when the fast verifier could not be made, failed or disagreed: the rest runs in JavaScript. */
  readonly onWarning: (warning: BoundaryError) => void;
  /** Makes the fast verifier. Default: WebAssembly. */
  readonly createFast?: () => TableVerifier;
}

/**
 * Creates a checker that verifies in WebAssembly as soon as the table of a key is made, and in
 * JavaScript before that, for further keys, and after a fault.
 *
 * @remarks Reads `wasm/stark.wasm`. Never throws: without the fast verifier it warns and is slow.
 */
export function createDefaultSignatureChecker({
  onWarning,
  createFast = createFastVerifier,
}: DefaultSignatureCheckerOptions): SignatureChecker {
  try {
    return createSignatureChecker({ fast: createFast(), onWarning });
  } catch (cause) {
    onWarning(
      new BoundaryError('ERR_INTERNAL', {
        details: { part: 'fast verifier', reason: 'could not be made' },
        cause,
      }),
    );
    return createSignatureChecker();
  }
}
