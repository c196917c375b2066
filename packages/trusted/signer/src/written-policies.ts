/**
 * The written policies of a signer: compiled once, asked about every request of the keys that have one.
 *
 * @module
 */

import { keccak256, type SessionMessage, selectorOf } from '@countersign/crypto';
import {
  type CompiledPolicy,
  compilePolicy,
  evaluatePolicy,
  type PolicyIntent,
  type PolicyVerdict,
} from '@countersign/policy';
import { BoundaryError, type PolicySettings } from '@countersign/protocol';

/** By id. */
export type WrittenPolicies = ReadonlyMap<string, CompiledPolicy>;

/** Method under which policies know our sign requests. */
export const SESSION_METHOD = 'starknet_signSessionTransaction';

/** Who asks for what. */
export interface SessionAsk {
  readonly clientId: string;
  readonly keyId: string;
  readonly message: SessionMessage;
  readonly nowMs: number;
}

/**
 * Compiles the documents of the settings.
 *
 * @throws BoundaryError ERR_POLICY_DOCUMENT_INVALID; ERR_CONFIG_INVALID for a document that stands
 *   twice and for a key whose policy is not there.
 */
export function compileWrittenPolicies(settings: PolicySettings): WrittenPolicies {
  const written = new Map<string, CompiledPolicy>();
  for (const { policyId, document } of settings.documents ?? []) {
    if (written.has(policyId)) throw invalid('documents', `policy ${policyId} once`);
    written.set(policyId, compilePolicy(document, { selectorOf, keccak256 }));
  }
  for (const { keyId, policy } of settings.keys) {
    if (policy !== undefined && !written.has(policy)) {
      throw invalid(`keys.${keyId}.policy`, 'the id of a policy that is there');
    }
  }
  return written;
}

/** What the policy says about a session message. */
export function judgeByPolicy(policy: CompiledPolicy, ask: SessionAsk): PolicyVerdict {
  return evaluatePolicy(policy, intentOf(ask));
}

/** A session message as policies see it. */
export function intentOf({ clientId, keyId, message, nowMs }: SessionAsk): PolicyIntent {
  const { kind, accountAddress, chainId, accountNonce, validUntilSec, calls } = message;
  return {
    method: SESSION_METHOD,
    clientId,
    keyId,
    nowMs,
    action: {
      kind: 'starknet_transaction',
      chainId,
      accountAddress,
      accountNonce,
      validUntilSec,
      messageKind: kind,
      calls,
    },
  };
}

function invalid(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { field, expected } });
}
