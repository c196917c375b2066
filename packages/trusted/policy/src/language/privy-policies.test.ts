import type { ErrorCode, PolicyProfile } from '@countersign/protocol';
import { BoundaryError } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { typedDataOf } from '../fixtures/ethereum.ts';
import {
  AGENT,
  AGENT_TYPES,
  DESTINATION,
  WITHDRAW,
  WITHDRAW_TYPES,
  WITHDRAWAL,
} from '../fixtures/hyperliquid-messages.ts';
import { keccak256 } from '../fixtures/solidity.ts';
import { compilePolicy } from './compile-policy.ts';
import { evaluatePolicy } from './evaluate-policy.ts';
import type { PolicyAction, PolicyJson, TypedDataAction } from './policy-intent.ts';
import type { PolicyVerdict } from './verdict.ts';

/** A policy as it is sent to Privy: a JSON value. */
type Policy = Readonly<Record<string, unknown>>;

const method = 'eth_signTypedData_v4';
const PROFILES: readonly PolicyProfile[] = ['strict', 'faithful'];
const primitives = { keccak256, selectorOf: () => 0n };

const about = (
  types: TypedDataAction['types'],
  primary_type: string,
  field: string,
  operator: string,
  value: string | readonly string[],
) => ({
  field_source: 'ethereum_typed_data_message',
  typed_data: { types, primary_type },
  field,
  operator,
  value,
});

const rule = (name: string, action: string, ...conditions: readonly unknown[]) => ({
  name,
  method,
  action,
  conditions,
});

const policyOf = (...rules: readonly unknown[]): Policy => ({
  version: '1.0',
  name: 'vault ops',
  chain_type: 'ethereum',
  owner_id: 'fmfdj6yqly31huorjqzq38zc',
  rules,
});

const TRADE = rule('trade', 'ALLOW', about(AGENT_TYPES, 'Agent', 'source', 'eq', 'a'));
const WITHDRAW_HOME = rule(
  'withdraw home',
  'ALLOW',
  about(WITHDRAW_TYPES, WITHDRAW, 'destination', 'in', [DESTINATION]),
  about(WITHDRAW_TYPES, WITHDRAW, 'hyperliquidChain', 'eq', 'Mainnet'),
);
/** What the reference of Privy's API arrives at for a vault on Hyperliquid. */
const VAULT_OPS = policyOf(TRADE, WITHDRAW_HOME);

function decide(policy: Policy, action: PolicyAction, profile: PolicyProfile): PolicyVerdict {
  const compiled = compilePolicy(policy, primitives, { profile });
  return evaluatePolicy(compiled, { method, clientId: 'ops', keyId: 'vault', nowMs: 0, action });
}

function codeOf(verdict: PolicyVerdict): ErrorCode | 'allow' | 'require_approval' {
  return verdict.outcome === 'deny' ? verdict.code : verdict.outcome;
}

const agent = (change: Partial<TypedDataAction>): TypedDataAction =>
  typedDataOf({ ...AGENT, ...change });
const withdrawal = (change: Readonly<Record<string, PolicyJson>>): TypedDataAction =>
  typedDataOf({ ...WITHDRAWAL, message: { ...WITHDRAWAL.message, ...change } });

const { EIP712Domain: domainFields, Agent: agentFields } = AGENT_TYPES;
const withdrawFields = WITHDRAW_TYPES[WITHDRAW] ?? [];

