/**
 * The words of the policy language, and how much of each a policy may use.
 *
 * @module
 */

/** Sizes of a policy document; counts unless the name says otherwise. */
export const POLICY_LIMITS = {
  /** Characters of the name of a policy, rule or limit. */
  nameChars: 50,
  rules: 256,
  conditionsPerRule: 64,
  /** Values of `in`. Privy documents 100 and takes no more. */
  inValues: { strict: 256, faithful: 100 },
  /** Characters of one value to compare with. */
  valueChars: 4_096,
  /** Characters of the path to a field. */
  fieldChars: 512,
  limitsPerRule: 16,
  limitsOfPolicy: 64,
  conditionSets: 64,
  itemsPerConditionSet: 16_384,
  abis: 64,
  targetsPerAbi: 1_024,
  tokens: 1_024,
  approvers: 32,
  /** Longest an approval may be open, seconds: a week. */
  approvalSeconds: 604_800,
  /** Longest window of a limit and longest cooling of a condition set, seconds: a year. */
  windowSeconds: 31_536_000,
} as const;

/** How errors are read: `strict` denies, `faithful` takes them for false, as Privy does. */
export const POLICY_PROFILES = ['strict', 'faithful'] as const;
export type PolicyProfile = (typeof POLICY_PROFILES)[number];

export const POLICY_ACTIONS = ['ALLOW', 'DENY', 'REQUIRE_APPROVAL'] as const;
export type RuleAction = (typeof POLICY_ACTIONS)[number];

/** Methods this boundary judges itself, beside Privy's. */
const OWN_METHODS = ['starknet_signSessionTransaction', 'hyperliquid_signAction'] as const;

const PRIVY_METHODS = [
  'eth_sendTransaction',
  'eth_signTransaction',
  'eth_signUserOperation',
  'eth_signTypedData_v4',
  'personal_sign',
  'eth_sign7702Authorization',
  'wallet_sendCalls',
  'signTransaction',
  'signAndSendTransaction',
  'signMessage',
  'exportPrivateKey',
  'exportSeedPhrase',
  'signTransactionBytes',
  'signRawMessageBytes',
  'tron_sendTransaction',
  'tron_signTransaction',
  'xrpl_signTransaction',
  'earn_deposit',
  'earn_withdraw',
  'transfer',
] as const;

/** What a rule is about; `*` is every method. */
export const POLICY_METHODS = ['*', ...OWN_METHODS, ...PRIVY_METHODS] as const;
export type PolicyMethod = (typeof POLICY_METHODS)[number];

export const POLICY_OPERATORS = [
  'eq',
  'gt',
  'gte',
  'lt',
  'lte',
  'in',
  'in_condition_set',
  'contains',
  'starts_with',
  'ends_with',
] as const;
export type PolicyOperator = (typeof POLICY_OPERATORS)[number];

/** Sources this boundary evaluates. */
export const EVALUATED_FIELD_SOURCES = [
  'starknet_call',
  'starknet_transaction',
  'hyperliquid_action',
  'simulated_change',
  'client',
  'key',
  'ethereum_transaction',
  'ethereum_calldata',
  'ethereum_typed_data_domain',
  'ethereum_typed_data_message',
  'ethereum_7702_authorization',
  'message',
  'system',
  'reference',
  'action_request_body',
] as const;
export type EvaluatedFieldSource = (typeof EVALUATED_FIELD_SOURCES)[number];

/** Sources of chains this boundary does not read: they load, and hold for nothing. */
export const FOREIGN_FIELD_SOURCES = [
  'tempo_transaction',
  'solana_program_instruction',
  'solana_system_program_instruction',
  'solana_token_program_instruction',
  'sui_transaction_command',
  'sui_transfer_objects_command',
  'tron_transaction',
  'tron_trigger_smart_contract_data',
  'xrpl_transaction',
] as const;
export type ForeignFieldSource = (typeof FOREIGN_FIELD_SOURCES)[number];

export const POLICY_FIELD_SOURCES = [...EVALUATED_FIELD_SOURCES, ...FOREIGN_FIELD_SOURCES] as const;
export type PolicyFieldSource = EvaluatedFieldSource | ForeignFieldSource;

/** Chains of a policy, as Privy names them. */
export const POLICY_CHAIN_TYPES = [
  'ethereum',
  'solana',
  'cosmos',
  'stellar',
  'sui',
  'aptos',
  'movement',
  'tron',
  'bitcoin-segwit',
  'bitcoin-taproot',
  'pearl',
  'near',
  'ton',
  'starknet',
  'xrpl',
  'spark',
] as const;

export const LIMIT_METRICS = ['amount', 'calls', 'requests'] as const;
export const LIMIT_PERIODS = ['call', 'request', 'window', 'lifetime'] as const;
export const LIMIT_GROUPS = ['token', 'recipient', 'client', 'key', 'account'] as const;
export type LimitGroup = (typeof LIMIT_GROUPS)[number];
