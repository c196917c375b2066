/**
 * `client` and `key`: who asks, and which key would sign.
 *
 * @module
 */

import type { FieldSource } from '../field-source.ts';
import { sourceOf } from './field-names.ts';

export const CLIENT: FieldSource = sourceOf('client', {
  id: { kind: 'text', resolve: ({ intent }) => ({ kind: 'text', value: intent.clientId }) },
});

export const KEY: FieldSource = sourceOf('key', {
  id: { kind: 'text', resolve: ({ intent }) => ({ kind: 'text', value: intent.keyId }) },
});
