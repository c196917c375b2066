export { type Boundary, startBoundary } from './boundary.ts';
export { type CommandOptions, type Ended, runCountersign } from './command.ts';
export { eventually } from './eventually.ts';
export { freePort } from './free-port.ts';
export type { HealthTls } from './health.ts';
export { type KeyringOptions, startKeyring, temporaryDirectory } from './keyring.ts';
export { type ServingProcess, startServing } from './serving-process.ts';
