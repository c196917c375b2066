export {
  appendLeaf,
  type CompletedNode,
  copyFrontier,
  createFrontier,
  type Frontier,
  frontierRoot,
} from './frontier.ts';
export {
  consistencyProof,
  EMPTY_ROOT,
  HASH_BYTES,
  hashChildren,
  hashLeaf,
  inclusionProof,
  type NodeReader,
  rootAt,
} from './merkle.ts';
export {
  type ConsistencyClaim,
  type InclusionClaim,
  verifyConsistency,
  verifyInclusion,
} from './merkle-verify.ts';
