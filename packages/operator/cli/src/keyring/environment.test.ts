import { describe, expect, it } from 'vitest';
import {
  readChoice,
  readCount,
  readFlag,
  readJson,
  readText,
  SettingError,
} from './environment.ts';

const set = (value: string): { readonly X: string } => ({ X: value });
const refused = (text: string) => expect.objectContaining({ name: 'SettingError', message: text });

describe('readFlag', () => {
  it.each(['1', 'true', 'yes', 'on', 'TRUE', 'Yes', 'oN', ' true '])('%j is true', (value) => {
    expect(readFlag(set(value), 'X')).toBe(true);
  });

  it.each(['', '0', 'false', 'no', 'off', '2', 'y', 't', 'enabled', 'tru'])(
    '%j is false',
    (value) => {
      expect(readFlag(set(value), 'X')).toBe(false);
    },
  );

  it('unset is false', () => {
    expect(readFlag({}, 'X')).toBe(false);
  });
});

describe('readCount', () => {
  it('reads whole numbers from 1', () => {
    expect(readCount(set('1'), 'X', 9)).toBe(1);
    expect(readCount(set('0030000'), 'X', 9)).toBe(30_000);
    expect(readCount(set('65535'), 'X', 9, 65_535)).toBe(65_535);
    expect(readCount({}, 'X', 9)).toBe(9);
  });

  it.each(['', '0', '-1', '1.5', '1e3', '0x10', ' 1', '1 ', 'ten', '9007199254740993', '+1'])(
    'refuses %j',
    (value) => {
      expect(() => readCount(set(value), 'X', 9)).toThrow(
        refused('X must be an integer from 1 to 9007199254740991'),
      );
    },
  );

  it('names the greatest number it takes', () => {
    expect(() => readCount(set('65536'), 'X', 9, 65_535)).toThrow(
      refused('X must be an integer from 1 to 65535'),
    );
  });
});

describe('readChoice', () => {
  const choices = ['memory', 'redis'] as const;

  it('reads a choice, exactly', () => {
    expect(readChoice(set('redis'), 'X', choices, 'memory')).toBe('redis');
    expect(readChoice({}, 'X', choices, 'memory')).toBe('memory');
  });

  it.each(['', 'Redis', ' redis', 'postgres', 'toString'])('refuses %j', (value) => {
    expect(() => readChoice(set(value), 'X', choices, 'memory')).toThrow(
      refused('X must be one of memory, redis'),
    );
  });
});

describe('readText', () => {
  it('tells unset from empty', () => {
    expect(readText({}, 'X')).toBeUndefined();
    expect(readText(set('a'), 'X')).toBe('a');
    expect(() => readText(set(''), 'X')).toThrow(refused('X must not be empty'));
  });
});

describe('readJson', () => {
  it('reads JSON; blanks and nothing are unset', () => {
    expect(readJson(set('[1]'), 'X')).toEqual([1]);
    for (const env of [{}, set(''), set(' \n')]) expect(readJson(env, 'X')).toBeUndefined();
  });

  it('repeats neither the text nor what a parser says about it', () => {
    const text = '[{"hmacSecret":"hunter2"';
    try {
      readJson(set(text), 'X');
      expect.unreachable('it was accepted');
    } catch (error) {
      expect(error).toBeInstanceOf(SettingError);
      expect(error).toMatchObject({ message: 'X must be valid JSON' });
      expect((error as Error).cause).toBeUndefined();
    }
  });
});
