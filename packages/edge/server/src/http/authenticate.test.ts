import {
  computeRequestMac,
  isBoundaryError,
  LIMITS,
  type MacInput,
  type RawAuthHeaders,
  Secret,
} from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import {
  AGENT,
  edgeSettings,
  MAX_SKEW_MS,
  NEXT_SECRETS,
  NOW_MS,
  OTHER,
} from '../../test/settings.ts';
import { type Authenticator, createAuthenticator } from './authenticate.ts';

const LINE = { method: 'POST', target: '/v1/sign/session-transaction' } as const;
const BODY = Buffer.from('{"a":1}', 'utf8');
const EMPTY = new Uint8Array(0);
const CALLER = { address: '127.0.0.1', certificate: undefined };
const NONCE = '00112233445566778899aabbccddeeff';

interface Sent {
  readonly line: typeof LINE | { readonly method: string; readonly target: string };
  readonly raw: RawAuthHeaders;
  readonly bodies: readonly Uint8Array[];
}

function macOf(secret: string, input: Partial<MacInput> = {}): string {
  return computeRequestMac(new Secret(secret), {
    timestamp: String(NOW_MS),
    requestNonce: NONCE,
    ...LINE,
    body: BODY,
    ...input,
  });
}

/** An honest request with headers replaced after signing. */
function sent(changes: Partial<RawAuthHeaders> = {}): Sent {
  const raw = {
    clientId: AGENT.clientId,
    timestamp: String(NOW_MS),
    requestNonce: NONCE,
    signature: macOf(AGENT.secret),
    ...changes,
  };
  return { line: LINE, raw, bodies: [BODY] };
}

function verdict(request: Sent, authenticator = createAuthenticator(edgeSettings())): string {
  try {
    const { line, raw, bodies } = request;
    authenticator.authenticate(line, raw, bodies, CALLER, NOW_MS);
    return 'ok';
  } catch (error) {
    if (isBoundaryError(error)) return error.code;
    throw error;
  }
}

function authenticatorIn(profile: 'superset' | 'strict' | 'legacy'): Authenticator {
  return createAuthenticator(edgeSettings({ profile }));
}

describe('a request under a secret of its client', () => {
  it('is accepted with its headers and the body the code covers', () => {
    const { line, raw, bodies } = sent();
    const authenticator = createAuthenticator(edgeSettings());
    const { headers, body } = authenticator.authenticate(line, raw, bodies, CALLER, NOW_MS);
    expect(headers).toEqual(raw);
    expect(body).toBe(BODY);
  });

  it.each([AGENT.secret, ...NEXT_SECRETS])('is accepted under each of five (%s)', (secret) => {
    expect(verdict(sent({ signature: macOf(secret) }))).toBe('ok');
  });

  it('is accepted in upper case', () => {
    expect(verdict(sent({ signature: macOf(AGENT.secret).toUpperCase() }))).toBe('ok');
  });

  it('agrees with the published vectors', () => {
    const secret = 'throw-away-hmac-secret-bench-0001';
    const clients = [{ clientId: 'bench', secrets: [secret], certificates: [] }];
    const authenticator = createAuthenticator(edgeSettings({ clients }));
    const signature = '5c696d26821f01a35644faafec13e6bc58c87b5b7cdf9a34eb466cef2ae39f7e';
    expect(verdict(sent({ clientId: 'bench', signature }), authenticator)).toBe('ok');
  });
});

