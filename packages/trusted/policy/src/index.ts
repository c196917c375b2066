export { type Allowed, type Denied, decide, type PolicyDecision } from './decide.ts';
export {
  DENIED_ENTRYPOINTS,
  type DeniedEntrypoint,
  deniedEntrypointName,
} from './denied-selectors.ts';
export { type ExplainedFixedRule, explainFixedRules, type FixedRuleResult } from './fixed-rules.ts';
export type {
  ClientPolicy,
  Grant,
  IntentCall,
  KeyPolicy,
  KeyringPolicy,
  SessionIntent,
  TokenCap,
} from './keyring-policy.ts';
export { type CompileOptions, compilePolicy } from './language/compile-policy.ts';
export type { CompiledPolicy } from './language/compiled-policy.ts';
export { evaluatePolicy } from './language/evaluate-policy.ts';
export {
  type ExplainedCondition,
  type ExplainedLimit,
  type ExplainedRule,
  type ExplainedUnit,
  type Explanation,
  explainPolicy,
} from './language/explanation.ts';
export type {
  AuthorizationAction,
  BodyAction,
  EthereumTransaction,
  HyperliquidAction,
  MessageAction,
  PolicyAction,
  PolicyIntent,
  PolicyJson,
  SimulatedChange,
  StarknetCall,
  StarknetTransaction,
  TypedDataAction,
  TypedDataField,
} from './language/policy-intent.ts';
export type { PolicyPrimitives } from './language/primitives.ts';
export { renderExplanation } from './language/render-explanation.ts';
export type {
  ApprovalDemand,
  Charge,
  PolicyDenial,
  PolicyVerdict,
  SpendWindow,
} from './language/verdict.ts';
export { policyDocument, policyFromSettings } from './policy-document.ts';
export { GIVING_FUNCTIONS } from './starknet/giving-functions.ts';
export {
  readTokenCall,
  type TokenAction,
  type TokenCall,
  type TokenReading,
} from './token-call.ts';
