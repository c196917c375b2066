export {
  ACCEPTABLE_BEHAVIOURS,
  type Behaviour,
  CONNECTION_BEHAVIOURS,
  DENIAL_TEXT,
  type PlainAnswer,
  STATUS_BEHAVIOURS,
  WRONG_SHAPE_BEHAVIOURS,
  WRONG_TEXT_BEHAVIOURS,
  WRONG_VALUE_BEHAVIOURS,
} from './behaviour.ts';
export {
  type BridgeHashes,
  type BridgeMessageKind,
  bridgePublicKey,
  hashBridgeMessage,
  signBridgeHash,
} from './bridge-message.ts';
export {
  type DfnsBridge,
  type DfnsBridgeOptions,
  type RecordedRequest,
  startDfnsBridge,
} from './dfns-bridge.ts';
export {
  createTestAuthority,
  createTestCertificate,
  type TestAuthority,
  type TestCertificate,
} from './test-certificate.ts';
