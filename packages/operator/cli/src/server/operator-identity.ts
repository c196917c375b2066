/**
 * As which operator a command speaks, and the headers that prove it.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { BoundaryError, computeRequestMac, OPERATOR_HEADER, Secret } from '@countersign/protocol';
import type { Command } from 'commander';
import { readConfigFile } from '../config/config-file.ts';
import type { SecretSource } from '../config/config-schema.ts';
import { passphraseFrom } from '../place.ts';
import type { ServerQuestion } from './ask-server.ts';

export interface OperatorFlags {
  readonly config?: string;
  readonly operator?: string;
  readonly secretEnv?: string;
  readonly secretFile?: string;
}

export interface OperatorIdentity {
  readonly operatorId: string;
  readonly secret: Secret<string>;
}

export function addOperatorOptions(command: Command): Command {
  return command
    .option('--operator <id>', "as whom to ask (default: the configuration's first operator)")
    .option(
      '--secret-env <name>',
      'environment variable with the secret (default: the configured one)',
    )
    .option('--secret-file <file>', 'or a file with it');
}

/** @throws BoundaryError ERR_CONFIG_INVALID when nobody, or no secret, is named. */
export function operatorIdentity(flags: OperatorFlags): OperatorIdentity {
  const configured = configuredOperator(flags);
  const operatorId = flags.operator ?? configured?.id;
  if (operatorId === undefined) throw invalid('--operator', 'the id of an operator');
  const secret = flaggedSecret(flags) ?? configuredSecret(flags.config, configured?.source);
  if (secret === undefined) {
    throw invalid('--secret-env', `the secret of ${operatorId}, there or with --secret-file`);
  }
  return { operatorId, secret };
}

/** A question with the headers an operator sends. */
export function asOperator(
  { operatorId, secret }: OperatorIdentity,
  method: ServerQuestion['method'],
  target: string,
  body = '',
): ServerQuestion {
  const timestamp = String(Date.now());
  const requestNonce = randomBytes(16).toString('hex');
  const bytes = Buffer.from(body, 'utf8');
  const input = { timestamp, requestNonce, method, target, body: bytes };
  const headers = {
    [OPERATOR_HEADER]: operatorId,
    'x-keyring-timestamp': timestamp,
    'x-keyring-nonce': requestNonce,
    'x-keyring-signature': computeRequestMac(secret, input),
  };
  return { method, target, headers, body };
}

function configuredOperator({
  config,
  operator,
}: OperatorFlags): { readonly id: string; readonly source: SecretSource | undefined } | undefined {
  if (config === undefined) return undefined;
  const operators = readConfigFile(config).freeze?.operators ?? [];
  const found = operators.find(({ id }) => operator === undefined || id === operator);
  return found === undefined ? undefined : { id: found.id, source: found.secrets[0] };
}

function flaggedSecret({ secretEnv, secretFile }: OperatorFlags): Secret<string> | undefined {
  if (secretFile !== undefined) return passphraseFrom(secretFile, '--secret-file');
  return secretEnv === undefined ? undefined : fromEnvironment(secretEnv, '--secret-env');
}

function configuredSecret(
  config = '.',
  source: SecretSource | undefined,
): Secret<string> | undefined {
  if (source === undefined) return undefined;
  const field = 'freeze.operators';
  if ('env' in source) return fromEnvironment(source.env, field);
  return passphraseFrom(path.resolve(path.dirname(config), source.file), field);
}

function fromEnvironment(name: string, field: string): Secret<string> {
  const value = process.env[name];
  if (value !== undefined && value !== '') return new Secret(value);
  throw invalid(field, `the environment variable ${name} to be set`);
}

function invalid(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { field, expected } });
}
