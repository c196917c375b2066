/**
 * Calls that stand in the parameters of another call.
 *
 * @module
 */

import type { StarknetCall } from '../language/policy-intent.ts';
import type { DecodedValue } from './call-reading.ts';

/**
 * The calls at the end of a path through structs.
 *
 * @param path - Names from the parameter inwards, to a list of structs with `to`, `selector` and
 *   `calldata`. What is no such struct is left out; built-in layouts have no other.
 */
export function carriedCalls(
  path: readonly string[],
  parameters: ReadonlyMap<string, DecodedValue>,
): readonly StarknetCall[] {
  let found: DecodedValue | undefined = { kind: 'struct', fields: parameters };
  for (const name of path) found = found?.kind === 'struct' ? found.fields.get(name) : undefined;
  if (found?.kind !== 'list') return [];
  return found.items.map(asCall).filter((call) => call !== undefined);
}

function asCall(value: DecodedValue): StarknetCall | undefined {
  if (value.kind !== 'struct') return undefined;
  const to = value.fields.get('to');
  const selector = value.fields.get('selector');
  const calldata = value.fields.get('calldata');
  if (to?.kind !== 'address' || selector?.kind !== 'number' || calldata?.kind !== 'list') {
    return undefined;
  }
  const felts = calldata.items.map((item) => (item.kind === 'number' ? item.value : undefined));
  return {
    to: to.value,
    selector: selector.value,
    calldata: felts.filter((felt) => felt !== undefined),
  };
}
