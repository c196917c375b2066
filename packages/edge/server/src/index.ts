export { createEdgeServer, type EdgeServer, type EdgeServerDeps } from './edge-server.ts';
export { createEventLog, type EventLevel, type EventLog } from './event-log.ts';
export { openApiDocument } from './openapi.ts';
export { createSignerLink, type LinkAnswer, type SignerLink } from './signer-link.ts';
