import { describe, expect, it } from 'vitest';
import { ERROR_CODES, ERROR_TABLE, type ErrorKind, isErrorCode } from './error-table.ts';
import { BoundaryError, isBoundaryError } from './errors.ts';

const ROWS = ERROR_CODES.map((code) => [code, ERROR_TABLE[code]] as const);

/** Statuses a kind may have on the native API. */
const STATUSES: Readonly<Record<ErrorKind, readonly number[]>> = {
  malformed: [400, 404, 408, 413, 415, 431],
  unauthenticated: [401, 403],
  denied: [403],
  conflict: [409],
  throttled: [429],
  failed: [500, 503],
  unavailable: [503],
};

describe.each(ROWS)('%s', (code, row) => {
  it('has a name of the agreed form', () => {
    expect(code).toMatch(/^ERR(_[A-Z0-9]+)+$/);
  });

  it('has a status that fits its kind', () => {
    expect(STATUSES[row.kind]).toContain(row.status);
  });

  it.each(['sentence', 'next'] as const)(
    'has a %s of one line, lower case, without full stop',
    (part) => {
      const text = row[part];
      expect(text).not.toMatch(/[\n\r]|\.$|^\s|\s$/);
      expect(text.length).toBeGreaterThan(10);
      // Names of headers, methods and options keep their case.
      expect(text).toMatch(/^([a-z]|validUntil)/);
    },
  );

  it('is never retryable as a denial', () => {
    if (row.kind === 'denied') expect(row.retryable).toBe(false);
  });
});

describe('the table', () => {
  it('has no sentence twice', () => {
    const sentences = ROWS.map(([, { sentence }]) => sentence);
    expect(new Set(sentences).size).toBe(sentences.length);
  });

  it('answers for its own codes only', () => {
    expect(isErrorCode('ERR_INTERNAL')).toBe(true);
    for (const text of [
      '',
      'err_internal',
      'ERR_NOTHING',
      'constructor',
      '__proto__',
      'toString',
    ]) {
      expect(isErrorCode(text)).toBe(false);
    }
  });
});

describe('BoundaryError', () => {
  it('carries code, kind, sentence and details', () => {
    const error = new BoundaryError('ERR_POLICY_LIMIT_EXCEEDED', { details: { call: 1 } });
    expect([error.code, error.kind, error.message, error.details]).toEqual([
      'ERR_POLICY_LIMIT_EXCEEDED',
      'denied',
      ERROR_TABLE.ERR_POLICY_LIMIT_EXCEEDED.sentence,
      { call: 1 },
    ]);
  });

  it('has no cause unless one is given', () => {
    expect('cause' in new BoundaryError('ERR_INTERNAL')).toBe(false);
    const cause = new Error('disk');
    expect(new BoundaryError('ERR_INTERNAL', { cause }).cause).toBe(cause);
  });

  it('does not put its cause into JSON', () => {
    const error = new BoundaryError('ERR_INTERNAL', { cause: new Error('hunter2') });
    expect(JSON.stringify(error)).not.toContain('hunter2');
    expect(error.message).not.toContain('hunter2');
  });
});

describe('isBoundaryError', () => {
  it('knows one of another copy of the package', () => {
    class BoundaryErrorElsewhere extends Error {
      override readonly name = 'BoundaryError';
      readonly code = 'ERR_INTERNAL';
    }
    expect(isBoundaryError(new BoundaryErrorElsewhere())).toBe(true);
  });

  it.each([
    ['another error', new Error('x')],
    ['an error with a code only', Object.assign(new Error('x'), { code: 'ERR_INTERNAL' })],
    ['an object that looks alike', { name: 'BoundaryError', code: 'ERR_INTERNAL' }],
    ['nothing', undefined],
    ['a text', 'BoundaryError'],
  ])('does not take %s for one', (_name, value) => {
    expect(isBoundaryError(value)).toBe(false);
  });
});
