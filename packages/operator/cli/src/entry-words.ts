/**
 * A log entry in words.
 *
 * Entries are written by the signer as canonical JSON; here they are read back leniently, because an
 * old command may meet a newer entry: what is not understood is left out, never guessed.
 *
 * @module
 */

import { decodeShortString, selectorOf } from '@countersign/crypto';
import { DENIED_ENTRYPOINTS, readTokenCall } from '@countersign/policy';
import { ERROR_TABLE, isErrorCode } from '@countersign/protocol';

type Json = Readonly<Record<string, unknown>>;

const COMMON_ENTRYPOINTS = [
  'transfer',
  'transfer_from',
  'transferFrom',
  'approve',
  'increase_allowance',
  'increaseAllowance',
  'multi_route_swap',
];

const NAMES: ReadonlyMap<bigint, string> = new Map([
  ...DENIED_ENTRYPOINTS.map(({ name, selector }): [bigint, string] => [selector, name]),
  ...COMMON_ENTRYPOINTS.map((name): [bigint, string] => [selectorOf(name), name]),
]);

/** Name of an entrypoint that is known by its selector. */
export function entrypointName(selector: bigint): string | undefined {
  return NAMES.get(selector);
}

/** Parses an entry's bytes; `undefined` when they are not one JSON object. */
export function readEntry(bytes: Uint8Array): Json | undefined {
  try {
    return asObject(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return undefined;
  }
}

/** What an entry says, as rows for people. */
export function entryRows(entry: Json): Readonly<Record<string, string>> {
  const asked = asObject(entry.asked);
  const message = asObject(entry.message);
  const request = asObject(entry.request);
  return dropEmpty({
    time: text(entry.time),
    client: text(entry.client),
    asked: asked === undefined ? text(request?.target) : askedWords(asked),
    ...callRows(asked),
    decided: decisionWords(entry),
    policy: text(entry.policy),
    signed: message === undefined ? undefined : signedWords(message),
    'request id': text(entry.requestId),
  });
}

/** One line for lists: index, time, client, decision, what was asked. */
export function entryLine(index: number, entry: Json): string {
  const asked = asObject(entry.asked);
  const what = asked === undefined ? text(entry.type) : callsInWords(entry);
  const parts = [text(entry.time), text(entry.client), decisionWords(entry), what];
  return [String(index).padStart(6), ...parts.map((part) => part ?? '-')].join('  ');
}

/** The calls of a request, in words. */
export function callsInWords(entry: Json): string {
  return list(asObject(entry.asked)?.calls).map(callWords).join('; ');
}

function askedWords(asked: Json): string {
  const chain = text(asked.chain) ?? '?';
  return `account ${text(asked.account)} on ${chainName(chain)}, nonce ${text(asked.accountNonce)}, valid until ${untilWords(asked.validUntil)}`;
}

function callRows(asked: Json | undefined): Record<string, string> {
  const calls = list(asked?.calls);
  return Object.fromEntries(calls.map((call, i) => [`call ${i + 1}`, callWords(call)]));
}

function callWords(call: Json): string {
  const to = text(call.to) ?? '?';
  const selector = felt(call.selector);
  const name = selector === undefined ? '?' : (NAMES.get(selector) ?? text(call.selector) ?? '?');
  const calldata = Array.isArray(call.calldata) ? call.calldata.map(felt) : undefined;
  if (calldata === undefined)
    return `${name} on ${to} with ${text(call.felts)} felts, kept as a digest`;
  const known = calldata.filter((item) => item !== undefined);
  // With a felt left out the others would stand in the wrong places.
  const isWhole = known.length === calldata.length && selector !== undefined;
  const reading = isWhole ? readTokenCall(selector, known) : undefined;
  if (reading?.kind !== 'decoded') return `${name} on ${to} with ${calldata.length} felts`;
  const { amount, recipient } = reading.call;
  return `${name} of ${amount} base units of ${to} to 0x${recipient.toString(16)}`;
}

function decisionWords(entry: Json): string {
  const code = text(entry.code);
  if (entry.type === 'freeze' || entry.type === 'unfreeze') return freezeWords(entry);
  if (entry.type === 'outcome') return `not signed after all: ${codeWords(code)}`;
  if (entry.outcome === 'allow') return intentWords('allowed, as approved in intent', entry);
  if (entry.outcome === 'ask') return intentWords('approval asked for in intent', entry);
  if (entry.type === 'unfreeze-asked') {
    return intentWords(`end of the freeze of ${text(entry.scope)} asked for in intent`, entry);
  }
  if (entry.type === 'approval') {
    const said = entry.answer === 'approve' ? 'approved' : 'denied';
    return intentWords(`${text(entry.approver)} ${said} intent`, entry);
  }
  const rule = text(entry.rule);
  return `refused: ${codeWords(code)}${rule === undefined ? '' : ` (rule ${rule})`}`;
}

/** The words with the id of the intent; only their beginning for an entry about none. */
function intentWords(words: string, entry: Json): string {
  const id = text(asObject(entry.intent)?.id);
  return id === undefined ? (words.split(',', 1)[0] ?? words) : `${words} ${id}`;
}

function freezeWords(entry: Json): string {
  const cause = asObject(entry.cause);
  const operator = text(cause?.operator);
  const why = operator === undefined ? text(cause?.type) : `operator ${operator}`;
  const what = entry.type === 'freeze' ? 'frozen' : 'unfrozen';
  return `${what}: ${text(entry.scope)}${why === undefined ? '' : ` (${why})`}`;
}

function codeWords(code: string | undefined): string {
  if (code === undefined) return 'unknown';
  return isErrorCode(code) ? `${ERROR_TABLE[code].sentence} (${code})` : code;
}

function signedWords(message: Json): string {
  const { kind, keyId, publicKey, messageHash, custodian } = message;
  return `${text(kind)} message ${text(messageHash)} by key ${text(keyId)} (${text(publicKey)}), custody ${text(custodian)}`;
}

/** Unix seconds as a date. */
export function untilWords(value: unknown): string {
  const seconds = Number(value);
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(value) : date.toISOString();
}

function chainName(chain: string): string {
  try {
    return decodeShortString(BigInt(chain));
  } catch {
    return chain;
  }
}

function felt(value: unknown): bigint | undefined {
  return typeof value === 'string' && /^0x[0-9a-f]{1,64}$/.test(value) ? BigInt(value) : undefined;
}

/** A text for a terminal: what a terminal would obey or hide is made visible. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '\ufffd');
}

function text(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return visible(String(value));
}

function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : undefined;
}

function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(asObject).filter((item) => item !== undefined) : [];
}

function dropEmpty(rows: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(rows).filter((row): row is [string, string] => row[1] !== undefined),
  );
}
