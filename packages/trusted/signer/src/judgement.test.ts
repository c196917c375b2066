import {
  createScureHashBackend,
  type HashBackend,
  hashSessionMessage,
  selectorOf,
} from '@countersign/crypto';
import { policyFromSettings } from '@countersign/policy';
import { BoundaryError, LIMITS } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { transferBody, transferCall } from '../test/request.ts';
import {
  AGENT,
  BRIDGE_PUBLIC_KEY,
  bridgeSettings,
  NOW_MS,
  NOW_SEC,
  PUBLIC_KEY,
  policySettings,
  signerSettings,
} from '../test/settings.ts';
import {
  type Approved,
  type Judge,
  type Judgement,
  judge,
  loggedMessage,
  refusalOf,
} from './judgement.ts';
import { createKeyRing } from './key-ring.ts';
import { compileWrittenPolicies } from './written-policies.ts';

const backend = createScureHashBackend();

function judgeWith(changes: Partial<Judge> = {}, settings = signerSettings()): Judge {
  const keys = createKeyRing(settings, () => {
    throw new Error('no keystore here');
  });
  const policy = policyFromSettings(settings.policy);
  const written = compileWrittenPolicies(settings.policy);
  return { policy, written, keys, backend, ...changes };
}

function judged(body: Uint8Array, deps: Judge = judgeWith()): Judgement {
  return judge(deps, AGENT.clientId, body, NOW_MS);
}

function approved(body: Uint8Array, deps?: Judge): Approved {
  const judgement = judged(body, deps);
  if (judgement.outcome === 'allow') return judgement;
  throw new Error(`not allowed: ${judgement.outcome}`);
}

describe('an allowed request', () => {
  it('is approved with the hash of exactly what was asked', () => {
    const { message, hashes, key } = approved(transferBody());
    expect(message).toEqual({
      kind: 'invoke-v2',
      accountAddress: 0xacc0n,
      chainId: 0x534e5f5345504f4c4941n,
      accountNonce: 7n,
      validUntilSec: BigInt(NOW_SEC + 300),
      calls: [{ to: 0x10cen, selector: selectorOf('transfer'), calldata: [0x1a4d10bdn, 100n, 0n] }],
    });
    expect(hashes).toEqual(hashSessionMessage(message, backend));
    expect(key.publicKey).toBe(PUBLIC_KEY);
  });

  it.each(['invoke-v1', 'invoke-v2', 'outside-v2'] as const)('may ask for %s', (messageKind) => {
    expect(approved(transferBody({ messageKind })).message.kind).toBe(messageKind);
  });

  it('gets the first kind of the key when it names none', () => {
    const [key] = policySettings().keys;
    if (key === undefined) throw new Error('no key');
    const settings = signerSettings({
      policy: policySettings({ keys: [{ ...key, messageKinds: ['outside-v2', 'invoke-v2'] }] }),
    });
    expect(approved(transferBody(), judgeWith({}, settings)).message.kind).toBe('outside-v2');
  });
});

describe('caller and start time', () => {
  const bounds = { caller: '0xca11e4', executeAfter: '12' };

  it.each(['invoke-v1', 'invoke-v2'] as const)('are no part of %s', (messageKind) => {
    const bare = approved(transferBody({ messageKind }));
    const { message, hashes } = approved(transferBody({ messageKind, ...bounds }));
    expect(message).toEqual(bare.message);
    expect('caller' in message || 'executeAfterSec' in message).toBe(false);
    expect(hashes).toEqual(bare.hashes);
  });

  it('are part of outside-v2', () => {
    const messageKind = 'outside-v2';
    const { message, hashes } = approved(transferBody({ messageKind, ...bounds }));
    expect(message).toMatchObject({ caller: 0xca11e4n, executeAfterSec: 12n });
    const bare = approved(transferBody({ messageKind }));
    expect(hashes.messageHash).not.toBe(bare.hashes.messageHash);
    expect(hashes).toEqual(hashSessionMessage(message, backend));
  });

  it('stay in what a refusal says was asked', () => {
    const judgement = judged(
      transferBody({ ...bounds, validUntil: NOW_SEC - 1, executeAfter: '0' }),
    );
    expect(judgement).toMatchObject({ outcome: 'deny', asked: { caller: 0xca11e4n } });
  });
});

