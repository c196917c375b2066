/**
 * What a schema has against a configuration, in words for the person who wrote it: which field, and
 * what belongs there. Never the value: it may be a secret in the wrong place.
 *
 * @module
 */

import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

export interface ConfigIssue {
  /** Path of the field, e.g. `keys[0].caps[1].token`. */
  readonly field: string;
  readonly expected: string;
}

/** Describes one issue of a schema. */
export function describeIssue(issue: Issue): ConfigIssue {
  const path = issue.path;
  if (issue.code === 'unrecognized_keys') {
    return { field: fieldOf([...path, quotableKey(issue.keys[0])]), expected: 'no such key' };
  }
  const inner = issue.code === 'invalid_union' ? closestIssue(issue.errors) : undefined;
  if (inner !== undefined) return describeIssue({ ...inner, path: [...path, ...inner.path] });
  return { field: fieldOf(path), expected: expectation(issue.message) };
}

/** Of several forms a value may have, the one it nearly has: the only one that fails further inside. */
function closestIssue(branches: readonly (readonly Issue[])[]): Issue | undefined {
  const inside = branches
    .map(([first]) => first)
    .filter((issue) => issue !== undefined && issue.path.length > 0);
  return inside.length === 1 ? inside[0] : undefined;
}

/** A key that is no plain word may be a secret that slipped to the left of a colon. */
function quotableKey(key = ''): string {
  return /^[A-Za-z_][A-Za-z0-9_-]{0,31}$/.test(key) ? key : '(a key that is no plain word)';
}

function expectation(message: string): string {
  return message.replace(/^(Invalid (input|option): |Too (small|big): )?expected /, '');
}

function fieldOf(path: readonly PropertyKey[]): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`));
  return steps.join('').replace(/^\./, '') || '(top level)';
}
