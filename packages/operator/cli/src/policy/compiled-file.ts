/**
 * A policy file, read and compiled.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { type CompiledPolicy, compilePolicy } from '@countersign/policy';
import { canonicalJson, type PolicyDocument, type PolicyProfile } from '@countersign/protocol';
import { inFile, readPolicyFile } from './policy-file.ts';
import { POLICY_PRIMITIVES } from './policy-primitives.ts';

export interface CompiledFile {
  readonly path: string;
  readonly document: PolicyDocument;
  readonly compiled: CompiledPolicy;
  /** SHA-256 of the canonical document, lower hex. */
  readonly hash: string;
}

/**
 * Reads and compiles a policy file.
 *
 * @param forced - The profile to read it in, whatever the document says.
 * @throws BoundaryError ERR_CONFIG_INVALID when the file cannot be read, ERR_POLICY_DOCUMENT_INVALID
 *   with the file and a line per problem.
 */
export function readCompiledPolicy(path: string, forced?: PolicyProfile): CompiledFile {
  const document = readPolicyFile(path, forced);
  const compiled = inFile(path, () => compilePolicy(document, POLICY_PRIMITIVES));
  return { path, document, compiled, hash: hashOfPolicy(compiled) };
}

/** Hash of what a policy says. The one of log entries also covers clients, keys and chains. */
export function hashOfPolicy({ document }: Pick<CompiledPolicy, 'document'>): string {
  return createHash('sha256').update(canonicalJson(document), 'utf8').digest('hex');
}
