/**
 * The OpenAPI document as a file for people: the same content the server answers, in YAML.
 *
 * @module
 */

import { openApiDocument } from '@countersign/server';
import { stringify } from 'yaml';

const HEAD = `# Made by tools/generate-docs.ts from the schemas the server parses with; do not edit.
# The running server answers the same document at GET /openapi.json.
`;

/** `docs/openapi.yaml`; the same text on every call. */
export function openApiPage(): string {
  return HEAD + stringify(openApiDocument(), { aliasDuplicateObjects: false, lineWidth: 100 });
}
