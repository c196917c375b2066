/**
 * The generated part of the module's source, as text by file name.
 *
 * `tools/build-wasm.mjs` writes these files and compiles; run by itself this module does nothing.
 *
 * @module
 */

import { emitConstants } from './emit-constants.mjs';
import { emitField } from './emit-field.mjs';

/** @returns {Record<string, string>} Paths below `assembly/` and their full text. */
export function generateSources() {
  return {
    'generated/constants.ts': emitConstants(),
    'generated/field.ts': emitField(),
  };
}
