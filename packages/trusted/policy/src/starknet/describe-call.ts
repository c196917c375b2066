/**
 * A call in words, for people who are asked about it or read of it.
 *
 * Words are for reading only: nothing is ever decided by them. Amounts are exact in base units;
 * the decimal number beside them is the same amount as a token shows it.
 *
 * @module
 */

import type { StarknetCall } from '../language/policy-intent.ts';
import type { CallReading, DecodedValue, TokenEffect } from './call-reading.ts';

/** How a token shows its amounts. */
export interface DisplayToken {
  readonly symbol: string;
  /** Digits behind the point, a whole number from 0. */
  readonly decimals: number;
}

type Tokens = ReadonlyMap<bigint, DisplayToken>;
type Decoded = CallReading & { readonly kind: 'decoded' };

const MAX_PARAMETERS = 8;
const MAX_TEXT_CHARS = 80;

/**
 * What a call does, in one line.
 *
 * @param reading - Of this call.
 * @param tokens - By contract; others are shown in base units with their address.
 * @returns For instance `transfer of 1.5 STRK (1500000000000000000 base units) to 0xb0b`. Nothing in
 *   it moves a cursor or hides a letter, whatever the calldata says.
 */
export function describeCall(call: StarknetCall, reading: CallReading, tokens: Tokens): string {
  switch (reading.kind) {
    case 'unknown':
      return `${hex(call.selector)} on ${hex(call.to)} with ${count(call.calldata.length, 'felt')}`;
    case 'undecodable':
      return `${reading.functionName} on ${hex(call.to)}, not readable: ${reading.reason}`;
    case 'decoded':
      return decodedWords(call, reading, tokens);
  }
}

/**
 * An amount as its token shows it, without zeros behind the last digit: 1500 with 3 decimals is `1.5`.
 *
 * @param amount - Base units, not negative.
 */
export function formatUnits(amount: bigint, decimals: number): string {
  const digits = amount.toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const rest = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return rest === '' ? whole : `${whole}.${rest}`;
}

function decodedWords(call: StarknetCall, reading: Decoded, tokens: Tokens): string {
  const { functionName, effects } = reading;
  const [first, ...rest] = effects;
  if (first === undefined) return harmlessWords(call, reading);
  if (rest.length === 0 && first.token === call.to) return effectWords(functionName, first, tokens);
  const all = effects.map((effect) => effectWords(effect.kind, effect, tokens));
  return `${functionName} on ${hex(call.to)}: ${all.join('; ')}`;
}

function effectWords(what: string, effect: TokenEffect, tokens: Tokens): string {
  const words = `${what} of ${amountWords(effect, tokens.get(effect.token))}`;
  return effect.recipient === undefined ? words : `${words} to ${hex(effect.recipient)}`;
}

function amountWords({ amount, token }: TokenEffect, display: DisplayToken | undefined): string {
  const name = display?.symbol ?? hex(token);
  if (amount === 'unlimited') return `any amount of ${name}`;
  if (display === undefined) return `${count(amount, 'base unit')} of ${name}`;
  return `${formatUnits(amount, display.decimals)} ${name} (${count(amount, 'base unit')})`;
}

function harmlessWords(
  call: StarknetCall,
  { functionName, parameters, effectsUnknown }: Decoded,
): string {
  const shown = [...parameters].slice(0, MAX_PARAMETERS);
  const words = shown.map(([name, value]) => `${name} ${valueWords(value)}`);
  const more = parameters.size - shown.length;
  if (more > 0) words.push(`${more} more`);
  const what = words.length === 0 ? '' : `: ${words.join(', ')}`;
  const warning = effectsUnknown === true ? ' (what it moves is not known)' : '';
  return `${functionName} on ${hex(call.to)}${what}${warning}`;
}

function valueWords(value: DecodedValue): string {
  switch (value.kind) {
    case 'number':
    case 'boolean':
      return String(value.value);
    case 'address':
      return hex(value.value);
    case 'text':
      return textWords(value.value);
    case 'list':
      return `[${count(value.items.length, 'item')}]`;
    case 'struct':
      return `{${[...value.fields.keys()].join(' ')}}`;
  }
}

function textWords(text: string): string {
  const letters = [...text.slice(0, MAX_TEXT_CHARS + 1)];
  const shown = letters.slice(0, MAX_TEXT_CHARS).join('');
  return `"${visible(shown)}${shown.length < text.length ? '…' : ''}"`;
}

/** What a terminal or a browser would obey or hide is made visible. */
function visible(text: string): string {
  return text.replaceAll(/[\p{C}\p{Z}"\\]/gu, (letter) =>
    letter === ' ' ? letter : `\\u{${letter.codePointAt(0)?.toString(16)}}`,
  );
}

function count(amount: bigint | number, what: string): string {
  return `${amount} ${what}${BigInt(amount) === 1n ? '' : 's'}`;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
