import { describe, expect, it } from 'vitest';
import { refusalOf } from '../test/refusal.ts';
import { signedRequest, transferBody } from '../test/request.ts';
import {
  AGENT,
  MAX_SKEW_MS,
  NONCE_TTL_MS,
  NOW_MS,
  OTHER,
  signerSettings,
} from '../test/settings.ts';
import { createRequestCheck, type ForwardedRequest } from './request-check.ts';

const check = createRequestCheck(signerSettings());

function codeFor(request: ForwardedRequest, body: Uint8Array, nowMs = NOW_MS): string {
  return refusalOf(() => check.check(request, body, nowMs)).code;
}

it('accepts a request under the current secret', () => {
  const { request, body } = signedRequest();
  expect(check.check(request, body, NOW_MS)).toBe(NOW_MS + NONCE_TTL_MS);
});

it('accepts a request under the secret to come', () => {
  const client = { clientId: AGENT.clientId, secret: 'agent-secret-to-come' };
  const { request, body } = signedRequest({ client });
  expect(check.check(request, body, NOW_MS)).toBeGreaterThan(NOW_MS);
});

it('accepts an upper-case code', () => {
  const { request, body } = signedRequest();
  const signature = request.signature.toUpperCase();
  expect(check.check({ ...request, signature }, body, NOW_MS)).toBeGreaterThan(NOW_MS);
});

describe('refuses a request of which one thing was changed', () => {
  const changes: readonly [string, Partial<ForwardedRequest>, string][] = [
    ['client', { clientId: OTHER.clientId }, 'ERR_AUTH_SIGNATURE_INVALID'],
    ['client nobody knows', { clientId: 'nobody' }, 'ERR_AUTH_SIGNATURE_INVALID'],
    [
      'client named like a member of objects',
      { clientId: '__proto__' },
      'ERR_AUTH_SIGNATURE_INVALID',
    ],
    ['timestamp', { timestamp: String(NOW_MS + 1) }, 'ERR_AUTH_SIGNATURE_INVALID'],
    ['timestamp with a zero in front', { timestamp: `0${NOW_MS}` }, 'ERR_AUTH_SIGNATURE_INVALID'],
    ['timestamp as a decimal', { timestamp: `${NOW_MS}.0` }, 'ERR_AUTH_TIMESTAMP_MALFORMED'],
    ['request nonce', { requestNonce: 'another' }, 'ERR_AUTH_SIGNATURE_INVALID'],
    ['request nonce with a full stop', { requestNonce: 'a.b' }, 'ERR_AUTH_NONCE_MALFORMED'],
    ['method', { method: 'GET' }, 'ERR_AUTH_SIGNATURE_INVALID'],
    ['target', { target: '/v1/sign/session-transaction?x' }, 'ERR_AUTH_SIGNATURE_INVALID'],
    ['code', { signature: '00'.repeat(32) }, 'ERR_AUTH_SIGNATURE_INVALID'],
    ['code that is cut short', { signature: '00' }, 'ERR_AUTH_SIGNATURE_INVALID'],
    ['code that is empty', { signature: '' }, 'ERR_AUTH_SIGNATURE_INVALID'],
  ];

  it.each(changes)('%s', (_, change, code) => {
    const { request, body } = signedRequest();
    expect(codeFor({ ...request, ...change }, body)).toBe(code);
  });

  it('body', () => {
    const { request } = signedRequest();
    expect(codeFor(request, transferBody({ nonce: '0x8' }))).toBe('ERR_AUTH_SIGNATURE_INVALID');
  });

  it('code with something behind it', () => {
    const { request, body } = signedRequest();
    const signature = `${request.signature}00`;
    expect(codeFor({ ...request, signature }, body)).toBe('ERR_AUTH_SIGNATURE_INVALID');
  });
});

describe('the clock', () => {
  it.each([0, MAX_SKEW_MS, -MAX_SKEW_MS])('may differ by %i ms', (differenceMs) => {
    const { request, body } = signedRequest({ timestampMs: NOW_MS - differenceMs });
    expect(check.check(request, body, NOW_MS)).toBeGreaterThan(NOW_MS);
  });

  it.each([MAX_SKEW_MS + 1, -MAX_SKEW_MS - 1])('may not differ by %i ms', (differenceMs) => {
    const { request, body } = signedRequest({ timestampMs: NOW_MS - differenceMs });
    expect(codeFor(request, body)).toBe('ERR_AUTH_TIMESTAMP_SKEW');
  });

  it('is not told to whoever cannot authenticate', () => {
    const { request, body } = signedRequest({ timestampMs: 0 });
    const code = codeFor({ ...request, signature: '00'.repeat(32) }, body);
    expect(code).toBe('ERR_AUTH_SIGNATURE_INVALID');
  });
});

describe('the request nonce is kept', () => {
  it('at least for twice the skew, whatever its configured lifetime', () => {
    const brief = createRequestCheck(signerSettings({ nonceTtlMs: 1 }));
    const { request, body } = signedRequest();
    expect(brief.check(request, body, NOW_MS)).toBe(NOW_MS + 2 * MAX_SKEW_MS);
  });

  it('from the timestamp on when that is ahead of the clock', () => {
    const { request, body } = signedRequest({ timestampMs: NOW_MS + MAX_SKEW_MS });
    expect(check.check(request, body, NOW_MS)).toBe(NOW_MS + MAX_SKEW_MS + NONCE_TTL_MS);
  });

  it('beyond the last moment at which the request could be accepted', () => {
    const brief = createRequestCheck(signerSettings({ nonceTtlMs: 1 }));
    for (const timestampMs of [NOW_MS - MAX_SKEW_MS, NOW_MS, NOW_MS + MAX_SKEW_MS]) {
      const { request, body } = signedRequest({ timestampMs });
      const keptUntilMs = brief.check(request, body, NOW_MS);
      const lastMomentMs = timestampMs + MAX_SKEW_MS;
      expect(keptUntilMs).toBeGreaterThan(lastMomentMs);
    }
  });
});
