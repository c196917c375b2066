/**
 * For sources whose fields are a closed list of names.
 *
 * @module
 */

import type { PolicyCondition, PolicyFieldSource } from '@countersign/protocol';
import type { CompileContext, CompiledField, FieldSource } from '../field-source.ts';

/** Looks a field up. @throws BoundaryError naming the fields there are. */
export function namedField<T>(
  fields: ReadonlyMap<string, T>,
  { field }: PolicyCondition,
  { refuse }: CompileContext,
): T {
  const found = fields.get(field);
  if (found === undefined) throw refuse('field', field, '', [...fields.keys()]);
  return found;
}

/** A source with exactly these fields. */
export function sourceOf(
  name: PolicyFieldSource,
  fields: Readonly<Record<string, CompiledField>>,
): FieldSource {
  const byName = new Map(Object.entries(fields));
  return { name, compile: (condition, context) => namedField(byName, condition, context) };
}
