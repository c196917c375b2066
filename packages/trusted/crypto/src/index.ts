export {
  type ApprovalAnswer,
  type ApprovalStatement,
  approvalChallenge,
  approvalStatement,
} from './approval/approval-statement.ts';
export {
  type Approver,
  type ApproverKind,
  type ApproverSettings,
  type PasskeyPlace,
  readApprover,
} from './approval/approver-key.ts';
export type { PasskeyAssertion } from './approval/passkey-assertion.ts';
export { type ApprovalEvidence, verifyApproval, verifyPlain } from './approval/verify-approval.ts';
export {
  createDefaultHashBackend,
  type DefaultHashBackendOptions,
} from './default-hash-backend.ts';
export {
  createDefaultSignatureChecker,
  type DefaultSignatureCheckerOptions,
} from './default-signature-checker.ts';
export type { HashBackend } from './hash-backend.ts';
export { keccak256 } from './keccak.ts';
export {
  ANY_CALLER,
  hashSessionMessage,
  type MessageHashes,
  type MessageKind,
  type SessionCall,
  type SessionMessage,
} from './message.ts';
export {
  createSignatureChecker,
  type FastVerifier,
  type SignatureChecker,
  type SignatureCheckerOptions,
} from './own-signature-check.ts';
export { createScureHashBackend } from './scure-hash-backend.ts';
export { type HashBackendSelection, selectHashBackend } from './select-hash-backend.ts';
export { type Entrypoint, parseEntrypoint, selectorOf } from './selector.ts';
export { decodeShortString, encodeShortString } from './short-string.ts';
export {
  isMessageHash,
  isStarkSignature,
  MESSAGE_HASH_LIMIT,
  parsePrivateKey,
  prepareSigning,
  publicKeyX,
  type StarkSignature,
  signHash,
  verifySignature,
} from './stark-signature.ts';
