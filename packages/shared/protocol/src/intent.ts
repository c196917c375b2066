/**
 * Intents: what waits until somebody says yes, as a document that never changes.
 *
 * Its digest covers every member: what is executed is what was shown. There is no edit; another wish is
 * another intent.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type CanonicalValue, canonicalJson } from './canonical-json.ts';
import { BoundaryError } from './errors.ts';
import { toHex } from './felt.ts';
import type { LoggedCall } from './log-entry.ts';
import type { MessageKind } from './session-request.ts';

/** Form of an intent's id: random, unguessable. */
export const INTENT_ID = /^[A-Za-z0-9_-]{16,64}$/;

/** Who has to say yes. Where there are several demands, each must be met. */
export interface IntentDemand {
  /** Names of the rules and limits that demand it. */
  readonly rules: readonly string[];
  readonly required: number;
  readonly approvers: readonly string[];
}

/** A limit the intent does not fit into, which is what the approval is about. */
export interface ExceededLimit {
  readonly limit: string;
  /** Identity of its bucket. */
  readonly bucket: string;
  /** Base units, or a count, as decimal digits. */
  readonly amount: string;
  readonly max: string;
}

interface IntentHead {
  readonly id: string;
  readonly required: readonly IntentDemand[];
  /** When it was asked for, milliseconds. */
  readonly preparedAtMs: number;
  /** First millisecond at which it is over. */
  readonly expiresAtMs: number;
}

/** A signature that needs approval. */
export interface SignIntent extends IntentHead {
  readonly type: 'sign';
  readonly clientId: string;
  readonly chainId: bigint;
  readonly accountAddress: bigint;
  readonly accountNonce: bigint;
  readonly messageKind: MessageKind;
  readonly keyId: string;
  /** Of the key: another one under the same id is another wish. */
  readonly publicKey: bigint;
  readonly validUntilSec: bigint;
  readonly calls: readonly LoggedCall[];
  readonly caller?: bigint | undefined;
  readonly executeAfterSec?: bigint | undefined;
  readonly messageHash: bigint;
  /** SHA-256 of the canonical policy, lower hex. */
  readonly policyHash: string;
  readonly exceeded: readonly ExceededLimit[];
}

/** The end of a freeze, which needs approval. */
export interface UnfreezeIntent extends IntentHead {
  readonly type: 'unfreeze';
  readonly operatorId: string;
  readonly scope: string;
  /** Since when it is frozen, milliseconds: a later freeze of the same scope is another. */
  readonly sinceMs: number;
}

export type Intent = SignIntent | UnfreezeIntent;

const hexFelt = z
  .string()
  .regex(/^0x(0|[1-9a-f][0-9a-f]{0,63})$/)
  .transform(BigInt);
