/**
 * The native configuration: one YAML file, one schema, unknown keys refused.
 *
 * Every key has a sentence in `countersign.sample.yaml`, which the tests load.
 *
 * @module
 */

import { FIELD_PRIME, isHex, isHexOrDecimal } from '@countersign/protocol';
import { z } from 'zod';

/** Chains by their usual names; any other is written as a felt. */
export const CHAIN_NAMES: Readonly<Record<string, string>> = {
  SN_MAIN: '0x534e5f4d41494e',
  SN_SEPOLIA: '0x534e5f5345504f4c4941',
};

// Without quotes YAML reads a number, and rounds it: the sentence is the same for every wrong form.
const ADDRESS_TEXT = 'expected an address in quotes: 0x and 1-64 hex digits, below the field prime';
const CHAIN_TEXT = `expected ${Object.keys(CHAIN_NAMES).join(', ')}, or a chain id in quotes`;
const AMOUNT_TEXT = 'expected an amount in base units, 1-78 digits in quotes';

/** Thirty days: nobody remembers after that what was asked. */
const MOST_APPROVAL_SECONDS = 2_592_000;
/** The times of as many denials are kept in memory, for each client, key or account. */
const MOST_DENIALS = 10_000;

const address = z.string(ADDRESS_TEXT).refine(isAddress, ADDRESS_TEXT);
const chain = z.string(CHAIN_TEXT).refine(isChain, CHAIN_TEXT);
const amount = z.string(AMOUNT_TEXT).regex(/^[0-9]{1,78}$/, AMOUNT_TEXT);

const identifier = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected 1-64 letters, digits, . _ -');
const milliseconds = z.int().positive();
const filePath = z.string().min(1);
const listOrAll = <T extends z.ZodType>(item: T) =>
  z.union([z.literal('all'), z.array(item)], 'expected the word all, or a list');

/** Where a secret is read from; never the secret itself. */
const secretSource = z.union(
  [z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: filePath })],
  'expected { env: NAME } or { file: path }, not the secret itself',
);

const listenSchema = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1'),
    port: z.int().min(0).max(65_535).default(8545),
    tls: z
      .strictObject({ cert: filePath, key: filePath, clientCa: filePath.optional() })
      .optional(),
  })
  .prefault({});

const clientSchema = z.strictObject({
  id: z.string().min(1).max(128),
  secrets: z.array(secretSource).min(1),
  keys: listOrAll(identifier).default([]),
  accounts: listOrAll(address).default([]),
  certificates: z
    .array(
      z.strictObject({
        name: z.string().min(1).optional(),
        sha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits without colons')
          .optional(),
      }),
    )
    .default([]),
});

const keySchema = z.strictObject({
  id: identifier,
  custody: z.enum(['keystore', 'dfns']).default('keystore'),
  /** With custody dfns: the public key every answer of the bridge is checked against. */
  publicKey: address.optional(),
  messageKinds: z
    .tuple(
      [z.enum(['invoke-v1', 'invoke-v2', 'outside-v2'])],
      z.enum(['invoke-v1', 'invoke-v2', 'outside-v2']),
    )
    .default(['invoke-v2']),
  targets: listOrAll(address).default([]),
  recipients: listOrAll(address).default([]),
  caps: z
    .array(z.strictObject({ token: address, maxPerCall: amount, maxPerRequest: amount }))
    .default([]),
  /** Id of a written policy, instead of the three lists above. */
  policy: identifier.optional(),
});

const approverSchema = z.strictObject({
  id: identifier,
  kind: z.enum(['ed25519', 'p256', 'passkey']),
  publicKey: z.string().min(1),
  /** With kind passkey, and only then. */
  passkey: z
    .strictObject({ rpId: z.string().min(1), origins: z.array(z.string().min(1)).min(1) })
    .optional(),
});

const freezeSchema = z.strictObject({
  operators: z.array(z.strictObject({ id: identifier, secrets: z.array(secretSource).min(1) })),
  unfreeze: z.strictObject({
    required: z.int().positive(),
    approvers: z.array(identifier).min(1),
    expiresInSeconds: z.int().positive().max(MOST_APPROVAL_SECONDS).default(3_600),
  }),
  automatic: z
    .array(
      z.strictObject({
        when: z.enum(['denials', 'custodian-mismatch']),
        count: z.int().positive().max(MOST_DENIALS).optional(),
        windowSeconds: z.int().positive().optional(),
        scope: z.enum(['client', 'key', 'account', 'all']),
      }),
    )
    .default([]),
});

export const configSchema = z.strictObject({
  version: z.literal(1),
  dataDir: filePath,
  profile: z.enum(['superset', 'strict', 'legacy']).default('superset'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  hashBackend: z.enum(['wasm', 'scure']).default('wasm'),
  passphrase: secretSource.optional(),
  store: z.strictObject({ postgres: secretSource, ca: filePath.optional() }).optional(),
  listen: listenSchema,
  clients: z.array(clientSchema).min(1),
  defaultClient: z.string().min(1).optional(),
  keys: z.array(keySchema).min(1),
  defaultKey: identifier.optional(),
  approvers: z.array(approverSchema).default([]),
  freeze: freezeSchema.optional(),
  policies: z.array(z.strictObject({ id: identifier, file: filePath })).default([]),
  policy: z.strictObject({
    chains: listOrAll(chain),
    maxValiditySec: z.int().positive().default(86_400),
  }),
  authentication: z
    .strictObject({
      maxSkewMs: milliseconds.default(30_000),
      nonceTtlMs: milliseconds.default(120_000),
      nonceStore: z.enum(['embedded', 'redis']).default('embedded'),
    })
    .prefault({}),
  redis: z
    .strictObject({
      url: secretSource,
      noncePrefix: z.string().default('countersign:nonce:'),
      ratePrefix: z.string().default('countersign:rate:'),
    })
    .optional(),
  rateLimit: z
    .strictObject({
      store: z.enum(['memory', 'redis']).default('memory'),
      windowMs: milliseconds.default(60_000),
      maxRequests: z.int().positive().default(120),
    })
    .optional(),
  leakScan: z.enum(['off', 'warn', 'block']).default('block'),
  bridge: z
    .strictObject({
      url: z.string().min(1),
      authToken: secretSource,
      userActionSignature: secretSource,
      timeoutMs: milliseconds.default(7_000),
      preflightTimeoutMs: milliseconds.default(3_000),
      preflightOnStart: z.boolean().default(false),
      /** Sign with a keystore key of the same public key while the bridge cannot be reached. */
      localFallback: z.boolean().default(false),
    })
    .optional(),
  limits: z
    .strictObject({
      connectionsPerAddress: z.int().positive().default(256),
      requestsInFlight: z.int().positive().default(1_024),
    })
    .prefault({}),
});

export type Config = z.infer<typeof configSchema>;
export type SecretSource = z.infer<typeof secretSource>;

function isAddress(text: string): boolean {
  return isHex(text) && BigInt(text) < FIELD_PRIME;
}

function isChain(text: string): boolean {
  return Object.hasOwn(CHAIN_NAMES, text) || (isHexOrDecimal(text) && BigInt(text) < FIELD_PRIME);
}
