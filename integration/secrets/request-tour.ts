/**
 * Good requests and every kind of refusal, each answer kept as evidence.
 *
 * @module
 */

import type { DfnsBridge } from '@countersign/testing-dfns-bridge';
import {
  nowSec,
  type SignRequest,
  transferCall,
  transferRequest,
} from '../wire/client/sign-request.ts';
import { type Answer, type Call, freshNonce, type WireClient } from '../wire/client/wire-client.ts';
import type { Evidence } from './evidence.ts';
import { SECRETS } from './planted.ts';

export interface Tour {
  readonly client: WireClient;
  readonly evidence: Evidence;
  readonly bridge: DfnsBridge;
}

/** What the policy of the toured boundary knows. */
export const POLICY = {
  account: '0xacc0',
  token: '0x70cc',
  target: '0x7a49',
  recipient: '0x123',
  cap: '1000',
} as const;

type Requests = Readonly<Record<string, SignRequest>>;

/** Sends one request and keeps the answer. @returns Code of the error table; `ok` for a 2xx. */
async function keep({ client, evidence }: Tour, call: Call): Promise<string> {
  const answer = await client.call(call);
  keepAnswer(evidence, answer);
  return answer.headers['x-countersign-code']?.toString() ?? (answer.status < 300 ? 'ok' : 'none');
}

export function keepAnswer(evidence: Evidence, answer: Answer): void {
  evidence.add('answers', answer.text);
  evidence.add('answer headers', JSON.stringify(answer.headers));
}

/** Asks everything that needs no authentication. */
export async function tourOpenRoutes(tour: Tour): Promise<void> {
  const paths = ['/health', '/health/ready', '/health/dfns-preflight', '/metrics', '/openapi.json'];
  for (const path of paths) {
    const answer = await tour.client.call({ path });
    keepAnswer(tour.evidence, answer);
    tour.evidence.add(path, answer.text);
  }
}

/** Signs here and at the bridge, and fetches receipts. @returns How many answers were good. */
export async function tourGoodRequests(tour: Tour): Promise<number> {
  const { client, evidence } = tour;
  const signed = [await client.sign(allowed()), await client.sign(allowed({ keyId: 'held-away' }))];
  const receipts = await Promise.all(
    signed.flatMap(({ headers }) => {
      const path = `/v1/receipts/${headers['x-countersign-receipt']}`;
      return [client.call({ path }), client.call({ path, headers: { accept: 'text/plain' } })];
    }),
  );
  const answers = [...signed, ...receipts];
  for (const answer of answers) keepAnswer(evidence, answer);
  return answers.filter(({ status }) => status === 200).length;
}

/** @returns Codes of all refusals, without repetitions, in order. */
export async function tourRefusals(tour: Tour): Promise<readonly string[]> {
  const calls = [
    ...authentication(),
    ...bodies(),
    ...Object.values(denied()).map((body) => signing(body)),
    ...Object.values(leaking()).map((body) => signing(body)),
  ];
  const codes: string[] = [];
  for (const call of calls) codes.push(await keep(tour, call));
  codes.push(await replayed(tour));
  codes.push(...(await tourBridgeFaults(tour)));
  return [...new Set(codes)].toSorted((a, b) => (a < b ? -1 : 1));
}

function allowed(changes: Partial<SignRequest> = {}): SignRequest {
  return transferRequest({
    accountAddress: POLICY.account,
    calls: [
      transferCall({ contractAddress: POLICY.target, entrypoint: 'play', calldata: ['0x1'] }),
    ],
    ...changes,
  });
}

function signing(body: unknown, call: Call = {}): Call {
  return { method: 'POST', path: '/v1/sign/session-transaction', body, ...call };
}

