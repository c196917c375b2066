/**
 * The code an answer carries, once everything else about the answer is found to fit it.
 *
 * @module
 */

import { tmpdir } from 'node:os';
import { ERROR_TABLE, type ErrorCode, isErrorCode } from '@countersign/protocol';
import { expect } from 'vitest';
import type { Profile } from '../wire/client/refusals.ts';

/** What is looked at; an answer of the client and a response off a bare connection both fit. */
export interface Refused {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Lines of a stack, modules and places on a disk. */
export const TRACES = /(?:\\n|\n)\s+at |node:|file:\/\/|node_modules|packages\/|\.[cm]?[jt]s\b/;

/** Profiles whose errors have more than a text. */
type WithErrorCode = Exclude<Profile, 'legacy'>;

const MEMBERS = ['error', 'errorCode', 'requestId', 'retryable'];

/**
 * Fails the test unless the answer refuses as the table and the profile say, in JSON that tells
 * nothing of the inside.
 *
 * @returns The code in its header.
 */
export function codeIn(answer: Refused, profile: WithErrorCode = 'superset'): string {
  const { status, headers, json } = answer;
  const code = String(headers['x-countersign-code']);
  if (!isErrorCode(code)) throw new Error(`no code of the table: ${status} ${code}`);
  const { retryable, next } = ERROR_TABLE[code];
  expect(status).toBe(profile === 'strict' ? ERROR_TABLE[code].status : supersetStatus(code));
  expect(headers['content-type']).toBe('application/json; charset=utf-8');
  expect(json).toMatchObject({ retryable, ...(profile === 'strict' ? {} : { code, next }) });
  const members = Object.keys(json);
  expect(members).toEqual(profile === 'strict' ? MEMBERS : expect.arrayContaining(MEMBERS));
  expect(json).not.toHaveProperty('signature');
  expectNoTraces(JSON.stringify({ headers, json }));
  return code;
}

/** Fails the test when a text tells where our program or our data lies. */
function expectNoTraces(text: string): void {
  expect(text).not.toMatch(TRACES);
  for (const place of [tmpdir(), process.cwd()]) expect(text).not.toContain(place);
}

/** Denials whose code does not begin like those of a policy. */
const OTHER_DENIALS: readonly ErrorCode[] = ['ERR_LEAK_INBOUND', 'ERR_FROZEN'];

/** The older contract knows 401 for a replay and 422 for whatever a policy denies. */
function supersetStatus(code: ErrorCode): number {
  if (code === 'ERR_REQUEST_NONCE_USED') return 401;
  const isDenied = code.startsWith('ERR_POLICY_') || OTHER_DENIALS.includes(code);
  return isDenied ? 422 : ERROR_TABLE[code].status;
}
