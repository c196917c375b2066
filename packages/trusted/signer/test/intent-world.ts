/**
 * A signer whose policy asks people, and the people.
 *
 * @module
 */

import { generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import {
  approvalStatement,
  createScureHashBackend,
  createSignatureChecker,
} from '@countersign/crypto';
import type { Ledger } from '@countersign/ledger';
import {
  computeRequestMac,
  intentDigest,
  type PolicySettings,
  Secret,
  type SignerAnswer,
  type SignerSettings,
} from '@countersign/protocol';
import { expect, vi } from 'vitest';
import { createSigner, type Signer } from '../src/signer.ts';
import { createEdgePeer, type EdgePeer } from './edge-peer.ts';
import { createTestClock, newDataDir, openTestLedger, type TestClock } from './pipeline-world.ts';
import { freshNonce, signedRequest, signQuestion, transferBody, transferCall } from './request.ts';
import { AGENT, NOW_MS, policySettings, signerSettings } from './settings.ts';

export const OPERATOR = { operatorId: 'ops', secret: 'operator-secret-0123456789' };
export const FRIEND = '0x1a4d10bd';
/** Payments above {@link HOURLY_MAX} an hour, or to him, need approval. */
export const STRANGER = '0x57a29e';
export const HOURLY_MAX = 1_000;
export const TOKEN = '0x10ce';

export interface Person {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: string;
}

export function newPerson(id: string): Person {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  return { id, privateKey, publicKey: spki };
}

export const [ALICE, BOB, CAROL] = [newPerson('alice'), newPerson('bob'), newPerson('carol')];

export const EXPIRES_SEC = 120;

const recipient = (value: string): object => ({
  field_source: 'starknet_call',
  field: 'transfer.recipient',
  operator: 'eq',
  value,
});

const METHOD = 'starknet_signSessionTransaction';

/** Two of three for strangers; one of Alice and Bob above the limit. */
export const DOCUMENT = {
  version: '1.0',
  name: 'careful',
  rules: [
    { name: 'friend', method: METHOD, action: 'ALLOW', conditions: [recipient(FRIEND)] },
    {
      name: 'stranger',
      method: METHOD,
      action: 'REQUIRE_APPROVAL',
      conditions: [recipient(STRANGER)],
      approval: {
        required: 2,
        approvers: ['alice', 'bob', 'carol'],
        expires_in_seconds: EXPIRES_SEC,
      },
    },
  ],
  limits: [
    {
      name: 'hourly',
      metric: 'amount',
      token: TOKEN,
      per: 'window',
      window: { type: 'sliding', seconds: 3_600 },
      max: String(HOURLY_MAX),
      exceeded: 'REQUIRE_APPROVAL',
      approval: { required: 1, approvers: ['alice', 'bob'], expires_in_seconds: EXPIRES_SEC },
    },
    {
      name: 'never more',
      metric: 'amount',
      token: TOKEN,
      per: 'request',
      max: '100000',
    },
    {
      name: 'lifetime',
      metric: 'amount',
      token: TOKEN,
      per: 'lifetime',
      max: '50000',
    },
  ],
};

type Documents = NonNullable<PolicySettings['documents']>;

export function carefulSettings(
  changes: Partial<SignerSettings> = {},
  document: object = DOCUMENT,
): SignerSettings {
  const policy = policySettings();
  const approvers = [ALICE, BOB, CAROL].map(({ id, publicKey }) => ({
    id,
    kind: 'ed25519' as const,
    publicKey,
  }));
  return signerSettings({
    policy: {
      ...policy,
      keys: policy.keys.map((key) => ({ ...key, policy: 'careful' })),
      documents: [{ policyId: 'careful', document: document as Documents[number]['document'] }],
    },
    approvers,
    operators: [{ operatorId: OPERATOR.operatorId, secrets: [OPERATOR.secret] }],
    freeze: {
      unfreeze: { required: 2, approvers: ['alice', 'bob'], expiresInSec: EXPIRES_SEC },
      automatic: [],
    },
    ...changes,
  });
}

/** An intent as it was shown. */
export interface Shown {
  readonly intentId: string;
  readonly digest: string;
  readonly status: string;
  readonly document: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

export interface IntentWorld {
  readonly signer: Signer;
  readonly ledger: Ledger;
  readonly clock: TestClock;
  readonly peer: EdgePeer;
  readonly dataDir: string;
  /** Asks for a payment. */
  pay(amount: number, changes?: PayChanges): Promise<SignerAnswer>;
  /** Asks for a payment that people have to approve. */
  prepare(amount?: number, changes?: PayChanges): Promise<Shown>;
  answer(who: Person, intent: Shown, answer?: string, changes?: object): Promise<unknown>;
  execute(
    intent: Pick<Shown, 'intentId'>,
    client?: { clientId: string; secret: string },
  ): Promise<SignerAnswer>;
  /** Executes several times before the first answer can have come. */
  executeAtOnce(intent: Pick<Shown, 'intentId'>, times: number): Promise<readonly SignerAnswer[]>;
  show(
    intent: Pick<Shown, 'intentId'>,
    client?: { clientId: string; secret: string },
  ): Promise<unknown>;
  list(who: Person, target?: string, timestampMs?: number): Promise<unknown>;
  /** Asks as an operator. */
  operate(op: 'freeze' | 'unfreeze', scope: string): Promise<SignerAnswer>;
}

export interface PayChanges {
  readonly to?: string;
  readonly nonce?: string;
  readonly client?: { readonly clientId: string; readonly secret: string };
  readonly body?: object;
}

export interface IntentWorldOptions {
  readonly settings?: SignerSettings;
  readonly dataDir?: string;
  readonly clock?: TestClock;
}

let payments = 0;

export function createIntentWorld(options: IntentWorldOptions = {}): IntentWorld {
  const { settings = carefulSettings(), clock = createTestClock() } = options;
  const dataDir = options.dataDir ?? newDataDir();
  const ledger = openTestLedger(dataDir, clock);
  const signer = createSigner(
    {
      ledger,
      clock,
      backend: createScureHashBackend(),
      checker: createSignatureChecker(),
      openKeystore: () => {
        throw new Error('no keystore here');
      },
    },
    settings,
  );
  const peer = createEdgePeer();
  signer.serve(peer.pipe);
  const world: IntentWorld = {
    signer,
    ledger,
    clock,
    peer,
    dataDir,
    pay: (amount, changes = {}) => pay(world, amount, changes),
    async prepare(amount = 100, changes = {}) {
      const answer = await pay(world, amount, { to: STRANGER, ...changes });
      if (answer.outcome !== 'asked') throw new Error(`not asked: ${JSON.stringify(answer)}`);
      return JSON.parse(answer.intent) as Shown;
    },
    answer: (who, intent, answer = 'approve', changes = {}) =>
      answerAs(world, who, intent, answer, changes),
    execute: (intent, client = AGENT) => {
      const target = `/v1/intents/${intent.intentId}/execute`;
      const wish = { client, target, body: new Uint8Array(0), timestampMs: clock.nowMs() };
      const { request, body } = signedRequest(wish);
      return peer.ask({ op: 'execute', id: 7, request }, body);
    },
    executeAtOnce: async ({ intentId }, times) => {
      const before = peer.answers.length;
      const target = `/v1/intents/${intentId}/execute`;
      for (let i = 0; i < times; i++) {
        const wish = { target, body: new Uint8Array(0), timestampMs: clock.nowMs() };
        peer.send({ op: 'execute', id: 100 + i, request: signedRequest(wish).request });
      }
      await vi.waitFor(() => expect(peer.answers.length).toBe(before + times), { interval: 1 });
      return peer.answers.slice(before);
    },
    show: (intent, client = AGENT) => {
      const target = `/v1/intents/${intent.intentId}`;
      const timestampMs = clock.nowMs();
      const wish = { client, method: 'GET', target, body: new Uint8Array(0), timestampMs };
      const { request, body } = signedRequest(wish);
      return documentOf(peer, { op: 'intent', id: 8, request }, body);
    },
    list: (who, target = '/v1/intents?status=pending', timestampMs = clock.nowMs()) =>
      listAs(world, who, target, timestampMs),
    operate: (op, scope) => operate(world, op, scope),
  };
  return world;
}

function pay(
  { peer, clock }: IntentWorld,
  amount: number,
  { to = FRIEND, nonce, client = AGENT, body: changes = {} }: PayChanges,
): Promise<SignerAnswer> {
  payments += 1;
  const calldata = [to, `0x${amount.toString(16)}`, '0x0'];
  const sent = transferBody({
    nonce: nonce ?? String(payments),
    validUntil: Math.floor(clock.nowMs() / 1_000) + 300,
    calls: [transferCall({ contractAddress: TOKEN, calldata })],
    ...changes,
  });
  const { question, body } = signQuestion({ client, body: sent, timestampMs: clock.nowMs() });
  return peer.ask(question, body);
}

function answerAs(
  { peer }: IntentWorld,
  who: Person,
  { intentId, document }: Shown,
  answer: string,
  changes: object,
): Promise<unknown> {
  const digest = intentDigest(JSON.stringify(document));
  const statement = approvalStatement({
    intentId,
    digest,
    answer: answer === 'deny' ? 'deny' : 'approve',
  });
  const signature = signBytes(null, statement, who.privateKey).toString('base64url');
  const body = JSON.stringify({ approver: who.id, answer, signature, ...changes });
  return documentOf(peer, { op: 'answer', id: 9, intentId }, Buffer.from(body));
}

function listAs(
  { peer }: IntentWorld,
  { id, privateKey }: Person,
  target: string,
  timestampMs: number,
): Promise<unknown> {
  const timestamp = String(timestampMs);
  const text = `countersign-approver-request/v1\nGET\n${target}\n${timestamp}\n`;
  const signature = signBytes(null, Buffer.from(text), privateKey).toString('base64url');
  const request = { approver: id, timestamp, signature, method: 'GET', target };
  return documentOf(peer, { op: 'intents', id: 10, request }, new Uint8Array(0));
}

function operate(
  { peer, clock }: IntentWorld,
  op: 'freeze' | 'unfreeze',
  scope: string,
): Promise<SignerAnswer> {
  const body = Buffer.from(JSON.stringify({ scope }));
  const input = {
    timestamp: String(clock.nowMs()),
    requestNonce: freshNonce(),
    method: 'POST',
    target: `/v1/${op}`,
    body,
  };
  const signature = computeRequestMac(new Secret(OPERATOR.secret), input);
  const { body: _body, ...line } = input;
  const request = { ...line, operatorId: OPERATOR.operatorId, signature, requestId: 'r' };
  return peer.ask({ op, id: 11, request }, body);
}

/** The document of an answer, or the code of a refusal. */
async function documentOf(peer: EdgePeer, question: unknown, body: Uint8Array): Promise<unknown> {
  const before = peer.answers.length;
  const answer = await peer.ask(question, body);
  if (answer.outcome === 'refused') return answer.code;
  return JSON.parse(Buffer.from(peer.bodies[before] ?? []).toString('utf8'));
}

/** The time tests begin at. */
export const START_MS = NOW_MS;