function authentication(): readonly Call[] {
  const body = allowed();
  const header = (name: string, value: string | undefined): Call =>
    signing(body, { headers: { [name]: value } });
  return [
    header('x-keyring-signature', undefined),
    header('x-keyring-nonce', 'n'.repeat(200)),
    header('x-keyring-client-id', 'nobody'),
    header('x-keyring-timestamp', 'soon'),
    header('origin', 'https://example.org'),
    // A caller that takes the secret for the signature.
    header('x-keyring-signature', SECRETS.authToken),
    signing(body, { nonce: 'with.stop' }),
    signing(body, { timestamp: '1000' }),
    signing(body, { secret: 'another-secret-0123456789' }),
    { path: '/v1/nothing' },
  ];
}

function bodies(): readonly Call[] {
  return [
    signing('{"accountAddress":'),
    signing('{"nonce":"0x1","nonce":"0x2"}'),
    signing({ accountAddress: 12 }),
    signing(allowed({ nonce: `0x${'f'.repeat(64)}` })),
    signing(allowed(), { headers: { 'content-type': 'text/plain' } }),
    signing(allowed(), { headers: { 'content-type': 'application/json; charset=latin1' } }),
    signing({ ...allowed(), context: { reason: 'x'.repeat(300_000) } }),
  ];
}

/** One thing wrong in each; the policy or the account of it says no. */
function denied(): Requests {
  const call = (changes: Parameters<typeof transferCall>[0]): Partial<SignRequest> => ({
    calls: [transferCall({ contractAddress: POLICY.token, ...changes })],
  });
  return {
    expired: allowed({ validUntil: 1 }),
    'too long': allowed({ validUntil: nowSec() + 1_000_000 }),
    chain: allowed({ chainId: '0x534e5f4d41494e' }),
    'own account': allowed(call({ contractAddress: POLICY.account })),
    selector: allowed(call({ entrypoint: 'upgrade', calldata: ['0x1'] })),
    target: allowed(call({ contractAddress: '0xbad' })),
    recipient: allowed(call({ calldata: ['0xbad', '0x1', '0x0'] })),
    amount: allowed(call({ calldata: [POLICY.recipient, '0xffffff', '0x0'] })),
    undecodable: allowed(call({ calldata: ['0x1'] })),
    'unknown key': allowed({ keyId: 'unheard-of' }),
    'key of another client': allowed({ keyId: 'private' }),
    account: allowed({ accountAddress: '0xbad' }),
    kind: allowed({ messageKind: 'outside-v2' }),
  };
}

/** Callers that send secrets along. */
function leaking(): Requests {
  const saying = (reason: string): SignRequest => allowed({ context: { reason } });
  return {
    'a private key': saying(`my private key is 0x${SECRETS.trading.toString(16)}`),
    'a private key, padded': saying(`privateKey=0x${SECRETS.spare.toString(16).padStart(64, '0')}`),
    'a private key, decimal': saying(`secret key: ${SECRETS.trading}`),
    'a client secret': saying(`hmac_secret: ${SECRETS.authToken}`),
    'a passphrase': saying(`password = ${SECRETS.userAction}`),
    'a certificate key': saying(SECRETS.tlsKeyPem),
    'an address with a password': saying(
      `redis://user:${encodeURIComponent(SECRETS.redisPassword)}@host`,
    ),
  };
}

async function replayed(tour: Tour): Promise<string> {
  const call = signing(allowed(), { nonce: freshNonce(), timestamp: String(Date.now()) });
  await keep(tour, call);
  return keep(tour, call);
}

async function tourBridgeFaults(tour: Tour): Promise<readonly string[]> {
  const codes: string[] = [];
  const { authToken, userAction } = SECRETS;
  const echo = JSON.stringify({ error: `no: Bearer ${authToken}, ${userAction}` });
  for (const behaviour of [
    'unauthorized',
    'denied',
    'server-error',
    'not-json',
    'reset',
    'other-key',
    { status: 422, body: echo },
    { status: 500, body: echo },
  ] as const) {
    tour.bridge.behaveOnce(behaviour);
    codes.push(await keep(tour, signing(allowed({ keyId: 'held-away' }))));
  }
  tour.bridge.behaveOnce('unauthorized');
  const answer = await tour.client.call({ path: '/health/dfns-preflight' });
  keepAnswer(tour.evidence, answer);
  return codes;
}
