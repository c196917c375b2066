/**
 * The answer of the custody bridge to one sign request: shape only.
 *
 * Whether the hashes, the key and the signature are the demanded ones is decided by the signer,
 * which compares every value below with what it computed or pinned itself.
 *
 * @module
 */

import { BoundaryError } from './errors.ts';
import { FIELD_PRIME } from './felt.ts';
import { InexactNumber, type JsonValue } from './strict-json.ts';

/** What the bridge must state it signed; the same words stand in the request to it. */
export const BRIDGE_SIGNATURE_MODE = 'v2_snip12';
export const BRIDGE_SIGNATURE_KIND = 'Snip12';

/** Every member is a felt in [0, P), claimed by the bridge and proven by nothing yet. */
export interface ParsedBridgeAnswer {
  readonly domainHash: bigint;
  readonly messageHash: bigint;
  readonly sessionPublicKey: bigint;
  /** [public key, r, s, validUntil]; `s` may lie in the upper half. */
  readonly signature: readonly [bigint, bigint, bigint, bigint];
}

/** Leading zeros are allowed in any number, so the value is bounded and not the text. */
const HEX_FELT = /^0x[0-9a-fA-F]+$/;

/**
 * Reads the answer of the bridge; unknown keys are ignored.
 *
 * Checks, in this order: object → `signatureMode` → `signatureKind` → `domainHash` → `messageHash` →
 * `sessionPublicKey` → `signature` of exactly four felts. A felt is `0x` and hex digits of either
 * case, its value below P.
 *
 * @param json - The body of a 200, parsed by `parseStrictJson`.
 * @throws BoundaryError ERR_CUSTODIAN_UNAVAILABLE with a `reason` that holds none of the bridge's text.
 */
export function parseBridgeAnswer(json: JsonValue): ParsedBridgeAnswer {
  const answer = parseObject(json);
  expectText(answer, 'signatureMode', BRIDGE_SIGNATURE_MODE);
  expectText(answer, 'signatureKind', BRIDGE_SIGNATURE_KIND);
  const domainHash = parseHexFelt(member(answer, 'domainHash'), 'domainHash');
  const messageHash = parseHexFelt(member(answer, 'messageHash'), 'messageHash');
  const sessionPublicKey = parseHexFelt(member(answer, 'sessionPublicKey'), 'sessionPublicKey');
  return {
    domainHash,
    messageHash,
    sessionPublicKey,
    signature: parseSignature(member(answer, 'signature')),
  };
}

type JsonObject = { readonly [key: string]: JsonValue };

function parseObject(json: JsonValue): JsonObject {
  if (!isJsonObject(json)) throw unreadable('expected an object');
  return json;
}

function isJsonObject(json: JsonValue): json is JsonObject {
  if (typeof json !== 'object' || json === null) return false;
  return !Array.isArray(json) && !(json instanceof InexactNumber);
}

/** Own members only: an answer must not borrow one from a prototype. */
function member(answer: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(answer, key) ? answer[key] : undefined;
}

function expectText(answer: JsonObject, key: string, expected: string): void {
  if (member(answer, key) !== expected) throw unreadable(`${key}: expected \`${expected}\``);
}

function parseSignature(value: JsonValue | undefined): ParsedBridgeAnswer['signature'] {
  if (!Array.isArray(value) || value.length !== 4) {
    throw unreadable('signature: expected exactly 4 hex felts');
  }
  const felt = (index: number): bigint => parseHexFelt(value[index], `signature[${index}]`);
  return [felt(0), felt(1), felt(2), felt(3)];
}

function parseHexFelt(value: JsonValue | undefined, field: string): bigint {
  if (typeof value !== 'string' || !HEX_FELT.test(value)) {
    throw unreadable(`${field}: expected 0x and hex digits`);
  }
  const felt = BigInt(value);
  if (felt >= FIELD_PRIME) throw unreadable(`${field}: expected a value below the field prime`);
  return felt;
}

function unreadable(reason: string): BoundaryError {
  return new BoundaryError('ERR_CUSTODIAN_UNAVAILABLE', { details: { reason } });
}
