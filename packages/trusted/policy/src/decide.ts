/**
 * The decision about one session request. Pure: (policy, intent, now) → decision.
 *
 * Nothing but reaching the end of every rule allows. The rules run in the order of the wire
 * contract, so the first refusal named is the one existing clients expect; a batch is allowed only
 * when every call is.
 *
 * @module
 */

import type { ErrorCode, ErrorDetails, MessageKind } from '@countersign/protocol';
import { deniedEntrypointName } from './denied-selectors.ts';
import type {
  ClientPolicy,
  Grant,
  IntentCall,
  KeyPolicy,
  KeyringPolicy,
  SessionIntent,
} from './keyring-policy.ts';
import { readTokenCall, type TokenReading } from './token-call.ts';

export interface Allowed {
  readonly outcome: 'allow';
  readonly keyId: string;
  readonly messageKind: MessageKind;
}

export interface Denied {
  readonly outcome: 'deny';
  readonly code: ErrorCode;
  /** The rule that refused, stable across versions. */
  readonly rule: string;
  readonly details: ErrorDetails;
}

export type PolicyDecision = Allowed | Denied;

type Verdict = Denied | undefined;

/**
 * Decides one request.
 *
 * @param nowSec - Unix seconds, whole.
 * @returns `allow` with the key and message kind to sign, or the first rule that refuses.
 */
export function decide(
  policy: KeyringPolicy,
  intent: SessionIntent,
  nowSec: bigint,
): PolicyDecision {
  const refusal =
    judgeValidity(policy, intent, nowSec) ?? judgeChain(policy, intent) ?? judgeCalls(intent);
  if (refusal !== undefined) return refusal;
  const client = policy.clients.get(intent.clientId);
  const keyId = intent.keyId ?? policy.defaultKeyId;
  const unauthorised = judgeClient(client, intent, keyId);
  if (unauthorised !== undefined) return unauthorised;
  const key = policy.keys.get(keyId);
  if (key === undefined) return deny('ERR_POLICY_KEY_UNKNOWN', 'key.exists', { keyId });
  return judgeKey(key, keyId, intent);
}

function judgeValidity(policy: KeyringPolicy, intent: SessionIntent, nowSec: bigint): Verdict {
  if (intent.validUntilSec <= nowSec) {
    return deny('ERR_POLICY_VALIDITY_EXPIRED', 'validity.expired', {
      field: 'validUntil',
      expected: `later than ${nowSec}`,
    });
  }
  if (intent.validUntilSec > nowSec + policy.maxValiditySec) {
    return deny('ERR_POLICY_VALIDITY_TOO_LONG', 'validity.horizon', {
      field: 'validUntil',
      expected: `at most ${policy.maxValiditySec} seconds ahead`,
    });
  }
  return undefined;
}

function judgeChain(policy: KeyringPolicy, intent: SessionIntent): Verdict {
  if (holds(policy.chains, intent.chainId)) return undefined;
  return deny('ERR_POLICY_CHAIN_DENIED', 'chain.listed', { field: 'chainId' });
}

function judgeCalls(intent: SessionIntent): Verdict {
  // A request without calls asks for a signature over nothing.
  if (intent.calls.length === 0) return deny('ERR_POLICY_CALL_UNDECODABLE', 'call.none', {});
  for (const [index, call] of intent.calls.entries()) {
    if (call.to === intent.accountAddress) {
      return deny('ERR_POLICY_SELF_CALL', 'call.self', { call: index });
    }
    const entrypoint = deniedEntrypointName(call.selector);
    if (entrypoint !== undefined) {
      return deny('ERR_POLICY_SELECTOR_DENIED', 'call.denied-selector', {
        call: index,
        entrypoint,
      });
    }
  }
  return undefined;
}

function judgeClient(
  client: ClientPolicy | undefined,
  intent: SessionIntent,
  keyId: string,
): Verdict {
  if (client === undefined || !holds(client.keyIds, keyId)) {
    return deny('ERR_POLICY_KEY_DENIED', 'client.key', { keyId });
  }
  if (!holds(client.accounts, intent.accountAddress)) {
    return deny('ERR_POLICY_ACCOUNT_DENIED', 'client.account', { field: 'accountAddress' });
  }
  return undefined;
}

function judgeKey(key: KeyPolicy, keyId: string, intent: SessionIntent): PolicyDecision {
  const messageKind = intent.messageKind ?? key.messageKinds[0];
  if (!key.messageKinds.includes(messageKind)) {
    return deny('ERR_POLICY_MESSAGE_KIND_DENIED', 'key.message-kind', {
      field: 'messageKind',
      expected: key.messageKinds,
    });
  }
  const refusal =
    judgeTargets(key, intent) ?? judgeRecipients(key, intent) ?? judgeCaps(key, intent);
  return refusal ?? { outcome: 'allow', keyId, messageKind };
}

function judgeTargets(key: KeyPolicy, intent: SessionIntent): Verdict {
  const index = intent.calls.findIndex((call) => !holds(key.targets, call.to));
  return index < 0 ? undefined : deny('ERR_POLICY_TARGET_DENIED', 'key.targets', { call: index });
}

function judgeRecipients(key: KeyPolicy, intent: SessionIntent): Verdict {
  if (key.recipients === 'all') return undefined;
  for (const [index, call] of intent.calls.entries()) {
    const reading = readTokenCall(call.selector, call.calldata);
    if (reading.kind === 'undecodable') return undecodable('key.recipients', index);
    if (reading.kind === 'decoded' && !key.recipients.has(reading.call.recipient)) {
      return deny('ERR_POLICY_RECIPIENT_DENIED', 'key.recipients', { call: index });
    }
  }
  return undefined;
}

function judgeCaps(key: KeyPolicy, intent: SessionIntent): Verdict {
  const spent = new Map<bigint, bigint>();
  for (const [index, call] of intent.calls.entries()) {
    const refusal = judgeCap(key, call, index, spent);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** Judges one call against the cap of its token and adds its amount to `spent`. */
function judgeCap(
  key: KeyPolicy,
  call: IntentCall,
  index: number,
  spent: Map<bigint, bigint>,
): Verdict {
  const cap = key.caps.get(call.to);
  if (cap === undefined) return undefined;
  const amount = governedAmount(readTokenCall(call.selector, call.calldata));
  if (amount === undefined) return undecodable('key.caps', index);
  const total = (spent.get(call.to) ?? 0n) + amount;
  spent.set(call.to, total);
  if (amount > cap.maxPerCall) return overCap('key.caps.per-call', index, cap.maxPerCall);
  if (total > cap.maxPerRequest) return overCap('key.caps.per-request', index, cap.maxPerRequest);
  return undefined;
}

/** What a call to a limited token gives away; `undefined` when that cannot be told. */
function governedAmount(reading: TokenReading): bigint | undefined {
  if (reading.kind === 'decoded') return reading.call.amount;
  return reading.kind === 'harmless' ? 0n : undefined;
}

function overCap(rule: string, call: number, cap: bigint): Denied {
  return deny('ERR_POLICY_LIMIT_EXCEEDED', rule, { call, expected: `at most ${cap} base units` });
}

function undecodable(rule: string, call: number): Denied {
  return deny('ERR_POLICY_CALL_UNDECODABLE', rule, { call });
}

function holds<T>(grant: Grant<T>, value: T): boolean {
  return grant === 'all' || grant.has(value);
}

function deny(code: ErrorCode, rule: string, details: ErrorDetails): Denied {
  return { outcome: 'deny', code, rule, details: { ...details, rule } };
}
