/**
 * Client of the DFNS bridge: a URL that signs session messages for whoever holds two credentials.
 *
 * Nothing here judges a signature. The edge carries question and answer; the signer, which computed
 * the hash itself, compares and verifies before anything is released.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto';
import { BoundaryError, type JsonValue, parseStrictJson, type Secret } from '@countersign/protocol';
import { createBoundedHttp, type HttpAnswer, type HttpFailure } from './bounded-http.ts';
import { encodeBridgeRequest } from './bridge-request.ts';
import { readDenialText } from './denial-text.ts';

const MAX_ANSWER_BYTES = 65_536;
/** What a Node timer can count; beyond it fires at once. */
const MAX_TIMEOUT_MS = 2_147_483_647;
const HEADER_TEXT = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

export interface DfnsClientOptions {
  /** http: or https:. User name and password in it are not sent. */
  readonly url: string;
  /** Sent as `authorization: Bearer …`; printable ASCII. */
  readonly authToken: Secret;
  /** Sent as `x-dfns-useraction`; printable ASCII. */
  readonly userActionSignature: Secret;
  /** Covers one sign call, name resolution through last byte. */
  readonly timeoutMs: number;
  readonly preflightTimeoutMs: number;
  /** PEM certificates trusted instead of Node's own; https: only. */
  readonly caPem?: string;
}

export interface BridgeCall {
  readonly clientId: string;
  /** Body of the sign call as received and parsed by `parseStrictJson`. */
  readonly request: JsonValue;
}

/** Unproven: JSON is all that is known about it. */
export interface BridgeAnswer {
  readonly json: JsonValue;
  /** The bytes `json` was read from, for the signer to parse again; at most 64 KiB. */
  readonly bytes: Uint8Array;
}

export interface PreflightResult {
  /** Whether any HTTP answer came, 401 included. */
  readonly ok: boolean;
  readonly reachable: boolean;
  /** Without credentials, query and fragment. */
  readonly endpointUrl: string;
  readonly statusCode?: number;
  readonly error?: string;
}

export interface DfnsClient {
  /**
   * Asks the bridge for one signature. One HTTP request, never repeated.
   *
   * @throws BoundaryError ERR_REQUEST_INVALID before anything is sent; ERR_POLICY_CUSTODIAN_DENIED
   *   with the bridge's `text` on 400 and 422; ERR_CUSTODIAN_UNAVAILABLE with our `reason` on
   *   everything else that is not a 200 with strict JSON.
   */
  sign(call: BridgeCall): Promise<BridgeAnswer>;
  /** Asks by OPTIONS whether the bridge answers at all; no fault is thrown. */
  preflight(): Promise<PreflightResult>;
  /** Ends calls under way with ERR_CUSTODIAN_UNAVAILABLE; later ones fail alike. */
  close(): void;
}

/**
 * Creates the client; opens no connection.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID with the `setting` and what was `expected` of it.
 */
export function createDfnsClient(options: DfnsClientOptions): DfnsClient {
  const url = parseOptions(options);
  const { authToken, userActionSignature, timeoutMs, preflightTimeoutMs } = options;
  const endpointUrl = `${url.origin}${url.pathname}`;
  const bridge = createBoundedHttp(url, options.caPem);
  const credentials = (): Record<string, string> => ({
    authorization: `Bearer ${authToken.reveal()}`,
    'x-dfns-useraction': userActionSignature.reveal(),
  });

  return {
    async sign({ clientId, request }) {
      const { answer, failure } = await bridge.exchange({
        method: 'POST',
        headers: { 'content-type': 'application/json', ...credentials() },
        body: encodeBridgeRequest(clientId, request),
        timeoutMs,
        maxBodyBytes: MAX_ANSWER_BYTES,
      });
      if (failure !== undefined) throw unavailable({ ...failure });
      return readAnswer(answer, [authToken, userActionSignature]);
    },
    async preflight() {
      const { answer, failure } = await bridge.exchange({
        method: 'OPTIONS',
        headers: { accept: 'application/json', ...credentials() },
        body: new Uint8Array(),
        timeoutMs: preflightTimeoutMs,
        maxBodyBytes: undefined,
      });
      if (failure === undefined) {
        return { ok: true, reachable: true, endpointUrl, statusCode: answer.statusCode };
      }
      return { ok: false, reachable: false, endpointUrl, error: failureText(failure) };
    },
    close: () => bridge.close(),
  };
}

function readAnswer({ statusCode, body }: HttpAnswer, secrets: readonly Secret[]): BridgeAnswer {
  if (statusCode === 400 || statusCode === 422) {
    const text = readDenialText(body, secrets);
    throw new BoundaryError('ERR_POLICY_CUSTODIAN_DENIED', { details: { text } });
  }
  if (statusCode !== 200) throw unavailable({ reason: 'unexpected status', statusCode });
  return { json: parseJson(body), bytes: body };
}

function parseJson(body: Uint8Array): JsonValue {
  try {
    return parseStrictJson(body);
  } catch {
    throw unavailable({ reason: 'answer is not strict JSON' });
  }
}

function unavailable(details: Readonly<Record<string, string | number>>): BoundaryError {
  return new BoundaryError('ERR_CUSTODIAN_UNAVAILABLE', { details });
}

function failureText({ reason, systemCode }: HttpFailure): string {
  return systemCode === undefined ? reason : `${reason}: ${systemCode}`;
}

function parseOptions(options: DfnsClientOptions): URL {
  assertHeaderText(options.authToken, 'authToken');
  assertHeaderText(options.userActionSignature, 'userActionSignature');
  assertTimeout(options.timeoutMs, 'timeoutMs');
  assertTimeout(options.preflightTimeoutMs, 'preflightTimeoutMs');
  const url = URL.parse(options.url);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw invalidSetting('url', 'an http: or https: URL');
  }
  if (options.caPem === undefined) return url;
  if (url.protocol !== 'https:') throw invalidSetting('caPem', 'an https: URL to go with it');
  assertCertificates(options.caPem);
  return url;
}

function assertHeaderText(secret: Secret, setting: string): void {
  if (HEADER_TEXT.test(secret.reveal())) return;
  throw invalidSetting(setting, 'printable ASCII without blanks at its ends');
}

function assertTimeout(timeoutMs: number, setting: string): void {
  if (Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_MS) return;
  throw invalidSetting(setting, `an integer of 1 to ${MAX_TIMEOUT_MS} milliseconds`);
}

/** Node itself trusts nobody, and says nothing, when this text is no certificate. */
function assertCertificates(pem: string): void {
  const certificates = pem.match(CERTIFICATE) ?? [];
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
    if (certificates.length > 0) return;
  } catch {
    // Refused below, like a text without any.
  }
  throw invalidSetting('caPem', 'certificates in PEM');
}

/** Never repeats the value: a URL or a token may be what is wrong. */
function invalidSetting(setting: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { setting, expected } });
}
