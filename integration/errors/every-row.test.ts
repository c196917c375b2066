/**
 * One test provokes every row of the error table: the error happens for real, in a running server, a
 * command, or the public function it belongs to, and is read off what comes out.
 *
 * A row without a provocation does not compile.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { type HashBackend, selectHashBackend } from '@countersign/crypto';
import {
  ERROR_CODES,
  type ErrorCode,
  isBoundaryError,
  LIMITS,
  parseFelt,
} from '@countersign/protocol';
import type { Behaviour } from '@countersign/testing-dfns-bridge';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answerIntent, type ShownIntent, shownIntent } from '../approvals/approver.ts';
import { freshRequest, send } from '../crash/exchange.ts';
import { beAPatientFile } from '../crash/patience.ts';
import { ALICE, BOB } from '../freeze/frozen-boundary.ts';
import { askAs, freeze } from '../freeze/operator.ts';
import {
  exchangeRaw,
  openRaw,
  type RawConnection,
  type RawResponse,
} from '../wire/client/raw-connection.ts';
import {
  MAINNET,
  nowSec,
  type SignRequest,
  transferCall,
  transferRequest,
} from '../wire/client/sign-request.ts';
import { type Call, freshNonce } from '../wire/client/wire-client.ts';
import { codeIn } from './code-in.ts';
import { overcrowd, overload, pester } from './crowd.ts';
import { codeOfCommand } from './failed-command.ts';
import { FOREIGN_KEY_ID, MAX_CONNECTIONS, MAX_REQUESTS } from './guarded-boundary.ts';
import { openlyReadableKeystore, sealedKeystore, unreadableKeystore } from './poor-keystore.ts';
import { policyWithoutRules } from './poor-policy.ts';
import { answerWithoutSigner, codeOfNoise, codeOfTakenPort, lastAnswer } from './process-faults.ts';
import { CAREFUL_ACCOUNT, ENEMY, HASTY_ACCOUNT, LONELY_ACCOUNT } from './ruled-boundary.ts';
import { PLAIN_KEY_ID, type Servers, startServers } from './servers.ts';
import {
  codeOfStart,
  fromTheFuture,
  halved,
  holding,
  inUse,
  spoiltReceipts,
  withoutDatabase,
} from './spoilt-ledger.ts';
import { startWornBoundary } from './worn-boundary.ts';

beAPatientFile();

/** Makes one error happen. Returns its code as it was observed. */
type Provocation = () => Promise<string> | string;

let servers: Servers;
/** Never ends its headers; the server loses patience while the other rows are provoked. */
let slow: RawConnection;

beforeAll(async () => {
  servers = await startServers();
  slow = await openRaw(servers.guarded.url);
  slow.write('GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n');
});
afterAll(() => servers.stop());

/** Asks the guarded boundary for a signature. */
async function sign(body: unknown, call: Call = {}): Promise<string> {
  return codeIn(await servers.guarded.client.sign(body, call));
}

/** Asks for what is allowed, with one thing changed. */
const asking = (changes: Partial<SignRequest>): Promise<string> => sign(transferRequest(changes));
const paying = (changes: Parameters<typeof transferCall>[0]): Promise<string> =>
  asking({ calls: [transferCall(changes)] });
const sending = (headers: NonNullable<Call['headers']>): Promise<string> =>
  sign(transferRequest(), { headers });

/** Asks the boundary whose key has a written policy. */
async function ruled(changes: Partial<SignRequest>): Promise<string> {
  return codeIn(await servers.ruled.client.sign(transferRequest({ keyId: 'ruled', ...changes })));
}

/** Pays so many recipients at once that their buckets do not fit into one entry. */
function payMany(recipients: number): Promise<string> {
  const calls = Array.from({ length: recipients }, (_, i) =>
    transferCall({ calldata: [`0x${(i + 1).toString(16)}`, '0x1', '0x0'] }),
  );
  return ruled({ calls });
}

/** Asks for what is allowed, while the bridge misbehaves. */
function bridged(behaviour: Behaviour): Promise<string> {
  servers.guarded.bridge.behaveOnce(behaviour);
  return asking({});
}

/** Code of the one response of a connection that was closed. */
function codeOf(responses: readonly RawResponse[]): string {
  expect(responses).toHaveLength(1);
  return responses.map((response) => codeIn(response)).join();
}

/** Asks the ailing boundary for a signature. */
async function ask(): Promise<string> {
  const { answer } = await send(servers.ailing.client, freshRequest());
  return answer.status === 200 ? 'signed' : codeIn(answer);
}

/** Asks the ailing boundary while its clock is wrong. */
async function askAt(offsetMs: number): Promise<string> {
  expect(await ask()).toBe('signed');
  servers.ailing.setClock(offsetMs);
  try {
    return await ask();
  } finally {
    servers.ailing.setClock(0);
  }
}

