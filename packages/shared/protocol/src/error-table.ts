/**
 * The one error table: code, kind, HTTP status, retryable, sentence, next step.
 *
 * It feeds the server, the command line, `docs/errors.md` and the test that provokes every row.
 * Released codes are API: they never change meaning. *Denied* is a decision, *failed* is a fault.
 * Compatibility routes translate from here into older wire texts; they add no codes of their own.
 *
 * @module
 */

export type ErrorKind =
  | 'malformed'
  | 'unauthenticated'
  | 'denied'
  | 'conflict'
  | 'throttled'
  | 'failed'
  | 'unavailable';

export interface ErrorRow {
  readonly kind: ErrorKind;
  /** HTTP status of the native API. */
  readonly status: number;
  /** Whether the same intent, sent again later with a new request nonce, can succeed. */
  readonly retryable: boolean;
  /** What happened, in one sentence that is safe to show to a stranger. */
  readonly sentence: string;
  /** What to do about it. */
  readonly next: string;
}

const row = (
  kind: ErrorKind,
  status: number,
  retryable: boolean,
  sentence: string,
  next: string,
): ErrorRow => ({ kind, status, retryable, sentence, next });

export const ERROR_TABLE = {
  // the request as bytes
  ERR_HTTP_MALFORMED: row(
    'malformed',
    400,
    false,
    'what arrived is not a well-formed HTTP request',
    'send HTTP/1.1 with a known method, well-formed headers and one length',
  ),
  ERR_BODY_MALFORMED: row(
    'malformed',
    400,
    false,
    'the request body is not one well-formed JSON object',
    'send UTF-8 JSON without duplicate keys, nested at most 32 levels deep',
  ),
  ERR_BODY_TOO_LARGE: row(
    'malformed',
    413,
    false,
    'the request body is larger than this server accepts',
    'send at most 262144 bytes, counted after decompression',
  ),
  ERR_BODY_ENCODING_UNSUPPORTED: row(
    'malformed',
    415,
    false,
    'the request body has a content encoding or charset this server does not read',
    'send UTF-8, uncompressed or as gzip, deflate or br',
  ),
  ERR_CONTENT_TYPE_UNSUPPORTED: row(
    'malformed',
    400,
    false,
    'the request body is not declared as JSON',
    'send the header content-type: application/json',
  ),
  ERR_HEADERS_TOO_LARGE: row(
    'malformed',
    431,
    false,
    'the request headers are larger than this server accepts',
    'send at most 16 KiB of headers',
  ),
  ERR_REQUEST_TIMEOUT: row(
    'malformed',
    408,
    true,
    'the request did not arrive in time',
    'send headers and body without pauses, within 30 seconds',
  ),
  ERR_REQUEST_INVALID: row(
    'malformed',
    400,
    false,
    'the request does not match its schema',
    'correct the fields named in details and send it again with a new request nonce',
  ),
  ERR_FELT_MALFORMED: row(
    'malformed',
    400,
    false,
    'a number is neither hex nor decimal',
    'write 0x and 1-64 hex digits, or 1-78 decimal digits',
  ),
  ERR_FELT_OUT_OF_RANGE: row(
    'malformed',
    400,
    false,
    'a number is too large for its type',
    'send a value below the bound named in details',
  ),
  ERR_NOT_FOUND: row(
    'malformed',
    404,
    false,
    'there is nothing at this method and path',
    'see GET /openapi.json for the paths',
  ),
  // who asks
  ERR_ORIGIN_DENIED: row(
    'denied',
    403,
    false,
    'browser origins are not allowed',
    'call from a server process, without an Origin header',
  ),
  ERR_AUTH_HEADER_MISSING: row(
    'unauthenticated',
    401,
    false,
    'an authentication header is missing',
    'send X-Keyring-Client-Id, X-Keyring-Timestamp, X-Keyring-Nonce and X-Keyring-Signature',
  ),
  ERR_AUTH_HEADER_TOO_LARGE: row(
    'unauthenticated',
    401,
    false,
    'an authentication header is too large',
    'keep the client id to 128, the timestamp to 32 and the signature to 256 characters',
  ),
  ERR_AUTH_CLIENT_UNKNOWN: row(
    'unauthenticated',
    401,
    false,
    'the client id is unknown',
    'check X-Keyring-Client-Id against the configured clients',
  ),
  ERR_AUTH_TIMESTAMP_MALFORMED: row(
    'unauthenticated',
    401,
    false,
    'the timestamp is not a whole number of milliseconds',
    'send X-Keyring-Timestamp as decimal digits, milliseconds since 1970',
  ),
  ERR_AUTH_TIMESTAMP_SKEW: row(
    'unauthenticated',
    401,
    true,
    'the timestamp is outside the accepted window',
    'set the clock of the caller, then sign again with the current time',
  ),
  ERR_AUTH_NONCE_MALFORMED: row(
    'unauthenticated',
    401,
    false,
    'the request nonce has a form this server does not accept',
    'send X-Keyring-Nonce as 32 random hex digits; a full stop is never allowed',
  ),
  ERR_AUTH_SIGNATURE_MALFORMED: row(
    'unauthenticated',
    401,
    false,
    'the signature header is not hex',
    'send X-Keyring-Signature as 64 lower-case hex digits',
  ),
  ERR_AUTH_SIGNATURE_INVALID: row(
    'unauthenticated',
    401,
    false,
    'the signature does not match the request',
    'sign timestamp, nonce, method, path and body digest, joined by full stops, with the secret of this client',
  ),
  ERR_AUTH_CERTIFICATE_REQUIRED: row(
    'unauthenticated',
    403,
    false,
    'a client certificate is required',
    'connect with a certificate issued by the configured authority',
  ),
  ERR_AUTH_CERTIFICATE_MISMATCH: row(
    'unauthenticated',
    403,
    false,
    'the client certificate does not belong to this client id',
    'use the certificate issued to this client',
  ),
  ERR_REQUEST_NONCE_USED: row(
    'conflict',
    409,
    false,
    'the request nonce was used before',
    'sign again with a fresh random nonce; never resend a signed request',
  ),
  // what the policy says
  ERR_POLICY_VALIDITY_EXPIRED: row(
    'denied',
    403,
    false,
    'validUntil is not in the future',
    'send a validUntil later than now, in Unix seconds',
  ),
  ERR_POLICY_VALIDITY_TOO_LONG: row(
    'denied',
    403,
    false,
    'validUntil is further ahead than the policy allows',
    'ask for a shorter validity',
  ),
  ERR_POLICY_CHAIN_DENIED: row(
    'denied',
    403,
    false,
    'the chain is not on the list of this server',
    'send a chain id that the policy lists',
  ),
  ERR_POLICY_SELF_CALL: row(
    'denied',
    403,
    false,
    'a session key must not call its own account',
    'remove the call; account administration needs the owner key',
  ),
  ERR_POLICY_SELECTOR_DENIED: row(
    'denied',
    403,
    false,
    'the entrypoint is on the list of denied selectors',
    'remove the call; administration entrypoints need the owner key',
  ),
  ERR_POLICY_TARGET_DENIED: row(
    'denied',
    403,
    false,
    'the contract is not among the targets of this key',
    'ask the operator to list the target, or call a listed one',
  ),
  ERR_POLICY_RECIPIENT_DENIED: row(
    'denied',
    403,
    false,
    'the recipient is not among the recipients of this key',
    'ask the operator to list the recipient',
  ),
  ERR_POLICY_LIMIT_EXCEEDED: row(
    'denied',
    403,
    false,
    'the amount is above the limit of this key for the token',
    'ask for less, or ask the operator to raise the limit',
  ),
  ERR_POLICY_CHARGES_TOO_MANY: row(
    'denied',
    403,
    false,
    'the request counts towards more limits than one entry of the log can name',
    'send it as several requests with fewer calls each',
  ),
  ERR_FROZEN: row(
    'denied',
    403,
    false,
    'signing is frozen',
    'ask the operator, who froze it for everybody or for this client, key or account',
  ),
  ERR_POLICY_CALL_UNDECODABLE: row(
    'denied',
    403,
    false,
    'a call to a limited token could not be decoded',
    'send calldata that matches the entrypoint exactly',
  ),
  ERR_POLICY_KEY_DENIED: row(
    'denied',
    403,
    false,
    'the client is not allowed to use this key',
    'use a key that is granted to this client',
  ),
  ERR_POLICY_KEY_UNKNOWN: row(
    'denied',
    403,
    false,
    'the key id is unknown',
    'use a configured key id',
  ),
  ERR_POLICY_ACCOUNT_DENIED: row(
    'denied',
    403,
    false,
    'the client is not allowed to sign for this account',
    'use an account that is granted to this client',
  ),
  ERR_POLICY_MESSAGE_KIND_DENIED: row(
    'denied',
    403,
    false,
    'the key must not sign this kind of message',
    'ask for a kind the key is configured for',
  ),
  ERR_POLICY_CUSTODIAN_DENIED: row(
    'denied',
    403,
    false,
    'the custodian refused by its own policy',
    "see the custodian's text in details",
  ),
  ERR_POLICY_RULE_DENIED: row(
    'denied',
    403,
    false,
    'a rule of the policy denies this',
    'see the rule named in details; ask the operator when it should not apply',
  ),
  ERR_POLICY_NO_RULE: row(
    'denied',
    403,
    false,
    'no rule of the policy allows this',
    'ask the operator for a rule that allows it',
  ),
  ERR_POLICY_EVALUATION_FAILED: row(
    'denied',
    403,
    false,
    'a condition of the policy could not be evaluated, and an error denies',
    'send what the condition named in details reads, in its form',
  ),
  ERR_POLICY_APPROVAL_REQUIRED: row(
    'denied',
    403,
    false,
    'the policy demands an approval that has not been given',
    'get the approvals named in details, then ask again with a new request nonce',
  ),
  // what people have to say first
  ERR_INTENT_NOT_FOUND: row(
    'malformed',
    404,
    false,
    'there is no such intent, or it is not yours to see or to answer',
    'check the id, and whether it was asked for by this client or needs this approver',
  ),
  ERR_INTENT_PENDING: row(
    'conflict',
    409,
    true,
    'the intent has not been approved by everybody it needs',
    'wait for the approvals, then execute it with a new request nonce',
  ),
  ERR_INTENT_DENIED: row(
    'denied',
    403,
    false,
    'an approver has denied the intent',
    'do not ask for the same again; ask the approver why',
  ),
  ERR_INTENT_EXPIRED: row(
    'denied',
    403,
    false,
    'the intent was not approved and executed in time',
    'ask for a signature again, and have the new intent approved',
  ),
  ERR_INTENT_USED: row(
    'conflict',
    409,
    false,
    'the intent was executed, or answered by this approver, before',
    'look at the intent; for another signature ask again and have the new intent approved',
  ),
  ERR_INTENT_STALE: row(
    'conflict',
    409,
    false,
    'what was approved is not what would be done now: the policy, its limits or the freeze changed',
    'ask for a signature again, and have the new intent approved',
  ),
  ERR_INTENT_LIMIT: row(
    'throttled',
    429,
    true,
    'too many intents of this client or operator are waiting for an answer',
    'have some of them answered, or wait until they expire',
  ),
  ERR_APPROVAL_INVALID: row(
    'unauthenticated',
    401,
    false,
    "the signature is not this approver's own about this intent, answer or request",
    'sign the statement with the key that is configured for the approver',
  ),
  ERR_LEAK_INBOUND: row(
    'denied',
    403,
    false,
    'the request contains something that looks like a secret',
    'remove the secret from the request and rotate it: it has left its owner',
  ),
  // how much, how fast
  ERR_RATE_LIMITED: row(
    'throttled',
    429,
    true,
    'too many requests for this client, account and key',
    'wait until the time in x-ratelimit-reset-ms',
  ),
  ERR_ADDRESS_RATE_LIMITED: row(
    'throttled',
    429,
    true,
    'too many requests from this address',
    'wait, then send fewer requests at a time',
  ),
  ERR_CONNECTION_LIMIT: row(
    'throttled',
    429,
    true,
    'too many open connections from this address',
    'reuse connections',
  ),
  ERR_OVERLOADED: row(
    'unavailable',
    503,
    true,
    'too many requests are in flight',
    'wait a moment, then try again with a new request nonce',
  ),
  // parts that are not there
  ERR_SIGNER_UNAVAILABLE: row(
    'unavailable',
    503,
    true,
    'the signer is not available',
    'wait until GET /health/ready answers 200',
  ),
  ERR_NONCE_STORE_UNAVAILABLE: row(
    'unavailable',
    503,
    true,
    'the store of request nonces is not reachable',
    'wait until GET /health/ready answers 200',
  ),
  ERR_RATE_STORE_UNAVAILABLE: row(
    'unavailable',
    503,
    true,
    'the store of rate limits is not reachable',
    'wait until GET /health/ready answers 200',
  ),
  ERR_STORE_UNAVAILABLE: row(
    'unavailable',
    503,
    true,
    'the decision could not be written to disk, so nothing was signed',
    'free disk space and make the data directory writable; the signer tries again by itself',
  ),
  ERR_CLOCK_BEHIND: row(
    'unavailable',
    503,
    true,
    'the clock is behind the newest entry of the log',
    'set the clock of the server; when it ran ahead before: countersign log reset-clock',
  ),
  ERR_CUSTODIAN_UNAVAILABLE: row(
    'unavailable',
    503,
    true,
    'the custodian gave no usable answer',
    'try again later; see GET /health/dfns-preflight',
  ),
  ERR_CUSTODIAN_MISMATCH: row(
    'failed',
    503,
    false,
    'the custodian answered with another hash, key or signature than the request demands',
    'treat the custodian as compromised until explained; nothing was released',
  ),
  ERR_STOPPING: row(
    'unavailable',
    503,
    true,
    'the server is stopping',
    'send the request to another instance',
  ),
  // faults
  ERR_INTERNAL: row(
    'failed',
    500,
    false,
    'an internal fault; nothing was signed',
    'report the request id to the operator',
  ),
  ERR_SIGNATURE_CHECK_FAILED: row(
    'failed',
    500,
    false,
    'a fresh signature did not verify and was withheld',
    'stop the server and check its memory and its key',
  ),
  ERR_LEAK_OUTBOUND: row(
    'failed',
    500,
    false,
    'the response contained something that looks like a secret and was withheld',
    'report the request id to the operator',
  ),
  ERR_FRAME_MALFORMED: row(
    'failed',
    500,
    false,
    'a message between edge and signer could not be read',
    'restart the server; report it when it happens again',
  ),
  // the operator's side
  ERR_CONFIG_INVALID: row(
    'malformed',
    400,
    false,
    'the configuration is not valid',
    'correct the setting named in details',
  ),
  ERR_POLICY_DOCUMENT_INVALID: row(
    'malformed',
    400,
    false,
    'the policy document is not valid',
    'correct what details name, line by line',
  ),
  ERR_LISTEN_FAILED: row(
    'unavailable',
    503,
    false,
    'the address cannot be listened on',
    'choose another port or stop the other process',
  ),
  ERR_KEY_INVALID: row(
    'malformed',
    400,
    false,
    'the private key is not a Stark key',
    'use a hex number between 1 and the curve order minus 1',
  ),
  ERR_KEYSTORE_MALFORMED: row(
    'malformed',
    400,
    false,
    'the keystore file cannot be read',
    'restore the file from a backup',
  ),
  ERR_KEYSTORE_LOCKED: row(
    'unauthenticated',
    401,
    false,
    'the keystore did not open with this passphrase',
    'check the passphrase, or restore the file when it was altered',
  ),
  ERR_KEYSTORE_PERMISSIONS: row(
    'denied',
    403,
    false,
    'the keystore can be read by others',
    'run chmod 600 on the file and chmod 700 on its directory',
  ),
  ERR_HASH_BACKEND_SELF_TEST: row(
    'failed',
    500,
    false,
    'a hash backend failed its self-test',
    'the other backend is used; rebuild with npm run build:wasm',
  ),
  ERR_STORE_CORRUPT: row(
    'failed',
    500,
    false,
    'the ledger is damaged',
    'restore the data directory from a backup; nothing is signed until then',
  ),
  ERR_STORE_NEWER: row(
    'failed',
    500,
    false,
    'the ledger was written by a newer version',
    'run a version at least as new',
  ),
  ERR_STORE_IN_USE: row(
    'conflict',
    409,
    true,
    'another signer uses this data directory',
    'stop the other signer or choose another data directory',
  ),
  ERR_LOG_ROLLED_BACK: row(
    'failed',
    500,
    false,
    'the log is shorter than, or differs from, its last published checkpoint',
    'restore the newest data directory; nothing is signed until then',
  ),
  ERR_PROOF_MALFORMED: row(
    'malformed',
    400,
    false,
    'the proof cannot be read',
    'pass the receipt exactly as it was given',
  ),
  ERR_PROOF_INVALID: row(
    'denied',
    403,
    false,
    'the proof does not hold',
    'treat the receipt as forged or altered',
  ),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERROR_TABLE;

/** All codes, in table order. */
export const ERROR_CODES = Object.keys(ERROR_TABLE) as readonly ErrorCode[];

/** Answers whether `text` is a code of the table. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_TABLE, text);
}
