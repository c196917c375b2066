/**
 * Policy documents as files: JSON or YAML.
 *
 * @module
 */

import {
  BoundaryError,
  isBoundaryError,
  type PolicyDocument,
  type PolicyProfile,
  parsePolicyDocument,
} from '@countersign/protocol';
import { readYamlFile } from '../yaml-file.ts';

/**
 * Reads and checks one policy document.
 *
 * @param forced - The profile to read it in, whatever the document says.
 * @throws BoundaryError ERR_CONFIG_INVALID when the file cannot be read, ERR_POLICY_DOCUMENT_INVALID
 *   with the file and a line per problem.
 */
export function readPolicyFile(path: string, forced?: PolicyProfile): PolicyDocument {
  const value = readYamlFile(path);
  return inFile(path, () => parsePolicyDocument(value, forced));
}

/** Runs a step about a file and adds the file to what it throws about the document. */
export function inFile<T>(path: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!isBoundaryError(error) || error.code !== 'ERR_POLICY_DOCUMENT_INVALID') throw error;
    throw new BoundaryError(error.code, {
      details: { file: path, ...error.details },
      cause: error,
    });
  }
}
