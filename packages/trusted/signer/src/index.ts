export { askedMessage, messageOf, parseAsk } from './asked-message.ts';
export { type ExplainedRequest, explainAsk, explainRequest } from './explain-request.ts';
export { explainedDocument } from './explained-document.ts';
export type { Step } from './pipeline.ts';
export { runSignerProcess, type SignerProcessOptions } from './process.ts';
export { createSigner, type Signer, type SignerDeps } from './signer.ts';
export { slotOf, spendableUntilMs } from './spend-slot.ts';
export {
  compileWrittenPolicies,
  intentOf,
  SESSION_METHOD,
  type SessionAsk,
  type WrittenPolicies,
} from './written-policies.ts';
