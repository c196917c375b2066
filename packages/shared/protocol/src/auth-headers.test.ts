import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assertRequestNonce,
  assertSignatureForm,
  parseTimestamp,
  type RawAuthHeaders,
  readAuthHeaders,
  WIRE_PROFILES,
  type WireProfile,
} from './auth-headers.ts';
import { refusalOf } from './fixtures/refusal.ts';
import { LIMITS } from './limits.ts';
import { canonicalRequest } from './request-mac.ts';

const HEADERS: RawAuthHeaders = {
  clientId: 'mcp-tests',
  timestamp: '1770984000000',
  requestNonce: '00112233445566778899aabbccddeeff',
  signature: 'a'.repeat(64),
};

const FIELDS = {
  clientId: 'X-Keyring-Client-Id',
  timestamp: 'X-Keyring-Timestamp',
  requestNonce: 'X-Keyring-Nonce',
  signature: 'X-Keyring-Signature',
} as const;

const NAMES = Object.keys(FIELDS) as (keyof typeof FIELDS)[];

describe('readAuthHeaders', () => {
  it.each(WIRE_PROFILES)('passes complete headers on as sent (%s)', (profile) => {
    const sent = { ...HEADERS, clientId: ' Mixed Case ', signature: 'ABC' };
    expect(readAuthHeaders(sent, profile, undefined)).toEqual(sent);
  });

  const missing = NAMES.flatMap((name) =>
    [undefined, '', '  \t'].map((value) => [name, value] as const),
  );
  it.each(missing)('refuses %s that is %j', (name, value) => {
    for (const profile of WIRE_PROFILES) {
      const error = refusalOf(() =>
        readAuthHeaders({ ...HEADERS, [name]: value }, profile, undefined),
      );
      expect(error.code).toBe('ERR_AUTH_HEADER_MISSING');
      expect(error.details.field).toBe(FIELDS[name]);
    }
  });

  it('lets an absent client id mean the default one, outside the strict profile', () => {
    const sent = { ...HEADERS, clientId: undefined };
    expect(readAuthHeaders(sent, 'superset', 'main').clientId).toBe('main');
    expect(readAuthHeaders(sent, 'legacy', 'main').clientId).toBe('main');
    expect(refusalOf(() => readAuthHeaders(sent, 'strict', 'main')).code).toBe(
      'ERR_AUTH_HEADER_MISSING',
    );
  });

  it('does not let an empty client id mean the default one', () => {
    const sent = { ...HEADERS, clientId: '' };
    expect(refusalOf(() => readAuthHeaders(sent, 'superset', 'main')).details.field).toBe(
      'X-Keyring-Client-Id',
    );
  });

  it.each([
    ['clientId', LIMITS.clientIdChars],
    ['timestamp', LIMITS.timestampChars],
    ['requestNonce', LIMITS.requestNonceChars],
    ['signature', LIMITS.signatureChars],
  ] as const)('bounds %s to %i characters', (name, limit) => {
    const read = (length: number) =>
      readAuthHeaders({ ...HEADERS, [name]: '1'.repeat(length) }, 'superset', undefined);
    expect(() => read(limit)).not.toThrow();
    const error = refusalOf(() => read(limit + 1));
    expect(error.code).toBe('ERR_AUTH_HEADER_TOO_LARGE');
    expect(error.details.field).toBe(FIELDS[name]);
  });

  it('leaves the length of a nonce to assertRequestNonce in the strict profile', () => {
    const sent = { ...HEADERS, requestNonce: 'n'.repeat(200) };
    expect(readAuthHeaders(sent, 'strict', undefined).requestNonce).toHaveLength(200);
  });

  it('names a missing header before an oversized one', () => {
    const sent = { ...HEADERS, clientId: 'x'.repeat(500), signature: undefined };
    expect(refusalOf(() => readAuthHeaders(sent, 'legacy', undefined)).code).toBe(
      'ERR_AUTH_HEADER_MISSING',
    );
  });
});