/** Asks for what Alice has to approve. */
async function askedFor(accountAddress: string): Promise<ShownIntent> {
  const answer = await servers.ruled.client.sign(transferRequest({ accountAddress }));
  expect(answer.status).toBe(202);
  return shownIntent(answer.json);
}

async function unfreezing(scope: string): Promise<ShownIntent> {
  const { url, operator } = servers.ruled;
  const question = { method: 'POST', path: '/v1/unfreeze', body: { scope } } as const;
  return shownIntent((await askAs(url, operator, question)).json);
}

async function answered(intent: ShownIntent, answer: 'approve' | 'deny'): Promise<void> {
  expect((await answerIntent(servers.ruled.url, ALICE, intent, answer)).status).toBe(200);
}

async function look(intentId: string): Promise<string> {
  return codeIn(await servers.ruled.client.call({ path: `/v1/intents/${intentId}` }));
}

async function execute({ intentId }: ShownIntent): Promise<string> {
  const path = `/v1/intents/${intentId}/execute`;
  const answer = await servers.ruled.client.call({ method: 'POST', path });
  return answer.status === 200 ? 'signed' : codeIn(answer);
}

function thrownBy(run: () => unknown): string {
  try {
    run();
    return 'nothing';
  } catch (error) {
    return isBoundaryError(error) ? error.code : String(error);
  }
}

