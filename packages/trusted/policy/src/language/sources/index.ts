/**
 * The sources of fields, by name.
 *
 * @module
 */

import { EVALUATED_FIELD_SOURCES } from '@countersign/protocol';
import type { FieldSource } from '../field-source.ts';

const SOURCES: readonly FieldSource[] = [];

const BY_NAME: ReadonlyMap<string, FieldSource> = new Map(
  SOURCES.map((source) => [source.name, source]),
);

/** The source with this name; `undefined` for one whose chain this boundary does not read. */
export function fieldSource(name: string): FieldSource | undefined {
  return BY_NAME.get(name);
}

/** Names that {@link fieldSource} should know and does not; empty once every source exists. */
export function missingSources(): readonly string[] {
  return EVALUATED_FIELD_SOURCES.filter((name) => !BY_NAME.has(name));
}
