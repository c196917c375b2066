/**
 * Limits of everything that comes from outside, in one place.
 *
 * Sizes are bytes unless the name says otherwise. Where a limit is part of the wire contract, the
 * comment says so; the others are ours.
 *
 * @module
 */

export const LIMITS = {
  /** Wire contract: request body after decompression. */
  bodyBytes: 262_144,
  /** All request headers together. */
  headerBytes: 16_384,
  /** Nesting of arrays and objects in a JSON body. */
  jsonDepth: 32,
  /** Wire contract: calls of one request. */
  callsPerRequest: 64,
  /** Wire contract: felts of one call. */
  calldataPerCall: 256,
  /** Wire contract: felts of all calls together. */
  calldataPerRequest: 2_048,
  /** Wire contract: characters of an entrypoint. */
  entrypointChars: 256,
  /** Wire contract: characters of a key id. */
  keyIdChars: 64,
  /** Wire contract: characters of a client id header. */
  clientIdChars: 128,
  /** Wire contract: characters of the timestamp header. */
  timestampChars: 32,
  /** Wire contract, lenient profiles: characters of the request nonce header. */
  requestNonceChars: 128,
  /** Wire contract, strict profile: UTF-8 bytes of the request nonce, least and most. */
  strictRequestNonceBytes: { min: 16, max: 256 },
  /** Wire contract: characters of the signature header. */
  signatureChars: 256,
  /** Wire contract: characters of the context's labels. */
  contextChars: { requester: 128, tool: 64, reason: 512 },
  /** Longest caller-chosen request or trace id that is echoed; longer ones are replaced by our own. */
  correlationIdChars: 256,
  /** A message between edge and signer: body, header, slack. */
  frameBytes: 1_048_576,
  /** An entry of the log: C2SP entry bundles carry 16-bit lengths. */
  logEntryBytes: 65_535,
  /** Buckets one decision may reserve in: as many as its entry can name beside the longest request. */
  chargesPerDecision: 64,
  /** Time for headers and body to arrive, milliseconds. */
  requestTimeoutMs: 30_000,
  /** Time for the headers alone, milliseconds. */
  headersTimeoutMs: 10_000,
  /** Idle time of a kept-alive connection, milliseconds. */
  keepAliveMs: 5_000,
  /** Time a graceful stop may take, milliseconds. */
  stopMs: 5_000,
} as const;