describe.each(PROFILES)("Privy's policy of a vault, %s", (profile) => {
  const rejected: readonly [what: string, action: PolicyAction][] = [
    ['an agent of the testnet', agent({ message: { ...AGENT.message, source: 'b' } })],
    ['another destination', withdrawal({ destination: `0x${'22'.repeat(20)}` })],
    [
      'the destination in mixed case',
      withdrawal({ destination: DESTINATION.replace('e9ee', 'E9eE') }),
    ],
    ['the testnet', withdrawal({ hyperliquidChain: 'Testnet' })],
    ['an agent without the struct of the domain', agent({ types: { Agent: agentFields } })],
    [
      'a withdrawal without the struct of the domain',
      typedDataOf({ ...WITHDRAWAL, types: { [WITHDRAW]: withdrawFields } }),
    ],
    [
      'fields in another order',
      agent({ types: { EIP712Domain: domainFields, Agent: agentFields.toReversed() } }),
    ],
    [
      'fields of the domain in another order',
      agent({ types: { EIP712Domain: domainFields.toReversed(), Agent: agentFields } }),
    ],
    ['a struct more', agent({ types: { ...AGENT_TYPES, Other: agentFields } })],
    [
      'another kind of withdrawal',
      typedDataOf({
        ...WITHDRAWAL,
        types: { EIP712Domain: domainFields, 'HyperliquidTransaction:UsdSend': withdrawFields },
        primaryType: 'HyperliquidTransaction:UsdSend',
      }),
    ],
    ['a message', { kind: 'message', content: new Uint8Array() }],
  ];

  it.each(rejected)('allows nothing about %s', (_what, action) => {
    expect(codeOf(decide(VAULT_OPS, action, profile))).toBe('ERR_POLICY_NO_RULE');
  });

  it('allows what an agent of the mainnet signs', () => {
    expect(decide(VAULT_OPS, AGENT, profile)).toMatchObject({ outcome: 'allow', rules: ['trade'] });
  });

  it('allows a withdrawal to the listed destination', () => {
    expect(decide(VAULT_OPS, WITHDRAWAL, profile)).toMatchObject({
      outcome: 'allow',
      rules: ['withdraw home'],
    });
  });

  it('knows no member that the types do not declare', () => {
    const action = withdrawal({ more: 'than declared' });
    expect(codeOf(decide(VAULT_OPS, action, profile))).toBe('allow');
  });
});

describe('a message that does not have its types', () => {
  const malformed = withdrawal({ time: '-1' });

  it('is an error in the strict profile', () => {
    expect(codeOf(decide(VAULT_OPS, malformed, 'strict'))).toBe('ERR_POLICY_EVALUATION_FAILED');
  });

  it('is no match in the faithful one', () => {
    expect(codeOf(decide(VAULT_OPS, malformed, 'faithful'))).toBe('ERR_POLICY_NO_RULE');
  });
});

describe('the shorter policy, by the chain of the domain', () => {
  const chain = (value: string) => ({
    field_source: 'ethereum_typed_data_domain',
    field: 'chainId',
    operator: 'eq',
    value,
  });
  const short = policyOf(rule('trade', 'ALLOW', chain('1337')));
  const onAgentChain = typedDataOf({
    ...WITHDRAWAL,
    domain: { ...WITHDRAWAL.domain, chainId: '0x539' },
  });

  // No profile can help: the rule says this much, and a withdrawal may name any chain.
  it.each(PROFILES)('lets a withdrawal through that names this chain, %s', (profile) => {
    expect(codeOf(decide(short, AGENT, profile))).toBe('allow');
    expect(codeOf(decide(short, onAgentChain, profile))).toBe('allow');
    expect(codeOf(decide(short, WITHDRAWAL, profile))).toBe('ERR_POLICY_NO_RULE');
  });

  it('lets any chain pass for this one with Privy, when the signature covers none', () => {
    const bare = agent({ types: { ...AGENT_TYPES, EIP712Domain: domainFields.slice(0, 2) } });
    expect(codeOf(decide(short, bare, 'faithful'))).toBe('allow');
    expect(codeOf(decide(short, bare, 'strict'))).toBe('ERR_POLICY_NO_RULE');
  });
});