const PROVOCATIONS: Readonly<Record<ErrorCode, Provocation>> = {
  // the request as bytes
  ERR_HTTP_MALFORMED: async () =>
    codeOf(await exchangeRaw(servers.guarded.url, 'BREW /tea HTTP/1.1\r\nhost: x\r\n\r\n')),
  ERR_BODY_MALFORMED: () => sign('{"nonce":"0x1","nonce":"0x2"}'),
  ERR_BODY_TOO_LARGE: () => asking({ context: { reason: 'x'.repeat(LIMITS.bodyBytes) } }),
  ERR_BODY_ENCODING_UNSUPPORTED: () => sending({ 'content-encoding': 'zstd' }),
  ERR_CONTENT_TYPE_UNSUPPORTED: () => sending({ 'content-type': 'text/plain' }),
  async ERR_HEADERS_TOO_LARGE() {
    const head = `GET /health HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(LIMITS.headerBytes)}\r\n\r\n`;
    return codeOf(await exchangeRaw(servers.guarded.url, head));
  },
  ERR_REQUEST_TIMEOUT: async () => codeOf(await slow.untilClosed()),
  ERR_REQUEST_INVALID: () => asking({ calls: [] }),
  // No request gets as far: its schema knows what a number looks like.
  ERR_FELT_MALFORMED: () => thrownBy(() => parseFelt('0xzz', 'nonce')),
  ERR_FELT_OUT_OF_RANGE: () => asking({ nonce: `0x${'f'.repeat(64)}` }),
  ERR_NOT_FOUND: () => sign(undefined, { method: 'GET', path: '/v1/keys' }),
  // who asks
  ERR_ORIGIN_DENIED: () => sending({ origin: 'https://app.example' }),
  ERR_AUTH_HEADER_MISSING: () => sending({ 'x-keyring-signature': undefined }),
  ERR_AUTH_HEADER_TOO_LARGE: () => sending({ 'x-keyring-client-id': 'n'.repeat(200) }),
  ERR_AUTH_CLIENT_UNKNOWN: () => sending({ 'x-keyring-client-id': 'nobody' }),
  ERR_AUTH_TIMESTAMP_MALFORMED: () => sending({ 'x-keyring-timestamp': 'now' }),
  ERR_AUTH_TIMESTAMP_SKEW: () => sign(transferRequest(), { timestamp: '1000' }),
  ERR_AUTH_NONCE_MALFORMED: () => sign(transferRequest(), { nonce: 'with.stop' }),
  ERR_AUTH_SIGNATURE_MALFORMED: () => sign(transferRequest(), { signature: 'no hex' }),
  ERR_AUTH_SIGNATURE_INVALID: () => sign(transferRequest(), { secret: 'another-secret-0001' }),
  ERR_AUTH_CERTIFICATE_REQUIRED: async () =>
    codeIn(await servers.mutual.withoutCertificate.sign(transferRequest()), 'strict'),
  ERR_AUTH_CERTIFICATE_MISMATCH: async () =>
    codeIn(await servers.mutual.withAnothers.sign(transferRequest()), 'strict'),
  async ERR_REQUEST_NONCE_USED() {
    const nonce = freshNonce();
    const first = await servers.guarded.client.sign(transferRequest(), { nonce });
    expect(first.status).toBe(200);
    return sign(transferRequest(), { nonce });
  },
  // what the policy says
  ERR_POLICY_VALIDITY_EXPIRED: () => asking({ validUntil: nowSec() - 1 }),
  ERR_POLICY_VALIDITY_TOO_LONG: () => asking({ validUntil: nowSec() + 1_000_000 }),
  ERR_POLICY_CHAIN_DENIED: () => asking({ chainId: MAINNET }),
  ERR_POLICY_SELF_CALL: () => paying({ contractAddress: '0xacc0' }),
  ERR_POLICY_SELECTOR_DENIED: () => paying({ entrypoint: 'upgrade', calldata: ['0x1'] }),
  ERR_POLICY_TARGET_DENIED: () => paying({ contractAddress: '0xbad' }),
  ERR_POLICY_RECIPIENT_DENIED: () => paying({ calldata: ['0xbad', '0x1', '0x0'] }),
  ERR_POLICY_LIMIT_EXCEEDED: () => paying({ calldata: ['0x123', '0x2386f26fc10001', '0x0'] }),
  ERR_POLICY_CALL_UNDECODABLE: () => paying({ calldata: ['0x123'] }),
  ERR_POLICY_KEY_DENIED: () => asking({ keyId: FOREIGN_KEY_ID }),
  // Only a client that may use every key learns which there are.
  ERR_POLICY_KEY_UNKNOWN: async () =>
    codeIn(await servers.rationed.client.sign(transferRequest({ keyId: 'unheard-of' }))),
  ERR_POLICY_ACCOUNT_DENIED: () => asking({ accountAddress: '0xbad' }),
  ERR_POLICY_MESSAGE_KIND_DENIED: () => asking({ messageKind: 'outside-v2' }),
  ERR_POLICY_RULE_DENIED: () =>
    ruled({ calls: [transferCall({ calldata: [ENEMY, '0x1', '0x0'] })] }),
  ERR_POLICY_NO_RULE: () => ruled({ calls: [transferCall({ contractAddress: '0x2' })] }),
  ERR_POLICY_EVALUATION_FAILED: () => ruled({ calls: [transferCall({ calldata: [ENEMY] })] }),
  ERR_POLICY_CHARGES_TOO_MANY: () => payMany(40),
  ERR_POLICY_APPROVAL_REQUIRED: () => ruled({ accountAddress: LONELY_ACCOUNT }),
  async ERR_FROZEN() {
    const { url, operator } = servers.ruled;
    expect((await freeze(url, operator, 'account:0xf0')).status).toBe(200);
    return ruled({ accountAddress: '0xf0' });
  },
  ERR_POLICY_CUSTODIAN_DENIED: () => bridged('denied'),
  // what people have to say first
  ERR_INTENT_NOT_FOUND: () => look('there-never-was-one00'),
  ERR_INTENT_PENDING: async () => execute(await askedFor(CAREFUL_ACCOUNT)),
  async ERR_INTENT_DENIED() {
    const intent = await askedFor(CAREFUL_ACCOUNT);
    await answered(intent, 'deny');
    return execute(intent);
  },
  async ERR_INTENT_EXPIRED() {
    const intent = await askedFor(HASTY_ACCOUNT);
    await sleep(1_100);
    return execute(intent);
  },
  async ERR_INTENT_USED() {
    const intent = await askedFor(CAREFUL_ACCOUNT);
    await answered(intent, 'approve');
    expect(await execute(intent)).toBe('signed');
    return execute(intent);
  },
  async ERR_INTENT_STALE() {
    const { url, operator } = servers.ruled;
    await freeze(url, operator, 'account:0xf1');
    const wishes = [await unfreezing('account:0xf1'), await unfreezing('account:0xf1')] as const;
    await answered(wishes[0], 'approve');
    await freeze(url, operator, 'account:0xf1');
    return codeIn(await answerIntent(url, ALICE, wishes[1], 'approve'));
  },
  async ERR_INTENT_LIMIT() {
    const { url, operator } = servers.ruled;
    await freeze(url, operator, 'account:0xf2');
    const body = { scope: 'account:0xf2' };
    for (;;) {
      const answer = await askAs(url, operator, { method: 'POST', path: '/v1/unfreeze', body });
      if (answer.status !== 202) return codeIn(answer);
    }
  },
  async ERR_APPROVAL_INVALID() {
    const intent = await askedFor(CAREFUL_ACCOUNT);
    const { url } = servers.ruled;
    return codeIn(await answerIntent(url, { ...BOB, id: ALICE.id }, intent, 'approve'));
  },
  ERR_LEAK_INBOUND: () => asking({ context: { reason: 'STARKNET_PRIVATE_KEY' } }),
  // how much, how fast
  async ERR_RATE_LIMITED() {
    const request = transferRequest({ keyId: PLAIN_KEY_ID });
    const { client } = servers.rationed;
    expect((await client.sign(request)).status).toBe(200);
    return codeIn(await client.sign(request));
  },
  ERR_ADDRESS_RATE_LIMITED: async () => codeIn(await pester(servers.doomed.client)),
  ERR_CONNECTION_LIMIT: async () =>
    codeIn(await overcrowd(servers.guarded.client, MAX_CONNECTIONS)),
  ERR_OVERLOADED: async () => codeIn(await overload(servers.guarded.client, MAX_REQUESTS)),
  // parts that are not there
  async ERR_SIGNER_UNAVAILABLE() {
    const { supervised, client } = servers.doomed;
    return codeIn(await answerWithoutSigner(supervised, client));
  },
  ERR_NONCE_STORE_UNAVAILABLE: async () =>
    codeIn(await servers.withoutNonces.client.sign(transferRequest())),
  ERR_RATE_STORE_UNAVAILABLE: async () =>
    codeIn(await servers.withoutRates.client.sign(transferRequest())),
  async ERR_STORE_UNAVAILABLE() {
    expect(await ask()).toBe('signed');
    return holding(servers.ailing.dataDir, ask);
  },
  ERR_CLOCK_BEHIND: () => askAt(-3_600_000),
  ERR_CUSTODIAN_UNAVAILABLE: () => bridged('server-error'),
  ERR_CUSTODIAN_MISMATCH: () => bridged('other-key'),
  ERR_STOPPING: async () => codeIn(await lastAnswer(servers.doomed.supervised)),
  // faults
  ERR_INTERNAL: () => askAt(Number.NaN),
  async ERR_SIGNATURE_CHECK_FAILED() {
    const { client, flipBit } = await startWornBoundary();
    expect((await client.sign(transferRequest())).status).toBe(200);
    flipBit();
    return codeIn(await client.sign(transferRequest()));
  },
  ERR_LEAK_OUTBOUND: async () => codeIn(await servers.rationed.client.sign(transferRequest())),
  ERR_FRAME_MALFORMED: codeOfNoise,
  // the operator's side
  ERR_POLICY_DOCUMENT_INVALID: () => codeOfCommand(['policy', 'check', policyWithoutRules()]),
  ERR_CONFIG_INVALID: () => codeOfCommand(['config', 'check', 'no-such-file.yaml']),
  ERR_LISTEN_FAILED: () => codeOfTakenPort(servers.guarded.port),
  ERR_KEY_INVALID: () =>
    codeOfCommand(
      ['keys', 'add', 'zero', '--from-env', 'ZERO', '--data-dir', sealedKeystore('long-enough')],
      { ZERO: '0x0', COUNTERSIGN_PASSPHRASE: 'long-enough' },
    ),
  ERR_KEYSTORE_MALFORMED: () => codeOfCommand(['keys', 'list', '--data-dir', unreadableKeystore()]),
  ERR_KEYSTORE_LOCKED: () =>
    codeOfCommand(['keys', 'export-public', '--data-dir', sealedKeystore('long-enough')], {
      COUNTERSIGN_PASSPHRASE: 'not-the-same',
    }),
  ERR_KEYSTORE_PERMISSIONS: () =>
    codeOfCommand(['keys', 'list', '--data-dir', openlyReadableKeystore()]),
  ERR_HASH_BACKEND_SELF_TEST() {
    const wrong: HashBackend = { name: 'wasm', hashMany: () => 0n };
    return thrownBy(() => selectHashBackend({ candidates: [() => wrong], onWarning: () => {} }));
  },
  ERR_STORE_CORRUPT: () => codeOfStart(halved),
  ERR_STORE_NEWER: () => codeOfStart(fromTheFuture),
  ERR_STORE_IN_USE: () => codeOfStart(inUse),
  ERR_LOG_ROLLED_BACK: () => codeOfStart(withoutDatabase),
  ERR_PROOF_MALFORMED() {
    const { torn, logKey } = spoiltReceipts();
    return codeOfCommand(['verify', torn, '--log-key', logKey]);
  },
  ERR_PROOF_INVALID() {
    const { altered, logKey } = spoiltReceipts();
    return codeOfCommand(['verify', altered, '--log-key', logKey]);
  },
};

/** The row for which a server has to lose patience comes last. */
const ROWS = [...ERROR_CODES].sort(
  (one, other) => Number(one === 'ERR_REQUEST_TIMEOUT') - Number(other === 'ERR_REQUEST_TIMEOUT'),
);

it.each(ROWS)('%s is provoked', async (code) => {
  expect(await PROVOCATIONS[code]()).toBe(code);
});
