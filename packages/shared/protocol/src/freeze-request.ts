/**
 * Bodies of the requests an operator makes to freeze and to unfreeze.
 *
 * @module
 */

import { z } from 'zod';
import { BoundaryError } from './errors.ts';
import { parseScope } from './freeze-scope.ts';
import { LIMITS } from './limits.ts';
import type { JsonValue } from './strict-json.ts';

/** Names the operator who asks; takes the place of X-Keyring-Client-Id. */
export const OPERATOR_HEADER = 'X-Countersign-Operator';

const SCOPE_CHARS = 512;

/** `reason` is for whoever reads the request; the log keeps its digest only. */
export const freezeRequestSchema = z.strictObject({
  scope: z.string().min(1).max(SCOPE_CHARS),
  reason: z.string().max(LIMITS.contextChars.reason).optional(),
});

export const unfreezeRequestSchema = z.strictObject({
  scope: z.string().min(1).max(SCOPE_CHARS),
});

export interface FreezeRequest {
  /** In its only spelling, see `freeze-scope.ts`. */
  readonly scope: string;
  readonly reason: string | undefined;
}

/** @throws BoundaryError ERR_REQUEST_INVALID with the `field` and what was `expected`. */
export function parseFreezeRequest(body: JsonValue): FreezeRequest {
  const { scope, reason } = read(freezeRequestSchema, body);
  return { scope: parseScope(scope), reason };
}

/** @throws BoundaryError ERR_REQUEST_INVALID with the `field` and what was `expected`. */
export function parseUnfreezeRequest(body: JsonValue): { readonly scope: string } {
  return { scope: parseScope(read(unfreezeRequestSchema, body).scope) };
}

function read<T>(schema: z.ZodType<T>, body: JsonValue): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new BoundaryError('ERR_REQUEST_INVALID', {
    details: { field: field === '' ? 'body' : field, expected: issue?.message ?? 'another form' },
  });
}