describe('parseTimestamp', () => {
  it.each(['0', '1770984000000', '0001770984000000', String(Number.MAX_SAFE_INTEGER)])(
    'reads %s',
    (text) => {
      expect(parseTimestamp(text)).toBe(Number(text));
    },
  );

  it.each([
    ['nothing', ''],
    ['a decimal fraction', '1770984000000.5'],
    ['a fraction of zero', '1770984000000.0'],
    ['an exponent', '1795160160.992e3'],
    ['a sign', '+1770984000000'],
    ['a negative time', '-1'],
    ['hex', '0x19c'],
    ['a blank before', ' 1770984000000'],
    ['a line feed after', '1770984000000\n'],
    ['a separator', '1_770'],
    ['Infinity', 'Infinity'],
    ['a number past the safe integers', '9007199254740992'],
    ['full-width digits', '１２'],
  ])('refuses %s', (_name, text) => {
    const error = refusalOf(() => parseTimestamp(text));
    expect(error.code).toBe('ERR_AUTH_TIMESTAMP_MALFORMED');
    expect(error.details.field).toBe('X-Keyring-Timestamp');
  });
});

describe('assertRequestNonce', () => {
  const accepts = (text: string, profile: WireProfile): boolean => {
    try {
      assertRequestNonce(text, profile);
      return true;
    } catch {
      return false;
    }
  };

  it.each(WIRE_PROFILES)('refuses a full stop anywhere (%s)', (profile) => {
    const nonce = HEADERS.requestNonce ?? '';
    for (const text of [`.${nonce}`, `${nonce}.`, `0011.${nonce}`]) {
      const error = refusalOf(() => assertRequestNonce(text, profile));
      expect(error.code).toBe('ERR_AUTH_NONCE_MALFORMED');
      expect(error.details.field).toBe('X-Keyring-Nonce');
    }
  });

  it('counts UTF-8 bytes in the strict profile, 16 to 256', () => {
    const cases: readonly (readonly [string, boolean])[] = [
      ['n'.repeat(15), false],
      ['n'.repeat(16), true],
      ['n'.repeat(256), true],
      ['n'.repeat(257), false],
      ['é'.repeat(8), true],
      ['é'.repeat(7), false],
      ['é'.repeat(128), true],
      ['é'.repeat(129), false],
    ];
    for (const [text, expected] of cases)
      expect([text, accepts(text, 'strict')]).toEqual([text, expected]);
  });

  it('accepts the short nonces of older clients in the other profiles', () => {
    expect(accepts('nonce-1', 'superset')).toBe(true);
    expect(accepts('nonce-1', 'legacy')).toBe(true);
    expect(accepts('nonce-1', 'strict')).toBe(false);
  });
});

describe('assertSignatureForm', () => {
  it.each(['deadbeef', 'DEADbeef', 'a'.repeat(64), '0'])('accepts %s', (text) => {
    expect(() => assertSignatureForm(text)).not.toThrow();
  });

  it.each(['not-hex-signature', '0xab', `${'a'.repeat(64)} `, 'ab\n', '', 'ag'])(
    'refuses %j',
    (text) => {
      expect(refusalOf(() => assertSignatureForm(text)).code).toBe('ERR_AUTH_SIGNATURE_MALFORMED');
    },
  );
});

describe('the delimiter of the canonical string', () => {
  const body = Buffer.from('{}');
  const line = { method: 'POST', target: '/v1/sign/session-transaction', body };
  const isAccepted = (timestamp: string, requestNonce: string): boolean => {
    try {
      parseTimestamp(timestamp);
      assertRequestNonce(requestNonce, 'superset');
      return true;
    } catch {
      return false;
    }
  };

  it('cannot be moved from the nonce into the timestamp', () => {
    const sent = { timestamp: '1770984000', requestNonce: '992.nonce', ...line };
    const moved = { timestamp: '1770984000.992', requestNonce: 'nonce', ...line };
    expect(canonicalRequest(moved)).toBe(canonicalRequest(sent));
    expect(isAccepted(sent.timestamp, sent.requestNonce)).toBe(false);
    expect(isAccepted(moved.timestamp, moved.requestNonce)).toBe(false);
  });

  it('cannot be moved anywhere: accepted headers can be read back from the string', () => {
    const piece = fc.string({ unit: fc.constantFrom(...'019.aZ-é'), minLength: 1, maxLength: 12 });
    const target = fc.constantFrom('/', '/v1/sign', '/a.b?c=d.e', '/.POST./');
    fc.assert(
      fc.property(piece, piece, target, (timestamp, requestNonce, path) => {
        fc.pre(isAccepted(timestamp, requestNonce));
        const text = canonicalRequest({
          timestamp,
          requestNonce,
          method: 'POST',
          target: path,
          body,
        });
        const [first, second, method, ...rest] = text.split('.');
        expect([first, second, method]).toEqual([timestamp, requestNonce, 'POST']);
        expect(rest.slice(0, -1).join('.')).toBe(path);
      }),
    );
  });
});
