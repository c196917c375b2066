/**
 * What the supervisor hands to the two processes at start and at reload.
 *
 * Both sides check these schemas: a process that gets settings it does not understand refuses to
 * start. Secret texts travel here once, over a pipe, and are wrapped in `Secret` at once on
 * arrival; they never stand in arguments, environments or files made by us.
 *
 * @module
 */

import { z } from 'zod';
import { isHex, isHexOrDecimal } from './felt.ts';
import {
  approverSettingsSchema,
  freezeSettingsSchema,
  operatorSettingsSchema,
} from './guard-settings.ts';

const hex = z.string().refine(isHex, 'expected 0x and 1-64 hex digits');
const felt = z.string().refine(isHexOrDecimal, 'expected 0x hex or decimal digits');
const amount = z.string().regex(/^[0-9]{1,78}$/, 'expected base units as decimal digits in quotes');
const positive = z.int().positive();
const messageKind = z.enum(['invoke-v1', 'invoke-v2', 'outside-v2']);

/** `'all'`, or exactly the items listed. */
const listOf = <T extends z.ZodType>(item: T) => z.union([z.literal('all'), z.array(item)]);

const tokenCapSchema = z.strictObject({ token: hex, maxPerCall: amount, maxPerRequest: amount });

export const keyPolicySettingsSchema = z.strictObject({
  keyId: z.string().min(1).max(64),
  /** The first is meant when a request names none. */
  messageKinds: z.tuple([messageKind], messageKind),
  targets: listOf(hex),
  recipients: listOf(hex),
  caps: z.array(tokenCapSchema),
  /** Id of the written policy that must allow as well; absent means the lists above are all there is. */
  policy: z.string().min(1).optional(),
});

export const policySettingsSchema = z.strictObject({
  chains: listOf(felt),
  maxValiditySec: positive,
  defaultKeyId: z.string().min(1),
  clients: z.array(
    z.strictObject({
      clientId: z.string().min(1).max(128),
      keyIds: listOf(z.string().min(1)),
      accounts: listOf(hex),
    }),
  ),
  keys: z.array(keyPolicySettingsSchema),
  /** Written policies by id; the signer reads the documents itself. */
  documents: z
    .array(z.strictObject({ policyId: z.string().min(1), document: z.json() }))
    .optional(),
});

/** The policy as configured. */
export type PolicySettings = z.infer<typeof policySettingsSchema>;

const clientSecretsSchema = z.strictObject({
  clientId: z.string().min(1).max(128),
  /** Current secret first; the others are accepted during a rotation. */
  secrets: z.array(z.string().min(1)),
});

const keySourceSchema = z.discriminatedUnion('source', [
  z.strictObject({ keyId: z.string().min(1), source: z.literal('inline'), privateKey: z.string() }),
  z.strictObject({ keyId: z.string().min(1), source: z.literal('keystore') }),
  z.strictObject({ keyId: z.string().min(1), source: z.literal('bridge'), publicKey: hex }),
]);

export const signerSettingsSchema = z.strictObject({
  dataDir: z.string().min(1),
  /** Passphrase of keystore and log key; absent means they are stored in the clear. */
  passphrase: z.string().min(1).optional(),
  maxSkewMs: positive,
  nonceTtlMs: positive,
  clients: z.array(clientSecretsSchema),
  keys: z.array(keySourceSchema),
  /** Whether a key held by the bridge may be replaced by a local one when the bridge is unreachable. */
  bridgeFallback: z.boolean(),
  policy: policySettingsSchema,
  hashBackend: z.enum(['wasm', 'scure']),
  /** Who may freeze; absent means nobody can over HTTP. */
  operators: z.array(operatorSettingsSchema).optional(),
  approvers: z.array(approverSettingsSchema).optional(),
  freeze: freezeSettingsSchema.optional(),
  /** Where the ledger is kept when several signers share it; absent means in the data directory. */
  store: z
    .strictObject({
      /** `postgres://…` with the password in it. */
      postgres: z.string().min(1),
      /** Authorities its certificate may come from; absent means the well-known ones. */
      caPem: z.string().min(1).optional(),
    })
    .optional(),
});

export type SignerSettings = z.infer<typeof signerSettingsSchema>;

const certificateSchema = z.strictObject({
  /** SHA-256 fingerprint of the certificate, lower hex without colons. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** Common name of the subject, or a DNS or URI subject alternative name. */
  name: z.string().min(1).optional(),
});

const tlsSchema = z.strictObject({
  certPem: z.string().min(1),
  keyPem: z.string().min(1),
  caPem: z.string().optional(),
  clientCertificates: z.boolean(),
});

const bridgeSchema = z.strictObject({
  url: z.string().min(1),
  authToken: z.string().min(1),
  userActionSignature: z.string().min(1),
  timeoutMs: positive,
  preflightTimeoutMs: positive,
  preflightOnStart: z.boolean(),
});

export const edgeSettingsSchema = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(0).max(65_535),
  profile: z.enum(['superset', 'strict', 'legacy']),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']),
  tls: tlsSchema.optional(),
  clients: z.array(
    clientSecretsSchema.extend({
      /** Certificates of this client; empty means any trusted one whose name is no other client's. */
      certificates: z.array(certificateSchema),
    }),
  ),
  defaultClientId: z.string().min(1).optional(),
  defaultKeyId: z.string().min(1),
  maxSkewMs: positive,
  nonceTtlMs: positive,
  redis: z
    .strictObject({ url: z.string().min(1), noncePrefix: z.string(), ratePrefix: z.string() })
    .optional(),
  nonceStore: z.enum(['embedded', 'redis']),
  rateLimit: z
    .strictObject({ store: z.enum(['memory', 'redis']), windowMs: positive, maxRequests: positive })
    .optional(),
  leakScan: z.enum(['off', 'warn', 'block']),
  bridge: bridgeSchema.optional(),
  maxConnectionsPerAddress: positive,
  maxInFlight: positive,
  /** Who may freeze; absent means the routes do not exist. */
  operators: z.array(operatorSettingsSchema).optional(),
  /** Whether there are approvers; otherwise their routes do not exist. */
  approvals: z.boolean().optional(),
});

export type EdgeSettings = z.infer<typeof edgeSettingsSchema>;
