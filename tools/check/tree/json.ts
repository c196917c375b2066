/**
 * Reads JSON files of the tree without trusting their shape.
 *
 * @module
 */

import { readFileSync } from 'node:fs';

/** A JSON object of which nothing is known. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The object in a file. @throws Error naming the file when it is no JSON object. */
export function readJsonObject(file: string): JsonObject {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isJsonObject(value)) throw new Error(`\`${file}\` is not a JSON object`);
  return value;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The entries of an object whose values are strings; an empty object when it is none. */
export function stringEntries(value: unknown): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {};
  const strings = Object.entries(value).filter((entry): entry is [string, string] => {
    return typeof entry[1] === 'string';
  });
  return Object.fromEntries(strings);
}

/** The strings of an array; an empty one when it is none. */
export function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
