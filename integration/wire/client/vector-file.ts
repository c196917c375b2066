/**
 * Vector files, read only when they are the ones that were reviewed.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const VECTORS = new URL('../../../vectors/', import.meta.url);

/**
 * Reads a JSON file below `vectors/`.
 *
 * @throws Error when its SHA-256 is not the one that the README beside it states.
 */
export function readVectors(area: string, name: string): unknown {
  const bytes = readFileSync(new URL(`${area}/${name}`, VECTORS));
  const readme = readFileSync(new URL(`${area}/README.md`, VECTORS), 'utf8');
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (!readme.includes(`\`${name}\` | \`${digest}\``)) {
    throw new Error(`vectors/${area}/${name} is not the file its README describes`);
  }
  return JSON.parse(bytes.toString('utf8'));
}
