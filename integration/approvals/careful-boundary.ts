/**
 * `countersign up` whose policy asks people: for strangers, and above a limit.
 *
 * @module
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Boundary } from '@countersign/testing-keyring-process';
import { ALPHA, BETA, startFrozenBoundary } from '../freeze/frozen-boundary.ts';
import { ETH, transferCall, transferRequest } from '../wire/client/sign-request.ts';
import { type Answer, createWireClient, type WireClient } from '../wire/client/wire-client.ts';

export const FRIEND = '0xf12e';
/** Alice and Bob have to agree to payments to him. */
export const STRANGER = '0x57a29e';
/** The same, within two seconds. */
export const HASTY_ACCOUNT = '0xacc9';

const METHOD = 'starknet_signSessionTransaction';

export interface CarefulBoundary {
  readonly boundary: Boundary;
  readonly client: WireClient;
  readonly other: WireClient;
  stop(): Promise<void>;
}

export async function startCarefulBoundary(): Promise<CarefulBoundary> {
  const boundary = await startFrozenBoundary(sections(), (directory) =>
    writePolicy(directory, policy()),
  );
  const client = createWireClient({ url: boundary.url, ...ALPHA });
  const other = client.as(BETA);
  return {
    boundary,
    client,
    other,
    async stop() {
      client.close();
      other.close();
      await boundary.stop();
    },
  };
}

/** What is added to the configuration of a boundary that can be frozen. */
export function sections(): Record<string, unknown> {
  return {
    keys: [{ id: 'first', policy: 'careful' }],
    policies: [{ id: 'careful', file: 'careful.json' }],
  };
}

export function writePolicy(directory: string, document: object): void {
  writeFileSync(join(directory, 'careful.json'), JSON.stringify(document));
}

/** The policy, with members replaced. */
export function policy(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const condition = (source: string, field: string, value: string): object => ({
    field_source: source,
    field,
    operator: 'eq',
    value,
  });
  const both = { required: 2, approvers: ['alice', 'bob'], expires_in_seconds: 300 };
  return {
    version: '1.0',
    name: 'careful',
    chain_type: 'starknet',
    tokens: [{ address: ETH, symbol: 'ETH', decimals: 18 }],
    rules: [
      {
        name: 'friend',
        method: METHOD,
        action: 'ALLOW',
        conditions: [condition('starknet_call', 'transfer.recipient', FRIEND)],
      },
      {
        name: 'stranger',
        method: METHOD,
        action: 'REQUIRE_APPROVAL',
        conditions: [condition('starknet_call', 'transfer.recipient', STRANGER)],
        approval: both,
      },
      {
        name: 'hasty',
        method: METHOD,
        action: 'REQUIRE_APPROVAL',
        conditions: [condition('starknet_transaction', 'account', HASTY_ACCOUNT)],
        approval: { ...both, expires_in_seconds: 2 },
      },
    ],
    limits: [
      {
        name: 'hourly',
        metric: 'amount',
        token: ETH,
        per: 'window',
        window: { type: 'sliding', seconds: 3_600 },
        max: '1000000000000000000',
        exceeded: 'REQUIRE_APPROVAL',
        approval: { required: 1, approvers: ['alice'], expires_in_seconds: 300 },
      },
    ],
    ...changes,
  };
}

let nonces = 0;

/** A payment with an account nonce of its own. */
export function payment(
  recipient: string,
  amount: bigint = 100n,
  accountAddress = '0xacc0',
): ReturnType<typeof transferRequest> {
  nonces += 1;
  const calldata = [recipient, `0x${amount.toString(16)}`, '0x0'];
  const nonce = `0x${nonces.toString(16)}`;
  return transferRequest({ accountAddress, nonce, calls: [transferCall({ calldata })] });
}

/** Executes an intent by its id. */
export function execute(client: WireClient, intentId: string): Promise<Answer> {
  return client.call({ method: 'POST', path: `/v1/intents/${intentId}/execute` });
}
