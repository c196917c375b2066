import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isBoundaryError } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import {
  type ApprovalStatement,
  approvalChallenge,
  approvalStatement,
} from './approval-statement.ts';
import { type Approver, type ApproverKind, readApprover } from './approver-key.ts';
import { type ApprovalEvidence, verifyApproval } from './verify-approval.ts';

const STATEMENT: ApprovalStatement = {
  intentId: 'intent-0123456789',
  digest: 'ab'.repeat(32),
  answer: 'approve',
};
const PLACE = { rpId: 'example.com', origins: ['https://example.com'] };

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const P256 = (): Pair => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const PAIRS: Readonly<Record<ApproverKind, Pair>> = {
  ed25519: generateKeyPairSync('ed25519'),
  p256: P256(),
  passkey: P256(),
};

function spki(key: KeyObject): string {
  return key.export({ format: 'der', type: 'spki' }).toString('base64');
}

function approver(kind: ApproverKind, key = PAIRS[kind].publicKey): Approver {
  const passkey = kind === 'passkey' ? { passkey: PLACE } : {};
  return readApprover({ id: 'alice', kind, publicKey: spki(key), ...passkey });
}

function signature(kind: 'ed25519' | 'p256', statement = STATEMENT): ApprovalEvidence {
  const { privateKey } = PAIRS[kind];
  const bytes = approvalStatement(statement);
  const made =
    kind === 'ed25519'
      ? sign(null, bytes, privateKey)
      : sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return { kind: 'signature', signature: made };
}

interface Touch {
  readonly rpId?: string;
  readonly flags?: number;
  readonly client?: Readonly<Record<string, unknown>>;
  readonly text?: string;
  readonly signWith?: KeyObject;
}

/** What an authenticator and a browser make of the statement, with one thing changed. */
function passkey(touch: Touch = {}, statement = STATEMENT): ApprovalEvidence {
  const {
    rpId = PLACE.rpId,
    flags = 0x05,
    client = {},
    signWith = PAIRS.passkey.privateKey,
  } = touch;
  const clientData = {
    type: 'webauthn.get',
    challenge: Buffer.from(approvalChallenge(statement)).toString('base64url'),
    origin: 'https://example.com',
    crossOrigin: false,
    ...client,
  };
  const clientDataJson = Buffer.from(touch.text ?? JSON.stringify(clientData), 'utf8');
  const authenticatorData = Buffer.concat([
    createHash('sha256').update(rpId).digest(),
    Buffer.from([flags, 0, 0, 0, 7]),
  ]);
  const hashed = createHash('sha256').update(clientDataJson).digest();
  const made = sign('sha256', Buffer.concat([authenticatorData, hashed]), signWith);
  return { kind: 'passkey', assertion: { authenticatorData, clientDataJson, signature: made } };
}

