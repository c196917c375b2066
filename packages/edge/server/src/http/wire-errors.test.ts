import {
  BoundaryError,
  ERROR_CODES,
  ERROR_TABLE,
  type ErrorCode,
  type ErrorDetails,
  WIRE_PROFILES,
} from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { type Quoted, toWireError, WIRE_CODES } from './wire-errors.ts';

const ID = 'request-1';
const QUOTED: Quoted = {
  clientId: 'agent',
  keyId: 'trading',
  account: '0x0ACC',
  chain: '0x1',
  entrypoints: ['transfer', 'set_agent_id'],
};

/** Details as whoever throws the code gives them, where the texts or shapes depend on them. */
const DETAILS: Readonly<Partial<Record<ErrorCode, ErrorDetails>>> = {
  ERR_REQUEST_INVALID: { formErrors: [], fieldErrors: { accountAddress: ['expected 0x'] } },
  ERR_CONTENT_TYPE_UNSUPPORTED: { formErrors: ['expected JSON'], fieldErrors: {} },
  ERR_FELT_OUT_OF_RANGE: { field: 'nonce', value: '0xffff', expected: 'below P' },
  ERR_AUTH_HEADER_MISSING: { field: 'X-Keyring-Nonce' },
  ERR_AUTH_HEADER_TOO_LARGE: { field: 'X-Keyring-Signature', expected: 'at most 256 characters' },
  ERR_POLICY_SELECTOR_DENIED: { call: 1, rule: 'call.denied-selector' },
  ERR_POLICY_CUSTODIAN_DENIED: { text: 'the vault is closed' },
  ERR_LEAK_INBOUND: { patterns: ['pem'] },
  ERR_RATE_LIMITED: { retryAfterMs: 1_500 },
};

function errorOf(code: ErrorCode): BoundaryError {
  const details = DETAILS[code];
  return new BoundaryError(code, details === undefined ? {} : { details });
}

const EVERY = ERROR_CODES.flatMap((code) =>
  WIRE_PROFILES.map((profile) => {
    const { status, body, code: shown } = toWireError(errorOf(code), profile, ID, QUOTED);
    return { code, profile, status, body, shown };
  }),
);

/** SISNA's texts and statuses; every existing client depends on them, letter by letter. */
const SISNA: readonly [number, string, ErrorCode][] = [
  [400, 'invalid payload', 'ERR_REQUEST_INVALID'],
  [401, 'missing authentication headers', 'ERR_AUTH_HEADER_MISSING'],
  [401, 'authentication header too large', 'ERR_AUTH_HEADER_TOO_LARGE'],
  [401, 'unknown client id', 'ERR_AUTH_CLIENT_UNKNOWN'],
  [401, 'invalid timestamp', 'ERR_AUTH_TIMESTAMP_MALFORMED'],
  [401, 'timestamp outside accepted window', 'ERR_AUTH_TIMESTAMP_SKEW'],
  [401, 'invalid signature', 'ERR_AUTH_SIGNATURE_INVALID'],
  [401, 'replayed nonce', 'ERR_REQUEST_NONCE_USED'],
  [403, 'browser origins are not allowed', 'ERR_ORIGIN_DENIED'],
  [404, 'not found', 'ERR_NOT_FOUND'],
  [422, 'secret leak pattern detected in request payload', 'ERR_LEAK_INBOUND'],
  [422, 'validUntil is already expired', 'ERR_POLICY_VALIDITY_EXPIRED'],
  [422, 'validUntil exceeds maximum allowed future window', 'ERR_POLICY_VALIDITY_TOO_LONG'],
  [422, 'chainId 0x1 is not allowed', 'ERR_POLICY_CHAIN_DENIED'],
  [422, 'self-call is denied for session signing', 'ERR_POLICY_SELF_CALL'],
  [422, 'denied selector: set_agent_id', 'ERR_POLICY_SELECTOR_DENIED'],
  [422, 'client agent is not allowed to use keyId trading', 'ERR_POLICY_KEY_DENIED'],
  [422, 'client agent is not allowed to sign for account 0x0ACC', 'ERR_POLICY_ACCOUNT_DENIED'],
  [422, 'Unknown keyId: trading', 'ERR_POLICY_KEY_UNKNOWN'],
  [422, 'the vault is closed', 'ERR_POLICY_CUSTODIAN_DENIED'],
  [429, 'rate limit exceeded', 'ERR_RATE_LIMITED'],
  [500, 'internal error', 'ERR_INTERNAL'],
  [500, 'outbound leak scanner blocked response', 'ERR_LEAK_OUTBOUND'],
  [503, 'replay protection unavailable', 'ERR_NONCE_STORE_UNAVAILABLE'],
  [503, 'rate limit unavailable', 'ERR_RATE_STORE_UNAVAILABLE'],
  [503, 'signer unavailable', 'ERR_SIGNER_UNAVAILABLE'],
  [503, 'signer unavailable', 'ERR_CUSTODIAN_UNAVAILABLE'],
];

