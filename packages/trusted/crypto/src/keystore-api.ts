/**
 * What `@countersign/crypto/keystore` offers: the keystore, and the sealed files it is made of for
 * other keys at rest.
 *
 * @module
 */

export {
  type CreateKeystoreOptions,
  changePassphrase,
  createKeystore,
  exportPublic,
  KEYSTORE_FILE_NAME,
  type NewProtection,
  type OpenKeystoreOptions,
  openKeystore,
  readKeystoreEntries,
  saveKeystore,
} from './keystore.ts';
export type { KeyEntry } from './keystore-entry.ts';
export {
  type FileRevision,
  NO_FILE,
  type PrivateFileDeps,
  readPrivateFile,
  replacePrivateFile,
  revisionOf,
} from './keystore-file.ts';
export {
  addKey,
  type ImportedKey,
  importKey,
  type NewKey,
  removeKey,
  restoreKey,
  rotateKey,
} from './keystore-keys.ts';
export { type Keystore, type KeystoreDeps, PLAIN_KEYSTORE_WARNING } from './keystore-state.ts';
export { openSeal, type Seal, type SealDeps } from './seal.ts';
export {
  type OpenedBox,
  type OpenOptions,
  openBytes,
  type Protection,
  type PublicValue,
  readPublicPart,
  type SealOptions,
  sealBytes,
} from './sealed-box.ts';
export {
  createSealingKey,
  INTERACTIVE_COST,
  type RandomBytes,
  type ScryptCost,
  type SealingKey,
} from './sealing-key.ts';
