export type { Step } from './pipeline.ts';
export { runSignerProcess, type SignerProcessOptions } from './process.ts';
export { createSigner, type Signer, type SignerDeps } from './signer.ts';
