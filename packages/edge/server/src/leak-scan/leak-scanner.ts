/**
 * Finds what looks like a secret in a request or a response.
 *
 * A net for accidents, not a wall: it finds a key that was pasted, logged or left in a prompt, also
 * when it is escaped or in base64. Whoever wants to hide a secret from it can.
 *
 * @module
 */

import type { JsonValue } from '@countersign/protocol';
import { LEAK_PATTERNS, matchesPattern } from './leak-patterns.ts';
import { readableForms } from './readable-forms.ts';

export interface LeakScanner {
  /**
   * Looks through a text and its decoded form.
   *
   * @param rawText - Body of a request or response, decoded from UTF-8.
   * @param decoded - The same text parsed as JSON; `undefined` when there is none.
   * @returns Ids of the patterns found, each once, in table order; empty when nothing was found.
   * @remarks Time and memory grow linearly with the text. Changes nothing, throws nothing.
   */
  scan(rawText: string, decoded: JsonValue | undefined): readonly string[];
}

/** Ids a scanner can report, in the order in which it reports them. */
export const LEAK_PATTERN_IDS: readonly string[] = LEAK_PATTERNS.map((pattern) => pattern.id);

/** Creates a scanner. It has no state: one serves all requests. */
export function createLeakScanner(): LeakScanner {
  return {
    scan(rawText, decoded) {
      const forms = readableForms(rawText, decoded).map((text) => ({
        text,
        lower: text.toLowerCase(),
      }));
      return LEAK_PATTERNS.filter((pattern) =>
        forms.some(({ text, lower }) => matchesPattern(pattern, text, lower)),
      ).map((pattern) => pattern.id);
    },
  };
}
