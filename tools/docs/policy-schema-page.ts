/**
 * The schema of policy documents as a file, for editors: completion and sentences while one types.
 *
 * @module
 */

import { policyJsonSchema } from '@countersign/protocol';

const HEAD = {
  $comment:
    'Made by tools/generate-docs.ts from the schema policies are parsed with; do not edit. It knows the shape; what the words mean together, loading checks.',
  title: 'Countersign policy',
};

/** `docs/policy.schema.json`; the same text on every call. */
export function policySchemaPage(): string {
  return `${JSON.stringify({ ...HEAD, ...policyJsonSchema() }, undefined, 2)}\n`;
}
