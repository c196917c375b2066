/**
 * The body of a successful sign answer, in each profile.
 *
 * @module
 */

import type { SignedMessage, WireProfile } from '@countersign/protocol';

export interface SignResponseContext {
  readonly profile: WireProfile;
  readonly requestId: string;
  readonly traceId: string | undefined;
}

/** Members in the order of the wire contract; `audit` is SPEC v1's and absent in `legacy`. */
export function signResponse(signed: SignedMessage, context: SignResponseContext): object {
  const { requestId } = context;
  const session = signed.kind === 'invoke-v1';
  const body = {
    requestId,
    signatureMode: session ? 'v1' : 'v2_snip12',
    signatureKind: session ? 'Session' : 'Snip12',
    // The older session hash has no domain.
    domainHash: signed.domainHash ?? '0x0',
    messageHash: signed.messageHash,
    signerProvider: signed.custodian,
    sessionPublicKey: signed.publicKey,
    signature: signed.signature,
  };
  if (context.profile === 'legacy') return body;
  const audit = {
    policyDecision: 'allow',
    decidedAt: new Date(signed.decidedAtMs).toISOString(),
    keyId: signed.keyId,
    traceId: context.traceId ?? requestId,
  };
  return { ...body, audit };
}
