export {
  type Checkpoint,
  type CheckpointTrust,
  formatCheckpoint,
  parseCheckpoint,
  type VerifiedCheckpoint,
  verifyCheckpoint,
} from './checkpoint.ts';
export { formatEntryBundle, MAX_ENTRY_BYTES, parseEntryBundle } from './entry-bundle.ts';
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
export {
  createNoteSigner,
  MAX_NOTE_SIGNATURES,
  type Note,
  type NoteSignature,
  type NoteSigner,
  parseNote,
  serializeNote,
  signNote,
  type VerifiedNote,
  verifyNote,
} from './note.ts';
export {
  formatReceipt,
  parseReceipt,
  RECEIPT_FORMAT,
  type Receipt,
  type ReceiptClaim,
  type VerifiedReceipt,
  verifyReceipt,
} from './receipt.ts';
export {
  formatTilePath,
  parseTilePath,
  readTile,
  TILE_WIDTH,
  type Tile,
  tilesFor,
  tileWidth,
} from './tiles.ts';
export {
  formatTlogProof,
  parseTlogProof,
  type TlogProof,
  type TlogProofClaim,
  type VerifiedTlogProof,
  verifyTlogProof,
} from './tlog-proof.ts';
export {
  createVerifierKey,
  formatVerifierKey,
  KEY_TYPE,
  type KeyType,
  parseVerifierKey,
  type VerifierKey,
} from './verifier-key.ts';