describe('every error becomes a refusal', () => {
  const cases: readonly [string, Uint8Array, string][] = [
    ['no JSON', Buffer.from('{'), 'ERR_BODY_MALFORMED'],
    ['nothing', new Uint8Array(0), 'ERR_BODY_MALFORMED'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'ERR_BODY_MALFORMED'],
    ['a key twice', Buffer.from('{"nonce":"0x1","nonce":"0x2"}'), 'ERR_BODY_MALFORMED'],
    ['another shape', Buffer.from('{}'), 'ERR_REQUEST_INVALID'],
    ['a felt too large', transferBody({ nonce: `0x${'f'.repeat(64)}` }), 'ERR_FELT_OUT_OF_RANGE'],
    ['a policy denial', transferBody({ validUntil: NOW_SEC }), 'ERR_POLICY_VALIDITY_EXPIRED'],
    ['a key nobody has', transferBody({ keyId: 'nobody' }), 'ERR_POLICY_KEY_UNKNOWN'],
    [
      'a name that is no entrypoint',
      transferBody({ calls: [transferCall({ entrypoint: '0x' })] }),
      'ERR_REQUEST_INVALID',
    ],
  ];

  it.each(cases)('%s', (_, body, code) => {
    expect(judged(body)).toMatchObject({ outcome: 'deny', code });
  });

  it('a key the policy knows and nobody holds', () => {
    const keys = { ...judgeWith().keys, get: () => undefined };
    expect(judged(transferBody(), judgeWith({ keys }))).toMatchObject({
      outcome: 'deny',
      code: 'ERR_SIGNER_UNAVAILABLE',
    });
  });

  it('a fault of the hash backend, which nobody is told the text of', () => {
    const broken: HashBackend = {
      ...backend,
      hashMany: () => {
        throw new RangeError('0x5ec4e7 in a text of a library');
      },
    };
    const judgement = judged(transferBody(), judgeWith({ backend: broken }));
    expect(judgement).toMatchObject({ outcome: 'deny', code: 'ERR_INTERNAL', details: {} });
    expect(JSON.stringify(judgement, (_, v) => (typeof v === 'bigint' ? `${v}` : v))).not.toContain(
      'library',
    );
  });

  it('what was asked is kept when it could be read, and only then', () => {
    expect(judged(transferBody({ validUntil: NOW_SEC }))).toMatchObject({
      rule: 'validity.expired',
      asked: { accountAddress: 0xacc0n },
    });
    expect(judged(Buffer.from('{}'))).toMatchObject({ rule: undefined, asked: undefined });
  });

  it('a deeper body than anyone may send', () => {
    const depth = LIMITS.jsonDepth + 1;
    const body = Buffer.from(`${'['.repeat(depth)}${']'.repeat(depth)}`);
    expect(judged(body)).toMatchObject({ outcome: 'deny', code: 'ERR_BODY_MALFORMED' });
  });
});

describe('the refusal of an error', () => {
  it('has code, rule and details of ours', () => {
    const details = { rule: 'key.caps', call: 1 };
    const error = new BoundaryError('ERR_POLICY_LIMIT_EXCEEDED', { details });
    expect(refusalOf(error)).toEqual({
      outcome: 'deny',
      code: 'ERR_POLICY_LIMIT_EXCEEDED',
      rule: 'key.caps',
      details,
      asked: undefined,
    });
  });

  it('has no rule when there is none of text', () => {
    const error = new BoundaryError('ERR_INTERNAL', { details: { rule: 4 } });
    expect(refusalOf(error).rule).toBeUndefined();
  });

  it.each([new Error('private'), 'private', undefined, null, { code: 'ERR_POLICY_SELF_CALL' }])(
    'is an internal fault for anything else (%s)',
    (error) => {
      expect(refusalOf(error)).toMatchObject({ code: 'ERR_INTERNAL', details: {} });
    },
  );
});

describe('what the log says of an approved request', () => {
  it('names the local key', () => {
    const { hashes, ...rest } = approved(transferBody());
    expect(loggedMessage({ ...rest, hashes })).toEqual({
      kind: 'invoke-v2',
      keyId: 'default',
      publicKey: PUBLIC_KEY,
      ...hashes,
      custodian: 'local',
    });
  });

  it('names the key of the bridge', () => {
    const judgement = approved(transferBody(), judgeWith({}, bridgeSettings()));
    expect(loggedMessage(judgement)).toMatchObject({
      publicKey: BRIDGE_PUBLIC_KEY,
      custodian: 'dfns',
    });
  });
});
