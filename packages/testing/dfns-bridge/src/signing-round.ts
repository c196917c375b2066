/**
 * One request with all that is needed to answer it, rightly or wrongly.
 *
 * @module
 */

import { CURVE_ORDER, type SessionRequest, toHex } from '@countersign/protocol';
import type { AcceptableBehaviour, WrongShapeBehaviour, WrongValueBehaviour } from './behaviour.ts';
import {
  type BridgeHashes,
  type BridgeMessageKind,
  bridgePublicKey,
  hashBridgeMessage,
  signBridgeHash,
} from './bridge-message.ts';

/** Behaviours that still answer with a JSON document. */
export type DocumentBehaviour = AcceptableBehaviour | WrongValueBehaviour | WrongShapeBehaviour;

export interface SigningRound {
  readonly kind: BridgeMessageKind;
  readonly request: SessionRequest;
  /** Hex. */
  readonly privateKey: string;
}

interface Answer {
  readonly hashes: BridgeHashes;
  readonly publicKey: bigint;
  readonly signature: readonly bigint[];
}

/** Public and worthless: the key of whoever is not asked. */
const STRAY_KEY = '0x57a9';

/** Makes the document of one behaviour; `honest` is what the wire contract asks for. */
export function answerDocument(behaviour: DocumentBehaviour, round: SigningRound): unknown {
  const honest = answerWith(round, round.privateKey);
  return DOCUMENTS[behaviour](honest, round);
}

const DOCUMENTS: Readonly<
  Record<DocumentBehaviour, (honest: Answer, round: SigningRound) => unknown>
> = {
  honest: (honest) => toDocument(honest),
  'high-s': (honest) => toDocument(withFelt(honest, 2, CURVE_ORDER - felt(honest, 2))),
  'unknown-keys': (honest) => ({ walletId: 'wa-1', audit: { by: [] }, ...toDocument(honest) }),
  'padded-felts': (honest) => padFelts(toDocument(honest)),

  'wrong-domain-hash': (honest) => toDocument(withHashes(honest, { domainHash: 1n })),
  'wrong-message-hash': (honest) => toDocument(withHashes(honest, { messageHash: 1n })),
  'other-message-kind': (_honest, round) =>
    toDocument(answerWith(otherKind(round), round.privateKey)),
  'other-key': (_honest, round) => toDocument(answerWith(round, STRAY_KEY)),
  'other-key-in-signature': (honest) => toDocument(withFelt(honest, 0, bridgePublicKey(STRAY_KEY))),
  'signature-of-another-message': (honest, round) =>
    toDocument(resigned(honest, honest.hashes.messageHash ^ 1n, round.privateKey)),
  'signature-of-another-key': (honest) =>
    toDocument(resigned(honest, honest.hashes.messageHash, STRAY_KEY)),
  'zero-signature': (honest) => toDocument(withFelt(withFelt(honest, 1, 0n), 2, 0n)),
  'wrong-valid-until': (honest) => toDocument(withFelt(honest, 3, felt(honest, 3) + 1n)),

  'three-felts': (honest) => toDocument({ ...honest, signature: honest.signature.slice(0, 3) }),
  'five-felts': (honest) => toDocument({ ...honest, signature: [...honest.signature, 1n] }),
  'wrong-mode': (honest) => ({ ...toDocument(honest), signatureMode: 'v1' }),
  'wrong-kind': (honest) => ({ ...toDocument(honest), signatureKind: 'Snip9' }),
  'missing-domain-hash': (honest) => ({ ...toDocument(honest), domainHash: undefined }),
  'number-for-felt': (honest) => ({ ...toDocument(honest), messageHash: 12 }),
  'felt-out-of-range': (honest) => toDocument(withFelt(honest, 1, (1n << 256n) - 1n)),
  array: (honest) => [toDocument(honest)],
};

function answerWith(round: SigningRound, privateKey: string): Answer {
  const hashes = hashBridgeMessage(round.kind, round.request);
  const publicKey = bridgePublicKey(privateKey);
  const { r, s } = signBridgeHash(hashes.messageHash, privateKey);
  return { hashes, publicKey, signature: [publicKey, r, s, round.request.validUntilSec] };
}

function otherKind(round: SigningRound): SigningRound {
  return { ...round, kind: round.kind === 'invoke-v2' ? 'outside-v2' : 'invoke-v2' };
}

function resigned(honest: Answer, messageHash: bigint, privateKey: string): Answer {
  const { r, s } = signBridgeHash(messageHash, privateKey);
  return withFelt(withFelt(honest, 1, r), 2, s);
}

function withHashes(honest: Answer, changed: Partial<BridgeHashes>): Answer {
  return { ...honest, hashes: { ...honest.hashes, ...changed } };
}

function withFelt(honest: Answer, index: number, value: bigint): Answer {
  return { ...honest, signature: honest.signature.with(index, value) };
}

function felt(honest: Answer, index: number): bigint {
  return honest.signature[index] ?? 0n;
}

function toDocument({ hashes, publicKey, signature }: Answer): Readonly<Record<string, unknown>> {
  return {
    signatureMode: 'v2_snip12',
    signatureKind: 'Snip12',
    domainHash: toHex(hashes.domainHash),
    messageHash: toHex(hashes.messageHash),
    sessionPublicKey: toHex(publicKey),
    signature: signature.map(toHex),
  };
}

/** Writes every hex text as 64 upper-case digits. */
function padFelts(document: Readonly<Record<string, unknown>>): unknown {
  const pad = (_key: string, value: unknown): unknown =>
    typeof value === 'string' && value.startsWith('0x')
      ? `0x${value.slice(2).toUpperCase().padStart(64, '0')}`
      : value;
  return JSON.parse(JSON.stringify(document), pad);
}