/** SPEC v1: the one status of each of its codes that has one. */
const SPEC_STATUS: Readonly<Record<string, number>> = {
  AUTH_INVALID_HMAC: 401,
  AUTH_INVALID_NONCE: 401,
  AUTH_INVALID_SIGNATURE_FORMAT: 401,
  AUTH_INVALID_CLIENT: 401,
  AUTH_TIMESTAMP_SKEW: 401,
  AUTH_MTLS_REQUIRED: 403,
  REPLAY_NONCE_USED: 409,
  POLICY_SELECTOR_DENIED: 422,
  RATE_LIMITED: 429,
  SIGNER_UNAVAILABLE: 503,
  INTERNAL_ERROR: 500,
};

describe.each(['superset', 'legacy'] as const)("SISNA's answers in %s", (profile) => {
  it.each(SISNA)('%i `%s` for %s', (status, text, code) => {
    const wire = toWireError(errorOf(code), profile, ID, QUOTED);
    expect([wire.status, wire.body.error]).toEqual([status, text]);
  });
});

describe('every code in every profile', () => {
  it('has an HTTP error status', () => {
    for (const { code, profile, status } of EVERY) {
      expect([code, profile, status >= 400 && status <= 599]).toEqual([code, profile, true]);
    }
  });

  it('never says nonce or replay with 401, unless a request nonce was used twice', () => {
    for (const { code, status, body } of EVERY) {
      if (status !== 401 || code === 'ERR_REQUEST_NONCE_USED') continue;
      const told = `${body.error} ${body.message ?? ''}`;
      expect([code, /nonce|replay/i.test(told)]).toEqual([code, false]);
    }
  });

  it('has one line of text without anything undefined in it', () => {
    for (const { code, body } of EVERY) {
      expect([code, typeof body.error]).toEqual([code, 'string']);
      expect([code, body.error]).toEqual([code, expect.not.stringMatching(/undefined|\n|object/)]);
    }
  });

  it("has exactly SPEC v1's members in strict", () => {
    for (const { code, profile, body } of EVERY) {
      if (profile !== 'strict') continue;
      const members = ['error', 'errorCode', 'requestId', 'retryable'];
      expect([code, Object.keys(body)]).toEqual([code, members]);
      expect(body.requestId).toBe(ID);
      expect(typeof body.retryable).toBe('boolean');
    }
  });

  it("has SPEC v1's status for its error code in strict", () => {
    for (const { code, profile, status, body } of EVERY) {
      if (profile !== 'strict') continue;
      const expected = SPEC_STATUS[String(body.errorCode)];
      if (expected !== undefined) expect([code, status]).toEqual([code, expected]);
      else expect([code, body.errorCode]).toEqual([code, 'POLICY_CALL_NOT_ALLOWED']);
    }
  });

  it("has nothing but SISNA's members in legacy", () => {
    const allowed = new Set(['error', 'details', 'patterns', 'retryAfterMs']);
    for (const { code, profile, body } of EVERY) {
      if (profile !== 'legacy') continue;
      const members = Object.keys(body);
      expect([code, members[0], members.filter((name) => !allowed.has(name))]).toEqual([
        code,
        'error',
        [],
      ]);
    }
  });

  it("has SPEC v1's members first, then ours, in superset", () => {
    for (const { code, profile, body, shown } of EVERY) {
      if (profile !== 'superset') continue;
      const members = Object.keys(body);
      expect(members.slice(0, 4)).toEqual(['error', 'errorCode', 'requestId', 'retryable']);
      expect(members.slice(-2)).toEqual(['code', 'next']);
      expect([code, body.code]).toEqual([code, shown]);
      expect(body).toMatchObject({
        next: ERROR_TABLE[shown].next,
        retryable: ERROR_TABLE[shown].retryable,
      });
    }
  });

  it('is the same over JSON', () => {
    for (const { body } of EVERY) expect(JSON.parse(JSON.stringify(body))).toEqual(body);
  });
});

describe('a code that only commands know', () => {
  const commands = ERROR_CODES.filter((code) => !WIRE_CODES.includes(code));

  it.each(commands)('%s is an internal fault', (code) => {
    const error = new BoundaryError(code, { details: { path: '/root/keystore.json' } });
    for (const profile of WIRE_PROFILES) {
      const wire = toWireError(error, profile, ID);
      expect(wire).toMatchObject({ status: 500, code: 'ERR_INTERNAL' });
      expect(wire.body.error).toBe('internal error');
      expect(JSON.stringify(wire)).not.toContain('keystore');
    }
  });
});

