/**
 * `reference`: Privy's aggregations, running sums its service keeps.
 *
 * Nobody keeps them here: limits with a window are our way to say the same, exactly.
 *
 * @module
 */

import type { FieldSource } from '../field-source.ts';
import { inapplicable, unreadable } from '../field-value.ts';

const AGGREGATION = /^aggregation\..+$/;
const REASON = 'aggregations are not kept here; use a limit with a window';

export const REFERENCE: FieldSource = {
  name: 'reference',
  compile({ field }, { profile, refuse }) {
    if (!AGGREGATION.test(field)) throw refuse('field', field, 'aggregation.<id>');
    const value = profile === 'strict' ? unreadable(REASON) : inapplicable(REASON);
    return { kind: 'number', resolve: () => value };
  },
};