describe('a rule that denies', () => {
  const all = rule('all', 'ALLOW', {
    field_source: 'ethereum_typed_data_domain',
    field: 'verifyingContract',
    operator: 'eq',
    value: `0x${'00'.repeat(20)}`,
  });
  const destination = (value: string) =>
    about(WITHDRAW_TYPES, WITHDRAW, 'destination', 'eq', value);
  const policy = policyOf(all, rule('never there', 'DENY', destination(DESTINATION)));
  const disguised = typedDataOf({
    ...WITHDRAWAL,
    types: { ...WITHDRAW_TYPES, Other: agentFields },
  });

  it.each(PROFILES)('denies what it is about, %s', (profile) => {
    const verdict = decide(policy, WITHDRAWAL, profile);
    expect(verdict).toMatchObject({ outcome: 'deny', code: 'ERR_POLICY_RULE_DENIED' });
    expect(codeOf(decide(policy, AGENT, profile))).toBe('allow');
  });

  it('is passed by other types with Privy, and not here', () => {
    expect(codeOf(decide(policy, disguised, 'faithful'))).toBe('allow');
    expect(decide(policy, disguised, 'strict')).toMatchObject({
      code: 'ERR_POLICY_EVALUATION_FAILED',
      rule: 'never there',
    });
  });

  it('is passed by a malformed message with Privy, and not here', () => {
    const malformed = withdrawal({ time: 'soon' });
    expect(codeOf(decide(policy, malformed, 'faithful'))).toBe('allow');
    expect(codeOf(decide(policy, malformed, 'strict'))).toBe('ERR_POLICY_EVALUATION_FAILED');
  });
});

describe('a rule that demands approval', () => {
  const approval = { required: 1, approvers: ['owner'], expires_in_seconds: 600 };
  const ask = {
    ...rule('ask', 'REQUIRE_APPROVAL', about(AGENT_TYPES, 'Agent', 'source', 'eq', 'a')),
    approval,
  };
  const all = rule('all', 'ALLOW', {
    field_source: 'ethereum_typed_data_domain',
    field: 'verifyingContract',
    operator: 'eq',
    value: `0x${'00'.repeat(20)}`,
  });

  it('is not passed by other types', () => {
    const policy = policyOf(ask, all);
    expect(codeOf(decide(policy, AGENT, 'strict'))).toBe('require_approval');
    const disguised = agent({ types: { ...AGENT_TYPES, Other: agentFields } });
    expect(codeOf(decide(policy, disguised, 'strict'))).toBe('ERR_POLICY_EVALUATION_FAILED');
  });
});

describe('an order of text', () => {
  const capped = policyOf(
    rule('small', 'ALLOW', about(WITHDRAW_TYPES, WITHDRAW, 'amount', 'lte', '1000')),
  );

  it('is refused at load by the strict profile', () => {
    expect(() => compilePolicy(capped, primitives)).toThrow(
      expect.objectContaining({
        constructor: BoundaryError,
        code: 'ERR_POLICY_DOCUMENT_INVALID',
        details: expect.objectContaining({ field: 'rules[0].conditions[0].operator' }),
      }),
    );
  });

  it('is never true in the faithful one', () => {
    expect(codeOf(decide(capped, WITHDRAWAL, 'faithful'))).toBe('ERR_POLICY_NO_RULE');
  });
});

describe("policies Privy's service refuses", () => {
  const domain = (field: string, operator: string, value: string | readonly string[]) =>
    policyOf(
      rule('r', 'ALLOW', { field_source: 'ethereum_typed_data_domain', field, operator, value }),
    );

  it.each<[what: string, policy: Policy]>([
    ['by the name of the domain', domain('name', 'eq', 'Exchange')],
    ['with a list of chains', domain('chainId', 'in', ['1', '1337'])],
    ['with another operator', domain('chainId', 'neq', '1337')],
  ])('%s', (_what, policy) => {
    expect(() => compilePolicy(policy, primitives, { profile: 'faithful' })).toThrow(
      expect.objectContaining({ code: 'ERR_POLICY_DOCUMENT_INVALID' }),
    );
  });
});
