export {
  type BridgeAnswer,
  type BridgeCall,
  createDfnsClient,
  type DfnsClient,
  type DfnsClientOptions,
  type PreflightResult,
} from './dfns-client.ts';
