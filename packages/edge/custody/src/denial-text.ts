/**
 * The one text of the bridge that reaches a caller: why it refused.
 *
 * @module
 */

import { type JsonValue, parseStrictJson, type Secret } from '@countersign/protocol';

const MAX_CHARS = 512;
const NO_REASON = 'the custodian gave no reason';
const BLANKS_AND_CONTROLS = /[\s\p{Cc}\p{Zl}\p{Zp}]+/gu;
const INVISIBLE = /\p{Cf}/gu;

/**
 * Reads the `error` text of a 400 or 422 so that it is safe to show and to log.
 *
 * Control characters and line breaks become one blank, invisible ones vanish, a credential the
 * bridge echoes becomes `[redacted]`, and at most 512 UTF-16 units remain.
 *
 * @param body - Body of the answer, any bytes.
 * @param secrets - The credentials that were sent.
 * @returns A fixed sentence when the body has no readable `error`. Never throws.
 */
export function readDenialText(body: Uint8Array, secrets: readonly Secret[]): string {
  // Twice: cleaning can hide a credential from the search, and bring one together that was torn.
  const text = redact(clean(redact(readErrorMember(body), secrets)), secrets);
  return text === '' ? NO_REASON : truncate(text);
}

function clean(text: string): string {
  return text.replace(INVISIBLE, '').replace(BLANKS_AND_CONTROLS, ' ').trim();
}

function redact(text: string, secrets: readonly Secret[]): string {
  return secrets.reduce((shown, secret) => shown.replaceAll(secret.reveal(), '[redacted]'), text);
}

function readErrorMember(body: Uint8Array): string {
  let json: JsonValue;
  try {
    json = parseStrictJson(body);
  } catch {
    return '';
  }
  if (typeof json !== 'object' || json === null || !('error' in json)) return '';
  return typeof json.error === 'string' ? json.error : '';
}

function truncate(text: string): string {
  const cut = text.slice(0, MAX_CHARS);
  return cut.isWellFormed() ? cut : cut.slice(0, -1);
}
