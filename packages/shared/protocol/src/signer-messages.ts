/**
 * Messages between edge and signer, over one duplex pipe. The edge asks, the signer answers; every
 * question has an `id` the answer repeats. Raw bytes (the request body, an answer document) travel
 * beside the head, see `frame.ts`.
 *
 * @module
 */

import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from './error-table.ts';

const code = z.enum(ERROR_CODES as readonly [ErrorCode, ...ErrorCode[]]);
const id = z.int().nonnegative();
const texts = z.array(z.string()).readonly();
const details = z
  .record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean(), texts, z.record(z.string(), texts).readonly()]),
  )
  .readonly();

/** The authenticated request line and headers; the body travels beside it. */
const requestSchema = z.strictObject({
  clientId: z.string(),
  timestamp: z.string(),
  requestNonce: z.string(),
  signature: z.string(),
  method: z.string(),
  target: z.string(),
  requestId: z.string(),
});

/** The same of an operator. */
const operatorRequestSchema = requestSchema
  .omit({ clientId: true })
  .extend({ operatorId: z.string() });

export const signerQuestionSchema = z.discriminatedUnion('op', [
  /** Judge and sign; with `refusal`, the edge has already said no and the signer only writes it down. */
  z.strictObject({
    op: z.literal('sign'),
    id,
    request: requestSchema,
    refusal: z.strictObject({ code, rule: z.string().optional() }).optional(),
  }),
  /** The custodian's answer to an earlier `custodian` answer; the body is its JSON, empty on failure. */
  z.strictObject({ op: z.literal('complete'), id, ticket: z.string(), failure: code.optional() }),
  /** The receipt of one entry, for the client that caused it. Reads only: uses up no request nonce. */
  z.strictObject({
    op: z.literal('receipt'),
    id,
    request: requestSchema,
    index: z.int().nonnegative(),
  }),
  /**
   * What would be decided about a body to sign, and why; answered by a `document`. Reads only: nothing
   * is signed, reserved or logged, and no request nonce is used up.
   */
  z.strictObject({ op: z.literal('explain'), id, request: requestSchema }),
  /** Freezes a scope; the body is the request's. Answered by `frozen` once it is on disk. */
  z.strictObject({ op: z.literal('freeze'), id, request: operatorRequestSchema }),
  /** Asks to end a freeze; answered by `asked`, for whoever has to agree. */
  z.strictObject({ op: z.literal('unfreeze'), id, request: operatorRequestSchema }),
  /** Signs an approved intent of this client, named by the path; the body is empty. */
  z.strictObject({ op: z.literal('execute'), id, request: requestSchema }),
  /** One intent of this client, named by the path; answered by a `document`. Reads only. */
  z.strictObject({ op: z.literal('intent'), id, request: requestSchema }),
  /** An approver's answer, which carries its own evidence in the body; answered by a `document`. */
  z.strictObject({ op: z.literal('answer'), id, intentId: z.string() }),
  /** Intents that wait for an approver, or one of them; answered by a `document`. Reads only. */
  z.strictObject({
    op: z.literal('intents'),
    id,
    request: z.strictObject({
      approver: z.string(),
      timestamp: z.string(),
      signature: z.string(),
      method: z.string(),
      target: z.string(),
    }),
  }),
  /** What is frozen; answered by a `document`. */
  z.strictObject({ op: z.literal('freezes'), id, request: operatorRequestSchema }),
  /** Whether the signer could write, and what is in force; no secrets, so without authentication. */
  z.strictObject({ op: z.literal('status'), id }),
]);

export type SignerQuestion = z.infer<typeof signerQuestionSchema>;

const feltText = z.string().regex(/^0x[0-9a-f]{1,64}$/);
const receiptId = z.string().regex(/^[0-9]{1,16}-[0-9a-f]{16}$/);

const signedSchema = z.strictObject({
  kind: z.enum(['invoke-v1', 'invoke-v2', 'outside-v2']),
  keyId: z.string(),
  domainHash: feltText.optional(),
  messageHash: feltText,
  publicKey: feltText,
  /** [public key, r, s, validUntil]. */
  signature: z.tuple([feltText, feltText, feltText, feltText]),
  custodian: z.enum(['local', 'dfns']),
  decidedAtMs: z.int(),
});

export const signerAnswerSchema = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('signed'), id, receipt: receiptId, signed: signedSchema }),
  z.strictObject({
    outcome: z.literal('refused'),
    id,
    /** Absent when nothing could be written down. */
    receipt: receiptId.optional(),
    code,
    details,
  }),
  /** Allowed and written down; the bridge must sign now. */
  z.strictObject({
    outcome: z.literal('custodian'),
    id,
    receipt: receiptId,
    ticket: z.string(),
    keyId: z.string(),
    /** The request for the bridge, JSON, when it is not the one the client sent. */
    request: z.string().optional(),
  }),
  /** Nothing is signed until somebody says yes; `intent` is what to show, JSON. */
  z.strictObject({ outcome: z.literal('asked'), id, receipt: receiptId, intent: z.string() }),
  /** From now on nothing of this scope is signed. */
  z.strictObject({
    outcome: z.literal('frozen'),
    id,
    scope: z.string(),
    sinceMs: z.int(),
    /** Absent when it was frozen before. */
    receipt: receiptId.optional(),
  }),
  /** The body is the document. */
  z.strictObject({ outcome: z.literal('document'), id, receipt: receiptId.optional() }),
  z.strictObject({
    outcome: z.literal('status'),
    id,
    ready: z.boolean(),
    code: code.optional(),
    logSize: z.int(),
    verifierKey: z.string(),
    policyHash: z.string(),
    hashBackend: z.string(),
    keys: z.int(),
  }),
]);

export type SignerAnswer = z.infer<typeof signerAnswerSchema>;
export type SignedMessage = z.infer<typeof signedSchema>;
