/**
 * Reading of environment variables with the rules of the older signer: an empty string is not
 * "unset", booleans are `1`, `true`, `yes`, `on` in any case, and everything else is false.
 *
 * @module
 */

export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting that cannot be used; the text names the variable and what was expected of it. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

const TRUE = new Set(['1', 'true', 'yes', 'on']);

export function readFlag(env: Environment, name: string): boolean {
  return TRUE.has((env[name] ?? '').trim().toLowerCase());
}

/** @throws SettingError unless the value is an integer from 1 to `most`. */
export function readCount(
  env: Environment,
  name: string,
  fallback: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  const text = env[name];
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || value < 1 || value > most) {
    throw new SettingError(`${name} must be an integer from 1 to ${most}`);
  }
  return value;
}

/** @throws SettingError unless the value is one of `choices`. */
export function readChoice<T extends string>(
  env: Environment,
  name: string,
  choices: readonly T[],
  fallback: T,
): T {
  const text = env[name];
  if (text === undefined) return fallback;
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new SettingError(`${name} must be one of ${choices.join(', ')}`);
  return found;
}

/** @throws SettingError when the variable is set to nothing. */
export function readText(env: Environment, name: string): string | undefined {
  if (env[name] === '') throw new SettingError(`${name} must not be empty`);
  return env[name];
}

/** Parses a JSON list or object; `undefined` when unset or empty. @throws SettingError. */
export function readJson(env: Environment, name: string): unknown {
  const text = env[name] ?? '';
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // The text may hold secrets: neither it nor the parser's message is repeated.
    throw new SettingError(`${name} must be valid JSON`);
  }
}