const decimal = z.string().regex(/^(0|[1-9][0-9]{0,77})$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const time = z.iso.datetime().transform((text) => Date.parse(text));

const headShape = {
  format: z.literal('countersign-intent/v1'),
  id: z.string().regex(INTENT_ID),
  required: z.array(
    z.strictObject({
      rules: z.array(z.string()),
      required: z.int().positive(),
      approvers: z.array(z.string()),
    }),
  ),
  preparedAt: time,
  expiresAt: time,
};

const documentSchema = z.discriminatedUnion('type', [
  z.strictObject({
    ...headShape,
    type: z.literal('sign'),
    client: z.string(),
    chain: hexFelt,
    account: hexFelt,
    accountNonce: hexFelt,
    kind: z.enum(['invoke-v1', 'invoke-v2', 'outside-v2']),
    keyId: z.string(),
    publicKey: hexFelt,
    validUntil: decimal.transform(BigInt),
    calls: z.array(z.strictObject({ to: hexFelt, selector: hexFelt, calldata: z.array(hexFelt) })),
    caller: hexFelt.optional(),
    executeAfter: decimal.transform(BigInt).optional(),
    messageHash: hexFelt,
    policy: sha256,
    exceeded: z.array(
      z.strictObject({ limit: z.string(), bucket: z.string(), amount: decimal, max: decimal }),
    ),
  }),
  z.strictObject({
    ...headShape,
    type: z.literal('unfreeze'),
    operator: z.string(),
    scope: z.string(),
    since: time,
  }),
]);

type Document = z.infer<typeof documentSchema>;

/** The document, RFC 8785. */
export function intentDocument(intent: Intent): string {
  return canonicalJson(intent.type === 'sign' ? signDocument(intent) : unfreezeDocument(intent));
}

/** SHA-256 of a document, lower hex: what approvers sign. */
export function intentDigest(document: string): string {
  return createHash('sha256').update(document, 'utf8').digest('hex');
}

/**
 * Reads a document back. One that is not written exactly as {@link intentDocument} would write it is
 * refused, so that nobody can be shown what nobody would execute.
 *
 * @throws BoundaryError ERR_REQUEST_INVALID.
 */
export function parseIntent(document: string): Intent {
  const parsed = documentSchema.safeParse(parseJson(document));
  if (!parsed.success) throw notAnIntent();
  const intent = intentOf(parsed.data);
  if (intentDocument(intent) !== document) throw notAnIntent();
  return intent;
}

function parseJson(document: string): unknown {
  try {
    return JSON.parse(document);
  } catch {
    throw notAnIntent();
  }
}

function notAnIntent(): BoundaryError {
  return new BoundaryError('ERR_REQUEST_INVALID', {
    details: { field: 'document', expected: 'a canonical countersign-intent/v1' },
  });
}

function signDocument(intent: SignIntent): CanonicalValue {
  const { caller, executeAfterSec } = intent;
  return {
    ...headDocument(intent),
    type: 'sign',
    client: intent.clientId,
    chain: toHex(intent.chainId),
    account: toHex(intent.accountAddress),
    accountNonce: toHex(intent.accountNonce),
    kind: intent.messageKind,
    keyId: intent.keyId,
    publicKey: toHex(intent.publicKey),
    validUntil: String(intent.validUntilSec),
    calls: intent.calls.map(({ to, selector, calldata }) => ({
      to: toHex(to),
      selector: toHex(selector),
      calldata: calldata.map(toHex),
    })),
    caller: caller === undefined ? undefined : toHex(caller),
    executeAfter: executeAfterSec === undefined ? undefined : String(executeAfterSec),
    messageHash: toHex(intent.messageHash),
    policy: intent.policyHash,
    exceeded: intent.exceeded.map((one) => ({ ...one })),
  };
}

function unfreezeDocument(intent: UnfreezeIntent): CanonicalValue {
  return {
    ...headDocument(intent),
    type: 'unfreeze',
    operator: intent.operatorId,
    scope: intent.scope,
    since: new Date(intent.sinceMs).toISOString(),
  };
}

function headDocument({ id, required, preparedAtMs, expiresAtMs }: Intent): {
  readonly [name: string]: CanonicalValue;
} {
  return {
    format: 'countersign-intent/v1',
    id,
    required: required.map((demand) => ({ ...demand })),
    preparedAt: new Date(preparedAtMs).toISOString(),
    expiresAt: new Date(expiresAtMs).toISOString(),
  };
}

function intentOf(document: Document): Intent {
  const { id, required, preparedAt: preparedAtMs, expiresAt: expiresAtMs } = document;
  const head = { id, required, preparedAtMs, expiresAtMs };
  if (document.type === 'unfreeze') {
    const { type, operator: operatorId, scope, since: sinceMs } = document;
    return { ...head, type, operatorId, scope, sinceMs };
  }
  const { caller, executeAfter } = document;
  return {
    ...head,
    type: 'sign',
    clientId: document.client,
    chainId: document.chain,
    accountAddress: document.account,
    accountNonce: document.accountNonce,
    messageKind: document.kind,
    keyId: document.keyId,
    publicKey: document.publicKey,
    validUntilSec: document.validUntil,
    calls: document.calls,
    ...(caller === undefined ? {} : { caller }),
    ...(executeAfter === undefined ? {} : { executeAfterSec: executeAfter }),
    messageHash: document.messageHash,
    policyHash: document.policy,
    exceeded: document.exceeded,
  };
}
