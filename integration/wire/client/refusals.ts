/**
 * How a refusal looks on the wire in each profile.
 *
 * @module
 */

import { expect } from 'vitest';
import type { Answer } from './wire-client.ts';

export type Profile = 'superset' | 'strict' | 'legacy';

export const PROFILES: readonly Profile[] = ['superset', 'strict', 'legacy'];

export interface Refusal {
  readonly status: number;
  /** The whole text, or a part of it as an expression. */
  readonly error: string | RegExp;
  /** SPEC v1's code; the older contract has none. */
  readonly errorCode: string;
  readonly retryable?: boolean;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** Members of an error beside `error` in the older contract. */
const LEGACY_EXTRAS = ['details', 'patterns', 'retryAfterMs'];
const STRICT_MEMBERS = ['error', 'errorCode', 'requestId', 'retryable'];

/** Fails the test unless `answer` refuses in exactly this way and in the form of the profile. */
export function expectRefusal(profile: Profile, answer: Answer, refusal: Refusal): void {
  const { status, error, errorCode, retryable = false } = refusal;
  const text = answer.json.error;
  if (typeof error === 'string') expect(text).toBe(error);
  else expect(text).toMatch(error);
  expect(answer.status).toBe(status);
  expectErrorShape(profile, answer);
  if (profile === 'legacy') return;
  expect(answer.json).toMatchObject({ errorCode, retryable });
}

/** Members, headers and the words that clients tell cases apart by. */
function expectErrorShape(profile: Profile, { status, headers, json }: Answer): void {
  const members = Object.keys(json);
  expect(headers['content-type']).toBe('application/json; charset=utf-8');
  expect(headers['x-request-id']).toBeTypeOf('string');
  expect(headers['x-powered-by']).toBeUndefined();
  if (profile === 'strict') expect(new Set(members)).toEqual(new Set(STRICT_MEMBERS));
  if (profile === 'legacy') {
    expect(members.filter((member) => !LEGACY_EXTRAS.includes(member))).toEqual(['error']);
  }
  if (profile === 'superset') expect(members).toEqual(expect.arrayContaining(STRICT_MEMBERS));
  if (status === 401 && json.error !== 'replayed nonce') {
    expect(json.error).not.toMatch(/nonce|replay/i);
  }
}

/** A request id the server made itself. */
export function expectOwnRequestId(requestId: unknown): void {
  expect(requestId).toMatch(UUID);
}