describe('the strict profile', () => {
  it('tells an unknown client what it tells a wrong code', () => {
    const unknown = toWireError(new BoundaryError('ERR_AUTH_CLIENT_UNKNOWN'), 'strict', ID);
    const wrong = toWireError(new BoundaryError('ERR_AUTH_SIGNATURE_INVALID'), 'strict', ID);
    expect(unknown).toEqual(wrong);
  });

  it('answers a replay with 409, the others with 401', () => {
    const error = new BoundaryError('ERR_REQUEST_NONCE_USED');
    const statuses = WIRE_PROFILES.map((profile) => toWireError(error, profile, ID).status);
    expect(statuses).toEqual([401, 409, 401]);
  });

  it.each([
    ['X-Keyring-Client-Id', 'AUTH_INVALID_CLIENT'],
    ['X-Keyring-Timestamp', 'AUTH_TIMESTAMP_SKEW'],
    ['X-Keyring-Nonce', 'AUTH_INVALID_NONCE'],
    ['X-Keyring-Signature', 'AUTH_INVALID_SIGNATURE_FORMAT'],
    ['X-Other', 'AUTH_INVALID_CLIENT'],
  ])('names what a missing %s is', (field, errorCode) => {
    for (const code of ['ERR_AUTH_HEADER_MISSING', 'ERR_AUTH_HEADER_TOO_LARGE'] as const) {
      const error = new BoundaryError(code, { details: { field } });
      expect(toWireError(error, 'strict', ID).body.errorCode).toBe(errorCode);
    }
  });
});

describe('extras', () => {
  it('of a schema error have the shape of the contract', () => {
    const details = DETAILS.ERR_REQUEST_INVALID;
    expect(toWireError(errorOf('ERR_REQUEST_INVALID'), 'legacy', ID).body).toEqual({
      error: 'invalid payload',
      details,
    });
  });

  it('of a felt out of range have the shape of a schema error, without its value', () => {
    const { body } = toWireError(errorOf('ERR_FELT_OUT_OF_RANGE'), 'superset', ID);
    expect(body.details).toEqual({
      formErrors: [],
      fieldErrors: { nonce: ['nonce: expected below P'] },
    });
    expect(JSON.stringify(body)).not.toContain('0xffff');
  });

  it('of a field inside are grouped under the top-level one', () => {
    const details = { field: 'calls[3].calldata[2]', value: '0xffff', expected: 'below P' };
    const error = new BoundaryError('ERR_FELT_OUT_OF_RANGE', { details });
    expect(toWireError(error, 'legacy', ID).body).toEqual({
      error: 'invalid payload',
      details: {
        formErrors: [],
        fieldErrors: { calls: ['calls[3].calldata[2]: expected below P'] },
      },
    });
  });

  it.each(['accountAddress', 'calls[12].contractAddress'])(
    'an address out of range (%s) is a denial in legacy',
    (field) => {
      const details = { field, value: '0xFfFf', expected: 'below P' };
      const error = new BoundaryError('ERR_FELT_OUT_OF_RANGE', { details });
      const legacy = toWireError(error, 'legacy', ID);
      expect([legacy.status, legacy.body.error]).toEqual([422, 'invalid felt value: 0xFfFf']);
      expect(toWireError(error, 'superset', ID).status).toBe(400);
    },
  );

  it('are the patterns, the wait and the rule, each a member of its own', () => {
    const leak = toWireError(errorOf('ERR_LEAK_INBOUND'), 'legacy', ID).body;
    const limit = toWireError(errorOf('ERR_RATE_LIMITED'), 'legacy', ID).body;
    expect(leak).toEqual({
      error: 'secret leak pattern detected in request payload',
      patterns: ['pem'],
    });
    expect(limit).toEqual({ error: 'rate limit exceeded', retryAfterMs: 1_500 });
    const denied = toWireError(errorOf('ERR_POLICY_SELECTOR_DENIED'), 'superset', ID, QUOTED).body;
    expect(denied).toMatchObject({ rule: 'call.denied-selector', details: { call: 1 } });
  });

  it('hold the text of a custodian nowhere but in the text', () => {
    const { body } = toWireError(errorOf('ERR_POLICY_CUSTODIAN_DENIED'), 'superset', ID);
    expect(body).not.toHaveProperty('details');
  });

  it('never hold a cause', () => {
    const error = new BoundaryError('ERR_INTERNAL', { cause: new Error('secret cause') });
    for (const profile of WIRE_PROFILES) {
      expect(JSON.stringify(toWireError(error, profile, ID))).not.toContain('secret cause');
    }
  });
});

it('names a denied selector only when it knows which call', () => {
  const error = new BoundaryError('ERR_POLICY_SELECTOR_DENIED', { details: { call: 7 } });
  expect(toWireError(error, 'legacy', ID, QUOTED).body.error).toBe('denied selector: ');
});
