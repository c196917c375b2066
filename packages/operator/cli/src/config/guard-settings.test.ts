import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isBoundaryError } from '@countersign/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from './config-file.ts';
import { settingsFromConfig } from './config-settings.ts';

const spki = (kind: 'ed25519' | 'p256'): string => {
  const pair =
    kind === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
};
const ALICE = { id: 'alice', kind: 'ed25519', publicKey: spki('ed25519') };
const BOB = { id: 'bob', kind: 'p256', publicKey: spki('p256') };
const PASSKEY = { rpId: 'example.com', origins: ['https://example.com'] };

const OPS = { id: 'ops', secrets: [{ env: 'OPS' }] };
const FREEZE = { operators: [OPS], unfreeze: { required: 2, approvers: ['alice', 'bob'] } };
const DENIALS = { when: 'denials', count: 3, windowSeconds: 60, scope: 'client' };

const ENV = {
  PASSPHRASE: 'a passphrase',
  BOT: 'bot-secret-0123456789',
  OPS: 'ops-secret-0123456789',
  SHORT: 'fifteen-chars-1',
};

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'countersign-guards-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Parts {
  readonly approvers?: unknown;
  readonly freeze?: unknown;
}

function settle(parts: Parts): ReturnType<typeof settingsFromConfig> {
  // JSON is YAML.
  const text = JSON.stringify({
    version: 1,
    dataDir: './data',
    passphrase: { env: 'PASSPHRASE' },
    clients: [{ id: 'bot', secrets: [{ env: 'BOT' }] }],
    keys: [{ id: 'trading' }],
    policy: { chains: ['SN_MAIN'] },
    approvers: [ALICE, BOB],
    ...parts,
  });
  return settingsFromConfig(parseConfig(text, 'c.yaml'), { baseDir: dir, env: ENV });
}

function refusal(parts: Parts): unknown {
  try {
    settle(parts);
    return 'accepted';
  } catch (error) {
    return isBoundaryError(error) ? [error.code, error.details.field] : error;
  }
}

const approvers = (...list: readonly unknown[]): Parts => ({ approvers: list });
const freeze = (changes: object): Parts => ({ freeze: { ...FREEZE, ...changes } });
const unfreeze = (changes: object): Parts =>
  freeze({ unfreeze: { ...FREEZE.unfreeze, ...changes } });
const automatic = (changes: object): Parts => freeze({ automatic: [{ ...DENIALS, ...changes }] });

