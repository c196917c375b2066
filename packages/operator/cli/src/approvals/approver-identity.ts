/**
 * As which approver a command speaks: a private key in a file of its own.
 *
 * @module
 */

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { type ApprovalAnswer, approvalStatement } from '@countersign/crypto';
import {
  APPROVER_HEADER,
  APPROVER_SIGNATURE_HEADER,
  APPROVER_TIME_HEADER,
  approverRequest,
  BoundaryError,
} from '@countersign/protocol';
import type { Command } from 'commander';
import { readConfigFile } from '../config/config-file.ts';
import type { ServerQuestion } from '../server/ask-server.ts';

export interface ApproverFlags {
  readonly config?: string;
  readonly approver?: string;
  readonly key?: string;
}

export interface ApproverIdentity {
  readonly id: string;
  /** Signs bytes as approvers do; base64url. */
  sign(bytes: Uint8Array): string;
}

const OTHERS_MAY = 0o077;

export function addApproverOptions(command: Command): Command {
  return command
    .requiredOption('--key <file>', "the approver's private key, PEM")
    .option('--approver <id>', 'who it is (default: whose key it is, by the configuration)');
}

/** @throws BoundaryError ERR_CONFIG_INVALID for a key that cannot be used or belongs to nobody known. */
export function approverIdentity(flags: ApproverFlags): ApproverIdentity {
  const key = readKey(flags.key ?? '');
  const id = flags.approver ?? ownerOf(key, flags.config);
  if (id === undefined) throw invalid('--approver', 'the id of the approver whose key this is');
  return { id, sign: (bytes) => signature(key, bytes) };
}

/** The body of an answer. */
export function signedAnswer(
  { id, sign: signWith }: ApproverIdentity,
  intent: { readonly intentId: string; readonly digest: string },
  answer: ApprovalAnswer,
): string {
  const statement = approvalStatement({ ...intent, answer });
  return JSON.stringify({ approver: id, answer, signature: signWith(statement) });
}

/** A look, signed by the approver. */
export function asApprover(
  { id, sign: signWith }: ApproverIdentity,
  target: string,
): ServerQuestion {
  const timestamp = String(Date.now());
  const headers = {
    [APPROVER_HEADER]: id,
    [APPROVER_TIME_HEADER]: timestamp,
    [APPROVER_SIGNATURE_HEADER]: signWith(approverRequest('GET', target, timestamp)),
  };
  return { method: 'GET', target, headers, body: '' };
}

/**
 * Makes an Ed25519 key pair and writes the private half, readable by its owner only.
 *
 * @returns The public half as the configuration wants it.
 * @throws BoundaryError ERR_CONFIG_INVALID when the file is there already or cannot be written.
 */
export function writeNewKey(file: string): string {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
  try {
    writeFileSync(file, pem, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new BoundaryError('ERR_CONFIG_INVALID', {
      details: { file, reason, expected: 'a new file in a directory that can be written' },
    });
  }
  return publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
}

function readKey(file: string): KeyObject {
  const key = parseKey(readOwnFile(file));
  const isP256 = key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  if (key.asymmetricKeyType === 'ed25519' || isP256) return key;
  throw invalid('--key', 'an Ed25519 or P-256 key');
}

function readOwnFile(file: string): string {
  try {
    const isOpen = process.platform !== 'win32' && (statSync(file).mode & OTHERS_MAY) !== 0;
    if (!isOpen) return readFileSync(file, 'utf8');
  } catch {
    throw invalid('--key', 'a file that can be read');
  }
  throw invalid('--key', 'a file nobody else can read: run chmod 600 on it');
}

function parseKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // The cause stays out: it may quote the key.
    throw invalid('--key', 'a private key as PEM, without a passphrase');
  }
}

function signature(key: KeyObject, bytes: Uint8Array): string {
  const signed =
    key.asymmetricKeyType === 'ed25519'
      ? sign(null, bytes, key)
      : sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' });
  return signed.toString('base64url');
}

function ownerOf(key: KeyObject, config: string | undefined): string | undefined {
  if (config === undefined) return undefined;
  const own = createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64');
  return readConfigFile(config).approvers.find(({ publicKey }) => derOf(publicKey) === own)?.id;
}

function derOf(publicKey: string): string {
  if (!publicKey.includes('-----')) return publicKey;
  return createPublicKey(publicKey).export({ format: 'der', type: 'spki' }).toString('base64');
}

function invalid(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { field, expected } });
}
