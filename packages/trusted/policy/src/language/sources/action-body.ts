/**
 * `action_request_body`: a path in the body of a high-level action, compared as it is.
 *
 * @module
 */

import type { FieldSource } from '../field-source.ts';
import { type FieldValue, inapplicable, unreadable } from '../field-value.ts';
import type { PolicyJson } from '../policy-intent.ts';

/** An exact comparison and nothing else: numbers are text here, and text has no order. */
const OPERATORS = ['eq', 'in', 'in_condition_set'];

export const ACTION_BODY: FieldSource = {
  name: 'action_request_body',
  compile({ field, operator }, { profile, refuse }) {
    const path = field.split('.');
    if (path.includes('')) throw refuse('field', field, 'names joined by full stops');
    if (profile === 'strict' && !OPERATORS.includes(operator)) {
      throw refuse('operator', operator, '', OPERATORS);
    }
    return {
      kind: 'any',
      resolve: ({ intent: { action } }) =>
        action.kind === 'action_request_body'
          ? readJson(action.body, path, field)
          : inapplicable('not an action with a body'),
    };
  },
};

function readJson(body: PolicyJson, path: readonly string[], field: string): FieldValue {
  let at: PolicyJson | undefined = body;
  for (const step of path) at = memberOf(at, step);
  return at === undefined || at === null ? inapplicable(`no ${field} in the body`) : toValue(at);
}

function memberOf(value: PolicyJson | undefined, name: string): PolicyJson | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  // A list has its items, and a length that is no part of the body.
  if (Array.isArray(value) && !/^[0-9]+$/.test(name)) return undefined;
  return (value as Readonly<Record<string, PolicyJson>>)[name];
}

function toValue(value: PolicyJson): FieldValue {
  if (typeof value === 'string') return { kind: 'text', value };
  if (typeof value === 'boolean') return { kind: 'boolean', value };
  if (Array.isArray(value)) return { kind: 'list', items: value.map(toValue) };
  return unreadable('an object, or nothing, where a value was expected');
}
