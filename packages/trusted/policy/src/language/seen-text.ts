/**
 * What was seen of a request, as text for people. Requests come from strangers, so nothing in these
 * texts can steer a terminal.
 *
 * @module
 */

import { toHex } from '@countersign/protocol';
import { UNLIMITED_AMOUNT } from './amounts.ts';
import type { FieldValue } from './field-value.ts';
import type { GroupValue } from './measure-limits.ts';
import type { PolicyUnit } from './policy-unit.ts';

const MOST_CHARS = 120;
const MOST_ITEMS = 8;
/** Larger than any amount there is: selectors and hashes, which people know in hex. */
const HASH_SIZED = 1n << 200n;

/** Printable ASCII, shortened. */
export function plainText(text: string): string {
  const plain = text.replaceAll(/[^\x20-\x7e]/g, '?');
  return plain.length <= MOST_CHARS ? plain : `${plain.slice(0, MOST_CHARS)}…`;
}

/** A value that was found, or that there is none. */
export function valueText(value: FieldValue): string {
  switch (value.kind) {
    case 'number':
      return numberText(value.value);
    case 'address':
      return toHex(value.value);
    case 'text':
      return `"${plainText(value.value)}"`;
    case 'boolean':
      return String(value.value);
    case 'list':
      return listText(value.items.map(valueText));
    case 'inapplicable':
      return 'nothing';
    case 'unreadable':
      return 'unreadable';
  }
}

/** A list, its first items: `[1, 2, and 3 more]`. */
export function listText(items: readonly string[]): string {
  const rest = items.length - MOST_ITEMS;
  const more = rest > 0 ? [`and ${rest} more`] : [];
  return `[${[...items.slice(0, MOST_ITEMS), ...more].join(', ')}]`;
}

/** Groups of a limit: `token 0x70c3, client bot`. */
export function groupsText(group: readonly GroupValue[]): string {
  return group.map(([name, value]) => `${name} ${plainText(value ?? 'none')}`).join(', ');
}

/** What a unit is: `call 0: transfer on 0x70c3`, `typed data`. */
export function callText(unit: PolicyUnit): string {
  const { call, callIndex, intent } = unit;
  if (call === undefined) return intent.action.kind.replaceAll('_', ' ');
  const reading = unit.reading();
  const name =
    reading === undefined || reading.kind === 'unknown'
      ? `selector ${toHex(call.selector)}`
      : plainText(reading.functionName);
  const hint = reading?.kind === 'undecodable' ? `, undecodable: ${plainText(reading.reason)}` : '';
  return `call ${callIndex}: ${name} on ${toHex(call.to)}${hint}`;
}

function numberText(value: bigint): string {
  if (value === UNLIMITED_AMOUNT) return 'unlimited';
  return value >= HASH_SIZED ? toHex(value) : String(value);
}
