import { describe, expect, it } from 'vitest';
import { isBoundaryError } from './errors.ts';
import { parseFreezeRequest, parseUnfreezeRequest } from './freeze-request.ts';
import { parseScope } from './freeze-scope.ts';
import type { JsonValue } from './strict-json.ts';

function refusal(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return isBoundaryError(error) ? [error.code, error.details.field] : error;
  }
}

const P = '0x800000000000011000000000000000000000000000000000000000000000001';

describe('a scope', () => {
  it.each([
    ['nothing', ''],
    ['a word', 'everything'],
    ['another case', 'ALL'],
    ['a kind that does not exist', 'chain:0x1'],
    ['no name', 'client:'],
    ['a client id that no header can carry', `client:${'x'.repeat(129)}`],
    ['a key id that is too long', `key:${'x'.repeat(65)}`],
    ['an account that is no number', 'account:abc'],
    ['an account at the field prime', `account:${P}`],
    ['blanks around an account', 'account: 0x1'],
  ])('is refused: %s', (_name, text) => {
    expect(refusal(() => parseScope(text))).toEqual(['ERR_REQUEST_INVALID', 'scope']);
  });

  it.each([
    ['all', 'all'],
    ['client:trading-bot', 'client:trading-bot'],
    ['client:with:colon', 'client:with:colon'],
    ['key:treasury', 'key:treasury'],
    ['account:0x00AcC0', 'account:0xacc0'],
    ['account:44224', 'account:0xacc0'],
  ])('has one spelling: %s', (text, scope) => {
    expect(parseScope(text)).toBe(scope);
  });
});

describe('a body', () => {
  it.each<[string, JsonValue, string]>([
    ['without a scope', {}, 'scope'],
    ['with a number as scope', { scope: '' }, 'scope'],
    ['with another member', { scope: 'all', until: '1' }, 'body'],
    ['with a reason that is a list', { scope: 'all', reason: ['x'] }, 'reason'],
    ['with a reason that is too long', { scope: 'all', reason: 'x'.repeat(513) }, 'reason'],
    ['that is a list', [], 'body'],
    ['that is nothing', null, 'body'],
  ])('to freeze is refused: %s', (_name, body, field) => {
    expect(refusal(() => parseFreezeRequest(body))).toEqual(['ERR_REQUEST_INVALID', field]);
  });

  it('to unfreeze takes no reason', () => {
    const body = { scope: 'all', reason: 'over' };
    expect(refusal(() => parseUnfreezeRequest(body))).toEqual(['ERR_REQUEST_INVALID', 'body']);
  });

  it('is read', () => {
    expect(parseFreezeRequest({ scope: 'account:0x0a', reason: 'odd' })).toEqual({
      scope: 'account:0xa',
      reason: 'odd',
    });
    expect(parseFreezeRequest({ scope: 'all' }).reason).toBeUndefined();
    expect(parseUnfreezeRequest({ scope: 'key:k' })).toEqual({ scope: 'key:k' });
  });
});
