/**
 * Settings of the people beside the agents: operators who may freeze, approvers who may say yes.
 *
 * @module
 */

import { z } from 'zod';

const positive = z.int().positive();
const personId = z.string().min(1).max(64);

/** One operator, with the secrets requests are authenticated with; the first is current. */
export const operatorSettingsSchema = z.strictObject({
  operatorId: personId,
  secrets: z.array(z.string().min(1)).min(1),
});

/** One approver and the public key answers are checked against. */
export const approverSettingsSchema = z.strictObject({
  id: personId,
  kind: z.enum(['ed25519', 'p256', 'passkey']),
  /** DER of the SubjectPublicKeyInfo in base64, or the same as PEM. */
  publicKey: z.string().min(1),
  passkey: z
    .strictObject({ rpId: z.string().min(1), origins: z.array(z.string().min(1)).min(1) })
    .optional(),
});

const automaticFreezeSchema = z.discriminatedUnion('when', [
  /** So many denials within the window, all of one client, key or account, or of everybody. */
  z.strictObject({
    when: z.literal('denials'),
    count: positive,
    windowSec: positive,
    scope: z.enum(['client', 'key', 'account', 'all']),
  }),
  /** The custodian answered with another hash, key or signature than the request demands. */
  z.strictObject({ when: z.literal('custodian-mismatch'), scope: z.enum(['key', 'all']) }),
]);

export const freezeSettingsSchema = z.strictObject({
  /** Whose approval ends a freeze. */
  unfreeze: z.strictObject({
    required: positive,
    approvers: z.array(personId).min(1),
    expiresInSec: positive,
  }),
  automatic: z.array(automaticFreezeSchema),
});

export type OperatorSettings = z.infer<typeof operatorSettingsSchema>;
export type FreezeSettings = z.infer<typeof freezeSettingsSchema>;
export type AutomaticFreeze = z.infer<typeof automaticFreezeSchema>;
