export { type Allowed, type Denied, decide, type PolicyDecision } from './decide.ts';
export {
  DENIED_ENTRYPOINTS,
  type DeniedEntrypoint,
  deniedEntrypointName,
} from './denied-selectors.ts';
export type {
  ClientPolicy,
  Grant,
  IntentCall,
  KeyPolicy,
  KeyringPolicy,
  SessionIntent,
  TokenCap,
} from './keyring-policy.ts';
export { policyDocument, policyFromSettings } from './policy-document.ts';
export {
  readTokenCall,
  type TokenAction,
  type TokenCall,
  type TokenReading,
} from './token-call.ts';