describe('a request that was changed after signing', () => {
  const other = '/v1/sign/session-transaction?';
  const changes: readonly [string, Sent][] = [
    ['another client', sent({ clientId: OTHER.clientId })],
    ['another timestamp', sent({ timestamp: String(NOW_MS + 1) })],
    ['the same timestamp in other digits', sent({ timestamp: `0${NOW_MS}` })],
    ['another request nonce', sent({ requestNonce: `${NONCE}0` })],
    ['another method', { ...sent(), line: { ...LINE, method: 'PUT' } }],
    ['another target', { ...sent(), line: { ...LINE, target: other } }],
    ['another body', { ...sent(), bodies: [Buffer.from('{"a":2}')] }],
    ['a body where there was one', { ...sent(), bodies: [EMPTY] }],
    ['no candidate at all', { ...sent(), bodies: [] }],
    ['a code of another length', sent({ signature: macOf(AGENT.secret).slice(0, 62) })],
    ['a code with more behind it', sent({ signature: `${macOf(AGENT.secret)}00` })],
    ['a code of zeros', sent({ signature: '0'.repeat(64) })],
    ['a code under the secret of another', sent({ signature: macOf(OTHER.secret) })],
    ['a code under nothing', sent({ signature: macOf('') })],
  ];

  it.each(changes)('is refused: %s', (_, request) => {
    expect(verdict(request)).toBe('ERR_AUTH_SIGNATURE_INVALID');
  });
});

describe('the delimiter of the canonical string cannot be moved', () => {
  // Without the rules below, (timestamp, nonce) = (T, "x.y") and (T.x, "y") have one code.
  it('by a full stop in the request nonce', () => {
    const requestNonce = 'aa.bb';
    const signature = macOf(AGENT.secret, { requestNonce });
    expect(verdict(sent({ requestNonce, signature }))).toBe('ERR_AUTH_NONCE_MALFORMED');
  });

  it('by a full stop in the timestamp', () => {
    const requestNonce = 'aa.bb';
    const signature = macOf(AGENT.secret, { requestNonce });
    const moved = sent({ timestamp: `${NOW_MS}.aa`, requestNonce: 'bb', signature });
    expect(verdict(moved)).toBe('ERR_AUTH_TIMESTAMP_MALFORMED');
  });

  it('by an exponent, a sign, a blank or other digits', () => {
    const seconds = NOW_MS / 1000;
    for (const timestamp of [
      `${seconds}e3`,
      `+${NOW_MS}`,
      ` ${NOW_MS}`,
      '１７７０９８４０００',
      '0x1',
    ]) {
      const signature = macOf(AGENT.secret, { timestamp });
      expect(verdict(sent({ timestamp, signature }))).toBe('ERR_AUTH_TIMESTAMP_MALFORMED');
    }
  });

  it.each(['superset', 'strict', 'legacy'] as const)('in %s', (profile) => {
    const requestNonce = `${'a'.repeat(20)}.b`;
    const signature = macOf(AGENT.secret, { requestNonce });
    const refused = verdict(sent({ requestNonce, signature }), authenticatorIn(profile));
    expect(refused).toBe('ERR_AUTH_NONCE_MALFORMED');
  });
});

describe('the clock', () => {
  it.each([0, MAX_SKEW_MS, -MAX_SKEW_MS])('may differ by %i ms', (differenceMs) => {
    const timestamp = String(NOW_MS + differenceMs);
    expect(verdict(sent({ timestamp, signature: macOf(AGENT.secret, { timestamp }) }))).toBe('ok');
  });

  it.each([MAX_SKEW_MS + 1, -MAX_SKEW_MS - 1])('may not differ by %i ms', (differenceMs) => {
    const timestamp = String(NOW_MS + differenceMs);
    const signature = macOf(AGENT.secret, { timestamp });
    expect(verdict(sent({ timestamp, signature }))).toBe('ERR_AUTH_TIMESTAMP_SKEW');
  });
});

describe('the order of refusals', () => {
  const worst: Partial<RawAuthHeaders> = {
    clientId: 'nobody',
    timestamp: 'now',
    requestNonce: 'a.b',
    signature: 'no hex',
  };
  const steps: readonly [string, Partial<RawAuthHeaders>][] = [
    ['ERR_AUTH_CLIENT_UNKNOWN', {}],
    ['ERR_AUTH_TIMESTAMP_MALFORMED', { clientId: AGENT.clientId }],
    ['ERR_AUTH_TIMESTAMP_SKEW', { clientId: AGENT.clientId, timestamp: '1' }],
    ['ERR_AUTH_NONCE_MALFORMED', { clientId: AGENT.clientId, timestamp: String(NOW_MS) }],
    [
      'ERR_AUTH_SIGNATURE_MALFORMED',
      { clientId: AGENT.clientId, timestamp: String(NOW_MS), requestNonce: NONCE },
    ],
  ];

  it.each(steps)('%s comes before what is wrong besides', (code, corrected) => {
    expect(verdict(sent({ ...worst, ...corrected }))).toBe(code);
  });

  it('a missing header comes first', () => {
    expect(verdict(sent({ ...worst, signature: undefined }))).toBe('ERR_AUTH_HEADER_MISSING');
  });

  it('an oversized header comes before the client', () => {
    const signature = 'a'.repeat(LIMITS.signatureChars + 1);
    expect(verdict(sent({ ...worst, signature }))).toBe('ERR_AUTH_HEADER_TOO_LARGE');
  });
});

