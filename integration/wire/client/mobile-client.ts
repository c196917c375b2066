/**
 * The mobile client as a caller sees it: its free-form context, its few demands, its reading of errors.
 *
 * @module
 */

import { SEPOLIA, type SignRequest, transferCall } from './sign-request.ts';
import type { Answer, WireClient } from './wire-client.ts';

export type MobileOutcome =
  | 'SIGNED'
  | 'AUTH_REPLAY'
  | 'AUTH_INVALID'
  | 'POLICY_DENIED'
  | 'UPSTREAM_UNAVAILABLE'
  | 'UPSTREAM_ERROR';

/** Asks as the mobile application does and tells how it reads the answer. */
export async function askAsMobile(
  wire: WireClient,
  changes: Partial<SignRequest> & Pick<SignRequest, 'validUntil'>,
  call: Parameters<WireClient['sign']>[1] = {},
): Promise<MobileOutcome> {
  const request = {
    accountAddress: '0x0111',
    chainId: SEPOLIA,
    nonce: '0x2a',
    calls: [transferCall()],
    context: {
      requester: 'starkclaw-mobile',
      tool: 'execute_transfer',
      reason: 'transfer',
      client_id: 'phone',
      mobile_action_id: 'a-1',
    },
    ...changes,
  };
  return readAsMobile(await wire.sign(request, call), request.validUntil);
}

/** Its reading of any answer. */
function readAsMobile({ status, json }: Answer, validUntil: number): MobileOutcome {
  if (status === 200) return isSigned(json, validUntil) ? 'SIGNED' : 'UPSTREAM_ERROR';
  const text = String(json.error ?? json.message ?? '');
  if (status === 401) return /replay|nonce/i.test(text) ? 'AUTH_REPLAY' : 'AUTH_INVALID';
  if (status === 403 || status === 422) return 'POLICY_DENIED';
  return status === 503 ? 'UPSTREAM_UNAVAILABLE' : 'UPSTREAM_ERROR';
}

function isSigned(json: Answer['json'], validUntil: number): boolean {
  const { signature, sessionPublicKey } = json;
  if (!Array.isArray(signature) || signature.length !== 4) return false;
  const [key, , , until] = signature.map((felt) => BigInt(String(felt)));
  return until === BigInt(validUntil) && key === BigInt(String(sessionPublicKey));
}
