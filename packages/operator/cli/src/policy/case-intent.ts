/**
 * What a case asks, as policies see it.
 *
 * @module
 */

import type {
  EthereumTransaction,
  PolicyIntent,
  PolicyJson,
  TypedDataAction,
} from '@countersign/policy';
import {
  isBoundaryError,
  type JsonValue,
  type PolicyProblem,
  parseSessionRequest,
  policyProblem,
} from '@countersign/protocol';
import { askedMessage, intentOf } from '@countersign/signer';
import type { WrittenCase } from './case-file.ts';

/** Who asks, with which key, when a case does not say. */
const DEFAULT_CLIENT = 'default';
const DEFAULT_KEY = 'default';

/** A part of a case that cannot be what it is meant to be. */
class CaseProblem extends Error {
  readonly problem: PolicyProblem;

  constructor(path: string, found: unknown, expected: string) {
    super(expected);
    this.problem = policyProblem(path, found, expected);
  }
}

/**
 * Reads the intent of a case.
 *
 * @param path - Of the case in its file: `cases[2]`.
 * @param nowMs - Time of cases that name none.
 * @returns The intent, or what is wrong.
 */
export function intentOfCase(
  written: WrittenCase,
  path: string,
  nowMs: number,
): PolicyIntent | PolicyProblem {
  const atMs = written.at === undefined ? nowMs : Date.parse(written.at);
  const clientId = written.client ?? DEFAULT_CLIENT;
  try {
    const intent = toIntent(written, path, { clientId, nowMs: atMs });
    return written.method === undefined ? intent : { ...intent, method: written.method };
  } catch (error) {
    if (error instanceof CaseProblem) return error.problem;
    throw error;
  }
}

interface Asker {
  readonly clientId: string;
  readonly nowMs: number;
}

function toIntent(written: WrittenCase, path: string, asker: Asker): PolicyIntent {
  const { request, transaction, typedData, message, key: keyId = DEFAULT_KEY } = written;
  if (request !== undefined) return requestIntent(written, `${path}.request`, asker);
  const common = { ...asker, keyId };
  if (transaction !== undefined) {
    return { ...common, method: 'eth_sendTransaction', action: transactionOf(transaction) };
  }
  if (typedData !== undefined) {
    const action = typedDataOf(typedData, `${path}.typedData`);
    return { ...common, method: 'eth_signTypedData_v4', action };
  }
  const content = new TextEncoder().encode(message ?? '');
  return { ...common, method: 'personal_sign', action: { kind: 'message', content } };
}

function requestIntent(written: WrittenCase, path: string, asker: Asker): PolicyIntent {
  try {
    // The schema of the file let only JSON values in.
    const request = parseSessionRequest((written.request ?? {}) as JsonValue);
    const keyId = written.key ?? request.keyId ?? DEFAULT_KEY;
    return intentOf({ ...asker, keyId, message: askedMessage(request) });
  } catch (error) {
    if (!isBoundaryError(error)) throw error;
    throw new CaseProblem(path, written.request, `a body to sign (${wordsOf(error.details)})`);
  }
}

/** What a refusal of a body says about it. */
function wordsOf(details: Readonly<Record<string, unknown>>): string {
  const { field, expected, fieldErrors = {}, formErrors = [] } = details;
  if (field !== undefined) return `${field}: ${expected ?? 'another value'}`;
  const byField = Object.entries(fieldErrors as Readonly<Record<string, readonly string[]>>);
  return [
    ...(formErrors as readonly string[]),
    ...byField.map(([name, texts]) => `${name}: ${texts.join(', ')}`),
  ].join('; ');
}

function transactionOf({
  to,
  value = '0',
  chainId,
  data = '0x',
}: NonNullable<WrittenCase['transaction']>): EthereumTransaction {
  return {
    kind: 'ethereum_transaction',
    ...(to === undefined ? {} : { to: BigInt(to) }),
    value: BigInt(value),
    chainId: BigInt(chainId),
    data: Buffer.from(data.slice(2), 'hex'),
  };
}

function typedDataOf(
  { types, primaryType, domain, message }: NonNullable<WrittenCase['typedData']>,
  path: string,
): TypedDataAction {
  return {
    kind: 'typed_data',
    types,
    primaryType,
    domain: membersOf(domain, `${path}.domain`),
    message: membersOf(message, `${path}.message`),
  };
}

function membersOf(
  members: Readonly<Record<string, unknown>>,
  path: string,
): Readonly<Record<string, PolicyJson>> {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name, exactJson(value, `${path}.${name}`)]),
  );
}

/** Numbers as exact text; one that YAML has rounded cannot be made exact again. */
function exactJson(value: unknown, path: string): PolicyJson {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return String(value);
    throw new CaseProblem(path, value, 'a whole number below 2^53, or a larger one in quotes');
  }
  if (Array.isArray(value)) return value.map((item, i) => exactJson(item, `${path}[${i}]`));
  return membersOf(value as Readonly<Record<string, unknown>>, path);
}