describe('an unknown client', () => {
  const names = ['nobody', '__proto__', 'constructor', 'AGENT'];

  it.each(names)('is refused as such outside strict (%s)', (clientId) => {
    expect(verdict(sent({ clientId }))).toBe('ERR_AUTH_CLIENT_UNKNOWN');
  });

  it('passes through every check of a known one in strict', () => {
    const strict = authenticatorIn('strict');
    const codes = (clientId: string): string[] =>
      [{ timestamp: '1' }, { timestamp: 'x' }, { requestNonce: 'short' }, { signature: 'zz' }].map(
        (change) => verdict(sent({ clientId, ...change }), strict),
      );
    expect(codes('nobody')).toEqual(codes(AGENT.clientId));
  });

  it('is refused last in strict, and does not get in with an empty secret', () => {
    const strict = authenticatorIn('strict');
    for (const signature of [macOf(''), macOf(AGENT.secret), '0'.repeat(64)]) {
      expect(verdict(sent({ clientId: 'nobody', signature }), strict)).toBe(
        'ERR_AUTH_CLIENT_UNKNOWN',
      );
    }
  });
});

describe('the default client', () => {
  const settings = { defaultClientId: AGENT.clientId };

  it.each(['superset', 'legacy'] as const)('is meant when none is named in %s', (profile) => {
    const authenticator = createAuthenticator(edgeSettings({ ...settings, profile }));
    expect(verdict(sent({ clientId: undefined }), authenticator)).toBe('ok');
  });

  it('is never meant in strict', () => {
    const authenticator = createAuthenticator(edgeSettings({ ...settings, profile: 'strict' }));
    expect(verdict(sent({ clientId: undefined }), authenticator)).toBe('ERR_AUTH_HEADER_MISSING');
  });

  it('is not meant when there is none', () => {
    expect(verdict(sent({ clientId: undefined }))).toBe('ERR_AUTH_HEADER_MISSING');
  });
});

describe('a body the contract is of two minds about', () => {
  it('may be covered or not, and the covered one is what counts', () => {
    const authenticator = createAuthenticator(edgeSettings());
    const { line, raw } = sent({ signature: macOf(AGENT.secret, { body: EMPTY }) });
    const { body } = authenticator.authenticate(line, raw, [BODY, EMPTY], CALLER, NOW_MS);
    expect(body).toBe(EMPTY);
  });

  it('must be covered when only one is possible', () => {
    const signature = macOf(AGENT.secret, { body: EMPTY });
    expect(verdict(sent({ signature }))).toBe('ERR_AUTH_SIGNATURE_INVALID');
  });
});

describe('with client certificates', () => {
  const tls = { certPem: 'x', keyPem: 'x', caPem: 'x', clientCertificates: true };
  const authenticator = createAuthenticator(edgeSettings({ tls }));

  it('the right code without one is not enough', () => {
    expect(verdict(sent(), authenticator)).toBe('ERR_AUTH_CERTIFICATE_REQUIRED');
  });

  it('one of another client is refused before the code is looked at', () => {
    const certificate = { sha256: 'a'.repeat(64), names: [OTHER.clientId] };
    const { line, raw, bodies } = sent({ signature: '0'.repeat(64) });
    const caller = { address: '127.0.0.1', certificate };
    expect(() => authenticator.authenticate(line, raw, bodies, caller, NOW_MS)).toThrow(
      'the client certificate does not belong to this client id',
    );
  });
});
