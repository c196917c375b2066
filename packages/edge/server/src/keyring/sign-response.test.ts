import type { SignedMessage } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { signResponse } from './sign-response.ts';

const SIGNED: SignedMessage = {
  kind: 'invoke-v2',
  keyId: 'trading',
  domainHash: '0xd0',
  messageHash: '0xe0',
  publicKey: '0xab',
  signature: ['0xab', '0x1', '0x2', '0x698f1c54'],
  custodian: 'local',
  decidedAtMs: 1_770_984_000_123,
};
const CONTEXT = { profile: 'superset', requestId: 'request-1', traceId: undefined } as const;

const MEMBERS = [
  'requestId',
  'signatureMode',
  'signatureKind',
  'domainHash',
  'messageHash',
  'signerProvider',
  'sessionPublicKey',
  'signature',
];

describe('the members', () => {
  it.each(['superset', 'strict'] as const)(
    'stand in the order of the contract in %s',
    (profile) => {
      const response = signResponse(SIGNED, { ...CONTEXT, profile });
      expect(Object.keys(response)).toEqual([...MEMBERS, 'audit']);
    },
  );

  it('are the older ones in legacy', () => {
    const response = signResponse(SIGNED, { ...CONTEXT, profile: 'legacy' });
    expect(JSON.stringify(response)).toBe(
      '{"requestId":"request-1","signatureMode":"v2_snip12","signatureKind":"Snip12","domainHash":"0xd0","messageHash":"0xe0","signerProvider":"local","sessionPublicKey":"0xab","signature":["0xab","0x1","0x2","0x698f1c54"]}',
    );
  });
});

describe('the audit', () => {
  it('says who decided what and when', () => {
    expect(signResponse(SIGNED, CONTEXT)).toMatchObject({
      audit: {
        policyDecision: 'allow',
        decidedAt: '2026-02-13T12:00:00.123Z',
        keyId: 'trading',
        traceId: 'request-1',
      },
    });
  });

  it('has its members in the order of the contract', () => {
    const { audit } = signResponse(SIGNED, CONTEXT) as { readonly audit: object };
    expect(Object.keys(audit)).toEqual(['policyDecision', 'decidedAt', 'keyId', 'traceId']);
  });

  it('repeats the trace id of the request when there is one', () => {
    const response = signResponse(SIGNED, { ...CONTEXT, traceId: 'trace-9' });
    expect(response).toMatchObject({ requestId: 'request-1', audit: { traceId: 'trace-9' } });
  });
});

describe('the kind of message', () => {
  it.each(['invoke-v2', 'outside-v2'] as const)('%s reads as SNIP-12', (kind) => {
    expect(signResponse({ ...SIGNED, kind }, CONTEXT)).toMatchObject({
      signatureMode: 'v2_snip12',
      signatureKind: 'Snip12',
    });
  });

  it('invoke-v1 reads as what it is, with zero for the domain it has not', () => {
    const { domainHash: _none, ...rest } = SIGNED;
    expect(signResponse({ ...rest, kind: 'invoke-v1' }, CONTEXT)).toMatchObject({
      signatureMode: 'v1',
      signatureKind: 'Session',
      domainHash: '0x0',
    });
  });
});

it('names the bridge when the bridge signed', () => {
  const response = signResponse({ ...SIGNED, custodian: 'dfns' }, CONTEXT);
  expect(response).toMatchObject({ signerProvider: 'dfns' });
});
