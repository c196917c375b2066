import { describe, expect, it } from 'vitest';
import { edgeControlSchema, processEventSchema, signerControlSchema } from './process-messages.ts';
import { edgeSettingsSchema, signerSettingsSchema } from './settings.ts';
import { signerAnswerSchema, signerQuestionSchema } from './signer-messages.ts';

type Json = Record<string, unknown>;

const POLICY = {
  chains: ['0x534e5f5345504f4c4941'],
  maxValiditySec: 86_400,
  defaultKeyId: 'trading',
  clients: [{ clientId: 'bot', keyIds: ['trading'], accounts: 'all' }],
  keys: [
    {
      keyId: 'trading',
      messageKinds: ['invoke-v2', 'outside-v2'],
      targets: ['0x1'],
      recipients: [],
      caps: [{ token: '0x1', maxPerCall: '1', maxPerRequest: '2' }],
    },
  ],
};

const SIGNER = {
  dataDir: '/srv/countersign',
  maxSkewMs: 30_000,
  nonceTtlMs: 120_000,
  clients: [{ clientId: 'bot', secrets: ['current', 'next'] }],
  keys: [
    { keyId: 'trading', source: 'keystore' },
    { keyId: 'old', source: 'inline', privateKey: '0x1' },
    { keyId: 'held', source: 'bridge', publicKey: '0x2' },
  ],
  bridgeFallback: false,
  policy: POLICY,
  hashBackend: 'wasm',
};

const EDGE = {
  host: '127.0.0.1',
  port: 0,
  profile: 'superset',
  logLevel: 'info',
  clients: [{ clientId: 'bot', secrets: ['current'], certificates: [{ name: 'bot' }] }],
  defaultKeyId: 'trading',
  maxSkewMs: 30_000,
  nonceTtlMs: 120_000,
  nonceStore: 'embedded',
  leakScan: 'block',
  maxConnectionsPerAddress: 256,
  maxInFlight: 1_024,
};

const REQUEST = {
  clientId: 'bot',
  timestamp: '1',
  requestNonce: 'n',
  signature: 'ab',
  method: 'POST',
  target: '/',
  requestId: 'r',
};

const FELT = '0x1';
const SIGNED = {
  kind: 'invoke-v2',
  keyId: 'trading',
  messageHash: FELT,
  publicKey: FELT,
  signature: [FELT, FELT, FELT, FELT],
  custodian: 'local',
  decidedAtMs: 1,
};

const RECEIPT = '12-0123456789abcdef';

const SCHEMAS = [
  ['signer settings', signerSettingsSchema, SIGNER],
  ['edge settings', edgeSettingsSchema, EDGE],
  ['configure signer', signerControlSchema, { op: 'configure', settings: SIGNER }],
  ['stop signer', signerControlSchema, { op: 'stop' }],
  ['configure edge', edgeControlSchema, { op: 'configure', settings: EDGE }],
  ['connect signer', edgeControlSchema, { op: 'signer' }],
  ['ready', processEventSchema, { event: 'ready', inForce: { address: 'http://x' } }],
  [
    'fatal',
    processEventSchema,
    { event: 'fatal', code: 'ERR_INTERNAL', details: {}, reload: false },
  ],
  ['question sign', signerQuestionSchema, { op: 'sign', id: 1, request: REQUEST }],
  ['question complete', signerQuestionSchema, { op: 'complete', id: 1, ticket: 't' }],
  ['question receipt', signerQuestionSchema, { op: 'receipt', id: 1, request: REQUEST, index: 0 }],
  ['question status', signerQuestionSchema, { op: 'status', id: 1 }],
  [
    'answer signed',
    signerAnswerSchema,
    { outcome: 'signed', id: 1, receipt: RECEIPT, signed: SIGNED },
  ],
  [
    'answer refused',
    signerAnswerSchema,
    { outcome: 'refused', id: 1, code: 'ERR_POLICY_SELF_CALL', details: { call: 0 } },
  ],
] as const;

describe.each(SCHEMAS)('%s', (_name, schema, valid) => {
  const accepts = (value: unknown): boolean => schema.safeParse(value).success;

  it('is accepted as it is made', () => {
    expect(accepts(valid)).toBe(true);
  });

  it('is refused with a member nobody knows', () => {
    expect(accepts({ ...valid, extra: 1 })).toBe(false);
  });

  it.each(Object.keys(valid))('is refused without %s', (name) => {
    const { [name]: _removed, ...rest } = valid as Json;
    expect(accepts(rest)).toBe(false);
  });
});

describe('settings refuse', () => {
  const key = POLICY.keys[0];
  const policy = (change: Json): Json => ({ ...SIGNER, policy: { ...POLICY, ...change } });
  const withKey = (change: Json): Json => policy({ keys: [{ ...key, ...change }] });
  const withCap = (change: Json): Json =>
    withKey({ caps: [{ token: '0x1', maxPerCall: '1', maxPerRequest: '2', ...change }] });

  const cases: readonly (readonly [string, Json])[] = [
    ['a key without message kinds', withKey({ messageKinds: [] })],
    ['an unknown message kind', withKey({ messageKinds: ['invoke-v3'] })],
    ['targets that are a word other than all', withKey({ targets: 'any' })],
    ['a target that is no address', withKey({ targets: ['eth'] })],
    ['a target in decimal', withKey({ targets: ['1'] })],
    ['an amount that is a number', withCap({ maxPerCall: 1 })],
    ['an amount in hex', withCap({ maxPerCall: '0x1' })],
    ['an amount with a fraction', withCap({ maxPerRequest: '1.5' })],
    ['a negative amount', withCap({ maxPerRequest: '-1' })],
    ['an amount of 79 digits', withCap({ maxPerCall: '9'.repeat(79) })],
    ['a validity of zero', policy({ maxValiditySec: 0 })],
    ['a validity with a fraction', policy({ maxValiditySec: 1.5 })],
    ['an empty secret', { ...SIGNER, clients: [{ clientId: 'bot', secrets: [''] }] }],
    ['an empty passphrase', { ...SIGNER, passphrase: '' }],
    ['a hash backend nobody has', { ...SIGNER, hashBackend: 'gpu' }],
    ['a key from nowhere', { ...SIGNER, keys: [{ keyId: 'x', source: 'file' }] }],
  ];

  it.each(cases)('%s', (_name, settings) => {
    expect(signerSettingsSchema.safeParse(settings).success).toBe(false);
  });
});

describe('signer answers refuse', () => {
  const accepts = (change: Json): boolean =>
    signerAnswerSchema.safeParse({
      outcome: 'signed',
      id: 1,
      receipt: RECEIPT,
      signed: { ...SIGNED, ...change },
    }).success;

  it.each([
    ['three felts', { signature: [FELT, FELT, FELT] }],
    ['five felts', { signature: [FELT, FELT, FELT, FELT, FELT] }],
    ['a felt in upper case', { messageHash: '0xAB' }],
    ['a felt without a prefix', { publicKey: 'ab' }],
    ['a kind nobody signs', { kind: 'raw-hash' }],
  ])('%s', (_name, change) => {
    expect(accepts(change)).toBe(false);
  });

  it.each(['12', '-1-0123456789abcdef', '12-0123456789ABCDEF', '12-0123', '../x'])(
    'the receipt id %s',
    (receipt) => {
      const answer = { outcome: 'signed', id: 1, receipt, signed: SIGNED };
      expect(signerAnswerSchema.safeParse(answer).success).toBe(false);
    },
  );
});
