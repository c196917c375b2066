/**
 * How the bridge answers a request that deserves a signature: honestly, or in one of the ways a
 * broken or hostile one might.
 *
 * @module
 */

/** Honest in substance: a client must accept each of these. */
export const ACCEPTABLE_BEHAVIOURS = [
  'honest',
  /** `s` in the upper half of the curve order. */
  'high-s',
  'unknown-keys',
  /** 64 hex digits with leading zeros, in upper case. */
  'padded-felts',
] as const;

/** Well-formed answers that do not fit the request: the signer must notice. */
export const WRONG_VALUE_BEHAVIOURS = [
  'wrong-domain-hash',
  'wrong-message-hash',
  /** Both hashes and the signature belong to the message kind this bridge is not set to. */
  'other-message-kind',
  /** Consistent, but with a key nobody pinned. */
  'other-key',
  /** The stated key is right, `signature[0]` is another. */
  'other-key-in-signature',
  /** Everything stated is right, `r` and `s` belong to another message. */
  'signature-of-another-message',
  /** Everything stated is right, `r` and `s` belong to another key. */
  'signature-of-another-key',
  'zero-signature',
  'wrong-valid-until',
] as const;

/** JSON of the wrong shape. */
export const WRONG_SHAPE_BEHAVIOURS = [
  'three-felts',
  'five-felts',
  'wrong-mode',
  'wrong-kind',
  'missing-domain-hash',
  'number-for-felt',
  'felt-out-of-range',
  'array',
] as const;

/** A 200 whose body is no JSON the client may read. */
export const WRONG_TEXT_BEHAVIOURS = [
  'not-json',
  'duplicate-keys',
  'empty-body',
  /** A valid answer behind 128 KiB of blanks. */
  'huge-body',
  /** A valid answer, compressed without having been asked to. */
  'gzip',
] as const;

/** Answers by status. The redirect leads to an honest answer of this same bridge. */
export const STATUS_BEHAVIOURS = [
  'unauthorized',
  'denied',
  'bad-request',
  'denied-without-reason',
  'redirect',
  'server-error',
  'created',
] as const;

/** Misuse of the connection. The slow ones drip bytes until the client goes away. */
export const CONNECTION_BEHAVIOURS = [
  'hang',
  'slow-headers',
  'slow-body',
  'reset',
  'reset-in-body',
  'short-body',
  'huge-headers',
  'malformed-http',
  'upgrade',
] as const;

export type AcceptableBehaviour = (typeof ACCEPTABLE_BEHAVIOURS)[number];
export type WrongValueBehaviour = (typeof WRONG_VALUE_BEHAVIOURS)[number];
export type WrongShapeBehaviour = (typeof WRONG_SHAPE_BEHAVIOURS)[number];
export type WrongTextBehaviour = (typeof WRONG_TEXT_BEHAVIOURS)[number];
export type StatusBehaviour = (typeof STATUS_BEHAVIOURS)[number];
export type ConnectionBehaviour = (typeof CONNECTION_BEHAVIOURS)[number];

/** An answer word for word, for what has no name above. */
export interface PlainAnswer {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Behaviour =
  | AcceptableBehaviour
  | WrongValueBehaviour
  | WrongShapeBehaviour
  | WrongTextBehaviour
  | StatusBehaviour
  | ConnectionBehaviour
  | PlainAnswer;

/** Text of the behaviour `denied`, under status 422. */
export const DENIAL_TEXT = 'amount above the daily limit of this wallet';