describe('an approval', () => {
  it.each(['ed25519', 'p256'] as const)('signed with %s holds', (kind) => {
    expect(verifyApproval(approver(kind), STATEMENT, signature(kind))).toBe(true);
  });

  it('by a passkey holds', () => {
    expect(verifyApproval(approver('passkey'), STATEMENT, passkey())).toBe(true);
  });

  const others: readonly (readonly [string, Partial<ApprovalStatement>])[] = [
    ['another intent', { intentId: 'intent-9876543210' }],
    ['another digest', { digest: 'ac'.repeat(32) }],
    ['the opposite answer', { answer: 'deny' }],
  ];
  it.each(others)('does not hold for %s', (_, change) => {
    const other = { ...STATEMENT, ...change };
    expect(verifyApproval(approver('ed25519'), other, signature('ed25519'))).toBe(false);
    expect(verifyApproval(approver('p256'), other, signature('p256'))).toBe(false);
    expect(verifyApproval(approver('passkey'), other, passkey())).toBe(false);
  });

  const foreign: readonly (readonly [string, Approver, ApprovalEvidence])[] = [
    [
      'somebody else’s Ed25519 key',
      approver('ed25519', generateKeyPairSync('ed25519').publicKey),
      signature('ed25519'),
    ],
    ['somebody else’s P-256 key', approver('p256', P256().publicKey), signature('p256')],
    ['a key of another kind', approver('p256'), signature('ed25519')],
    [
      'a plain signature for a passkey',
      approver('passkey', PAIRS.p256.publicKey),
      signature('p256'),
    ],
    ['an assertion for a plain key', approver('p256', PAIRS.passkey.publicKey), passkey()],
    ['an empty signature', approver('p256'), { kind: 'signature', signature: new Uint8Array(0) }],
    ['zeros', approver('p256'), { kind: 'signature', signature: new Uint8Array(64) }],
    ['zeros, Ed25519', approver('ed25519'), { kind: 'signature', signature: new Uint8Array(64) }],
  ];
  it.each(foreign)('does not hold with %s', (_, who, evidence) => {
    expect(verifyApproval(who, STATEMENT, evidence)).toBe(false);
  });

  const touches: readonly (readonly [string, Touch])[] = [
    ['for another party', { rpId: 'example.org' }],
    ['without the user', { flags: 0x04 }],
    ['without verification of the user', { flags: 0x01 }],
    ['of a registration', { client: { type: 'webauthn.create' } }],
    ['of another challenge', { client: { challenge: 'AAAA' } }],
    ['from another origin', { client: { origin: 'https://example.com.evil.test' } }],
    ['from a frame of another origin', { client: { crossOrigin: true } }],
    ['with a member twice', { text: '{"type":"webauthn.get","type":"webauthn.get"}' }],
    ['that is no JSON', { text: 'webauthn.get' }],
    ['that is a list', { text: '[]' }],
    ['signed with another key', { signWith: P256().privateKey }],
  ];
  it.each(touches)('by a passkey %s does not hold', (_, touch) => {
    expect(verifyApproval(approver('passkey'), STATEMENT, passkey(touch))).toBe(false);
  });

  it('with any byte changed does not hold', () => {
    const evidence = passkey();
    if (evidence.kind !== 'passkey') throw new Error('expected a passkey');
    for (const part of ['authenticatorData', 'clientDataJson'] as const) {
      for (let at = 0; at < evidence.assertion[part].length; at += 5) {
        const changed = Buffer.from(evidence.assertion[part]);
        changed[at] = (changed[at] ?? 0) ^ 1;
        const assertion = { ...evidence.assertion, [part]: changed };
        expect(verifyApproval(approver('passkey'), STATEMENT, { kind: 'passkey', assertion })).toBe(
          false,
        );
      }
    }
  });
});

describe('a statement', () => {
  it.each(['', 'short', 'with\nline', 'x'.repeat(65)])('about the id %j is refused', (intentId) => {
    expect(() => approvalStatement({ ...STATEMENT, intentId })).toThrow(RangeError);
  });
  it.each(['', 'AB'.repeat(32), `${'ab'.repeat(31)}\n`])(
    'about the digest %j is refused',
    (digest) => {
      expect(() => approvalStatement({ ...STATEMENT, digest })).toThrow(RangeError);
    },
  );
});

describe('the key of an approver', () => {
  const pem = (key: KeyObject): string =>
    key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }).toString();
  const { publicKey, privateKey } = PAIRS.p256;

  it('may be PEM', () => {
    const read = readApprover({ id: 'a', kind: 'p256', publicKey: pem(publicKey) });
    expect(read.identity).toBe(spki(publicKey));
  });

  const wrong: readonly (readonly [string, Parameters<typeof readApprover>[0], string])[] = [
    ['no key', { id: 'a', kind: 'p256', publicKey: 'AAAA' }, 'approvers.a.publicKey'],
    [
      'a private key',
      { id: 'a', kind: 'p256', publicKey: pem(privateKey) },
      'approvers.a.publicKey',
    ],
    [
      'a key of another kind',
      { id: 'a', kind: 'ed25519', publicKey: spki(publicKey) },
      'approvers.a.publicKey',
    ],
    [
      'a passkey without a place',
      { id: 'a', kind: 'passkey', publicKey: spki(publicKey) },
      'approvers.a.passkey',
    ],
    [
      'a place without a passkey',
      { id: 'a', kind: 'p256', publicKey: spki(publicKey), passkey: PLACE },
      'approvers.a.passkey',
    ],
    [
      'a passkey without origins',
      { id: 'a', kind: 'passkey', publicKey: spki(publicKey), passkey: { rpId: 'x', origins: [] } },
      'approvers.a.passkey.origins',
    ],
  ];
  it.each(wrong)('is refused: %s', (_, settings, field) => {
    let told: unknown;
    try {
      readApprover(settings);
    } catch (error) {
      told = error;
    }
    expect(isBoundaryError(told) && [told.code, told.details.field]).toEqual([
      'ERR_CONFIG_INVALID',
      field,
    ]);
    expect(JSON.stringify(isBoundaryError(told) && told.details)).not.toContain('PRIVATE');
  });
});
