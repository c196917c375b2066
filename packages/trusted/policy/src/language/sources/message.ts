/**
 * `message`: text that is signed as it is (`personal_sign` and its kind).
 *
 * @module
 */

import type { FieldSource } from '../field-source.ts';
import { type FieldValue, inapplicable, unreadable } from '../field-value.ts';
import type { PolicyUnit } from '../policy-unit.ts';
import { sourceOf } from './field-names.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const NO_MESSAGE = inapplicable('not a message');

export const MESSAGE: FieldSource = sourceOf('message', {
  content: { kind: 'text', resolve: (unit) => ofMessage(unit, readText) },
  byte_length: {
    kind: 'number',
    resolve: (unit) =>
      ofMessage(unit, (content) => ({ kind: 'number', value: BigInt(content.length) })),
  },
});

function ofMessage(
  { intent: { action } }: PolicyUnit,
  read: (content: Uint8Array) => FieldValue,
): FieldValue {
  return action.kind === 'message' ? read(action.content) : NO_MESSAGE;
}

function readText(content: Uint8Array): FieldValue {
  try {
    return { kind: 'text', value: UTF8.decode(content) };
  } catch {
    return unreadable('the message is not UTF-8');
  }
}
