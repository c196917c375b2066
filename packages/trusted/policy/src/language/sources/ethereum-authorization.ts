/**
 * `ethereum_7702_authorization`: the contract an account would delegate itself to.
 *
 * @module
 * @see EIP-7702
 */

import type { FieldSource } from '../field-source.ts';
import { inapplicable } from '../field-value.ts';
import { sourceOf } from './field-names.ts';

const NO_AUTHORIZATION = inapplicable('not an authorization');

export const ETHEREUM_AUTHORIZATION: FieldSource = sourceOf('ethereum_7702_authorization', {
  contract: {
    kind: 'address',
    resolve: ({ intent: { action } }) =>
      action.kind === 'ethereum_7702_authorization'
        ? { kind: 'address', value: action.contract }
        : NO_AUTHORIZATION,
  },
});