describe('a configuration is refused', () => {
  it.each<[string, Parts, string]>([
    ['with an approver twice', approvers(ALICE, ALICE), 'approvers'],
    [
      'with one key for two approvers',
      approvers(ALICE, { ...ALICE, id: 'bob' }),
      'approvers.bob.publicKey',
    ],
    [
      'with one key for two approvers, once of a passkey',
      approvers(BOB, { ...BOB, id: 'carol', kind: 'passkey', passkey: PASSKEY }),
      'approvers.carol.publicKey',
    ],
    ['with an approver who is a client', approvers({ ...ALICE, id: 'bot' }), 'approvers.bot'],
    [
      'with a key of another kind',
      approvers({ ...ALICE, kind: 'p256' }),
      'approvers.alice.publicKey',
    ],
    [
      'with a key that is none',
      approvers({ ...ALICE, publicKey: 'x' }),
      'approvers.alice.publicKey',
    ],
    [
      'with a passkey that has no place',
      approvers({ ...BOB, kind: 'passkey' }),
      'approvers.bob.passkey',
    ],
    [
      'with a place without a passkey',
      approvers({ ...BOB, passkey: PASSKEY }),
      'approvers.bob.passkey',
    ],
    [
      'with an approver of freezes nobody knows',
      unfreeze({ approvers: ['alice', 'carol'] }),
      'freeze.unfreeze.approvers',
    ],
    [
      'with an approver of freezes twice',
      unfreeze({ approvers: ['alice', 'alice'] }),
      'freeze.unfreeze.approvers',
    ],
    ['that needs more than there are', unfreeze({ required: 3 }), 'freeze.unfreeze.required'],
    ['that needs nobody', unfreeze({ required: 0 }), 'freeze.unfreeze.required'],
    ['that nobody can unfreeze', unfreeze({ approvers: [] }), 'freeze.unfreeze.approvers'],
    [
      'where approvals last for months',
      unfreeze({ expiresInSeconds: 2_592_001 }),
      'freeze.unfreeze.expiresInSeconds',
    ],
    ['that does not say who unfreezes', freeze({ unfreeze: undefined }), 'freeze.unfreeze'],
    ['with an operator twice', freeze({ operators: [OPS, OPS] }), 'freeze.operators'],
    [
      'with an operator without a secret',
      freeze({ operators: [{ id: 'ops', secrets: [] }] }),
      'freeze.operators[0].secrets',
    ],
    [
      'with a short secret',
      freeze({ operators: [{ id: 'ops', secrets: [{ env: 'SHORT' }] }] }),
      'freeze.operators.ops.secrets[0]',
    ],
    [
      'with a secret that is not there',
      freeze({ operators: [{ id: 'ops', secrets: [{ env: 'NOWHERE' }] }] }),
      'freeze.operators.ops.secrets[0]',
    ],
    [
      'with the secret of a client',
      freeze({ operators: [{ id: 'ops', secrets: [{ env: 'OPS' }, { env: 'BOT' }] }] }),
      'freeze.operators.ops.secrets',
    ],
    [
      'with the secret of another operator',
      freeze({ operators: [OPS, { ...OPS, id: 'more' }] }),
      'freeze.operators.more.secrets',
    ],
    ['with denials without a count', automatic({ count: undefined }), 'freeze.automatic[0].count'],
    [
      'with denials without a window',
      automatic({ windowSeconds: undefined }),
      'freeze.automatic[0].windowSeconds',
    ],
    ['with a count nobody keeps', automatic({ count: 10_001 }), 'freeze.automatic[0].count'],
    [
      'with a mismatch that is counted',
      automatic({ when: 'custodian-mismatch', scope: 'key' }),
      'freeze.automatic[0]',
    ],
    [
      'with a mismatch that freezes a client',
      freeze({ automatic: [{ when: 'custodian-mismatch', scope: 'client' }] }),
      'freeze.automatic[0].scope',
    ],
    ['that freezes for another reason', automatic({ when: 'weekend' }), 'freeze.automatic[0].when'],
  ])('%s', (_name, parts, field) => {
    expect(refusal(parts)).toEqual(['ERR_CONFIG_INVALID', field]);
  });
});

describe('settings', () => {
  it('are nobody and nothing without the sections', () => {
    const { signer, edge } = settle({ approvers: undefined }).settings;
    expect(signer).not.toHaveProperty('approvers');
    expect(signer).not.toHaveProperty('freeze');
    expect(signer).not.toHaveProperty('operators');
    expect(edge).not.toHaveProperty('operators');
  });

  it('say the same of operators to both processes', () => {
    const { signer, edge } = settle(freeze({ automatic: [DENIALS] })).settings;
    expect(edge.operators).toEqual([{ operatorId: 'ops', secrets: [ENV.OPS] }]);
    expect(signer.operators).toEqual(edge.operators);
    expect(signer.approvers).toEqual([ALICE, BOB]);
    expect(signer.freeze).toEqual({
      unfreeze: { required: 2, approvers: ['alice', 'bob'], expiresInSec: 3_600 },
      automatic: [{ when: 'denials', count: 3, windowSec: 60, scope: 'client' }],
    });
  });

  it('take a mismatch without a count', () => {
    const rule = { when: 'custodian-mismatch', scope: 'all' };
    expect(settle(freeze({ automatic: [rule] })).settings.signer.freeze?.automatic).toEqual([rule]);
  });
});
