import { isBoundaryError, type JsonValue } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { encodeBridgeRequest } from './bridge-request.ts';

const CALL = { contractAddress: '0x00AbC', entrypoint: 'transfer', calldata: ['0x1', '007', '2'] };
const MINIMAL = {
  accountAddress: '0x1',
  chainId: '393402133025997798000961',
  nonce: '0x2a',
  validUntil: 4_102_444_800,
  calls: [CALL],
};

const encode = (request: JsonValue): string =>
  Buffer.from(encodeBridgeRequest('agent-1', request)).toString('utf8');

describe('encodeBridgeRequest', () => {
  it('writes the contract’s fields in its order, whatever order they came in', () => {
    const request = {
      context: { reason: 'why', tool: 'transfer', requester: 'me' },
      calls: [{ calldata: CALL.calldata, entrypoint: 'transfer', contractAddress: '0x00AbC' }],
      validUntil: 4_102_444_800,
      executeAfter: '0',
      caller: '0x414e595f43414c4c4552',
      nonce: '0x2a',
      chainId: '393402133025997798000961',
      keyId: 'k',
      accountAddress: '0x1',
    };
    expect(encode(request)).toBe(
      '{"clientId":"agent-1","request":{"accountAddress":"0x1","keyId":"k",' +
        '"chainId":"393402133025997798000961","nonce":"0x2a","caller":"0x414e595f43414c4c4552",' +
        '"executeAfter":"0","validUntil":4102444800,"calls":[{"contractAddress":"0x00AbC",' +
        '"entrypoint":"transfer","calldata":["0x1","007","2"]}],"context":{"requester":"me",' +
        '"tool":"transfer","reason":"why"}},"kind":"Snip12","signatureMode":"v2_snip12"}',
    );
  });

  it('leaves absent fields absent', () => {
    expect(JSON.parse(encode(MINIMAL)).request).toStrictEqual(MINIMAL);
  });

  it('keeps an empty context', () => {
    expect(JSON.parse(encode({ ...MINIMAL, context: {} })).request.context).toStrictEqual({});
  });

  it('drops what the contract does not name, at every level', () => {
    const request = {
      ...MINIMAL,
      messageKind: 'outside-v2',
      sessionId: 's',
      calls: [{ ...CALL, value: '0x1' }],
      context: { tool: 't', requestId: 'r', traceId: 't', actor: 'a' },
    };
    expect(JSON.parse(encode(request)).request).toStrictEqual({
      ...MINIMAL,
      context: { tool: 't' },
    });
  });

  it('refuses a request that breaks the schema', () => {
    let refusal: unknown;
    try {
      encode({ ...MINIMAL, validUntil: '4102444800' });
    } catch (error) {
      refusal = error;
    }
    expect(isBoundaryError(refusal) && refusal.code).toBe('ERR_REQUEST_INVALID');
  });
});
