/**
 * What an approver sends: an answer to an intent with its evidence, or a signed wish to see intents.
 *
 * @module
 */

import { z } from 'zod';
import { BoundaryError } from './errors.ts';
import type { JsonValue } from './strict-json.ts';

/** Names the approver who asks for intents. */
export const APPROVER_HEADER = 'X-Countersign-Approver';
/** Milliseconds since 1970, decimal digits. */
export const APPROVER_TIME_HEADER = 'X-Countersign-Timestamp';
/** 64 bytes over {@link approverRequest}, base64url without padding. */
export const APPROVER_SIGNATURE_HEADER = 'X-Countersign-Signature';

const MOST_BASE64_CHARS = 8_192;
const base64url = z
  .string()
  .min(1)
  .max(MOST_BASE64_CHARS)
  .regex(/^[A-Za-z0-9_-]+$/, 'expected base64url without padding');

/** The body of an answer; exactly one of `signature` and `passkey`. */
export const intentAnswerSchema = z.strictObject({
  approver: z.string().min(1).max(64),
  answer: z.enum(['approve', 'deny']),
  signature: base64url.optional(),
  passkey: z
    .strictObject({
      authenticatorData: base64url,
      clientDataJSON: base64url,
      signature: base64url,
    })
    .optional(),
});

export type IntentAnswer = z.infer<typeof intentAnswerSchema>;

/** @throws BoundaryError ERR_REQUEST_INVALID with the `field` and what was `expected`. */
export function parseIntentAnswer(body: JsonValue): IntentAnswer {
  const parsed = intentAnswerSchema.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') ?? '';
    throw invalid(field === '' ? 'body' : field, issue?.message ?? 'another form');
  }
  const { signature, passkey } = parsed.data;
  if ((signature === undefined) === (passkey === undefined)) {
    throw invalid('signature', 'either a signature or a passkey');
  }
  return parsed.data;
}

/**
 * The bytes an approver signs to see intents: four lines, each ended by a line feed. The first keeps
 * them apart from answers.
 *
 * @param target - Path and query as they stand on the request line.
 * @param timestamp - As sent.
 * @throws RangeError when a part could hold a line feed.
 */
export function approverRequest(method: string, target: string, timestamp: string): Uint8Array {
  if (!/^[A-Z]+$/.test(method) || !/^[\x21-\x7e]+$/.test(target) || !/^[0-9]+$/.test(timestamp)) {
    throw new RangeError('method, target, timestamp: expected printable characters without blanks');
  }
  const lines = ['countersign-approver-request/v1', method, target, timestamp];
  return Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf8');
}

function invalid(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_REQUEST_INVALID', { details: { field, expected } });
}
