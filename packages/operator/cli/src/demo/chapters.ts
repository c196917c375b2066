/**
 * The chapters of the demo, in order.
 *
 * @module
 */

import { setTimeout as pause } from 'node:timers/promises';
import {
  createDefaultHashBackend,
  hashSessionMessage,
  selectorOf,
  verifySignature,
} from '@countersign/crypto';
import { openLedgerReader } from '@countersign/ledger';
import { isBoundaryError } from '@countersign/protocol';
import { parseVerifierKey, verifyReceipt } from '@countersign/tlog';
import { type Answer, SIGN_TARGET, type SignedRequest, send, signRequest } from './agent.ts';
import type { Story } from './story.ts';
import { CAP, CAST, type Wish, type World, wishBody } from './world.ts';

/** What later chapters need of earlier ones. */
export interface Memory {
  /** The allowed request of the second chapter. */
  request?: SignedRequest;
  /** Its receipt id. */
  receipt?: string;
}

const LOAD_CLIENTS = 8;
const SIGNER_BACK_MS = 15_000;

export async function tellStart(story: Story, world: World): Promise<void> {
  story.chapter(
    'The boundary starts',
    'An edge that has no key, a signer that has no network, one pipe between them.',
  );
  await story.step('edge and signer are different processes', 'two processes', () => {
    const { edge, signer } = world.supervisor.pids;
    return edge !== undefined && signer !== undefined && edge !== signer
      ? 'two processes'
      : 'one process';
  });
  await story.step('the boundary says it would sign', 'ready', async () => {
    const response = await fetch(`${world.url}/health/ready`);
    return response.status === 200 ? 'ready' : `status ${response.status}`;
  });
}

export async function tellAllowed(story: Story, world: World, memory: Memory): Promise<void> {
  story.chapter('An agent asks', 'It may pay the landlord up to one token. It never sees the key.');
  const body = wishBody();
  const request = signRequest(world.agent, SIGN_TARGET, body);
  let answer: Answer | undefined;
  await story.step('rent of 0.01 token to the landlord', 'signed', async () => {
    answer = await send(world.url, request);
    return answer.status === 200 ? 'signed' : describe(answer);
  });
  memory.request = request;
  if (answer?.receipt !== undefined) memory.receipt = answer.receipt;
  await story.step('the signature holds for exactly these calls', 'holds', () =>
    signatureHolds(world, body, answer) ? 'holds' : 'does not hold',
  );
  await story.step('the answer names its entry in the log', 'receipt', () =>
    memory.receipt === undefined ? 'no receipt' : 'receipt',
  );
  story.decided({
    asked: 'rent of 0.01 token to the landlord',
    decided: 'signed',
    why: 'listed recipient, under the cap',
  });
}

/** The tricks of a hijacked agent; each changes one thing of a request that would be signed. */
const TRICKS: readonly (readonly [name: string, code: string, rule: string, wish: Wish])[] = [
  [
    'upgrade the account',
    'ERR_POLICY_SELECTOR_DENIED',
    'call.denied-selector',
    { entrypoint: 'upgrade' },
  ],
  ['call the account itself', 'ERR_POLICY_SELF_CALL', 'call.self', { target: CAST.account }],
  ['pay somebody else', 'ERR_POLICY_RECIPIENT_DENIED', 'key.recipients', { recipient: CAST.thief }],
  [
    'pay one base unit too much',
    'ERR_POLICY_LIMIT_EXCEEDED',
    'key.caps.per-call',
    { amount: CAP + 1n },
  ],
  [
    'sign for a time that is over',
    'ERR_POLICY_VALIDITY_EXPIRED',
    'validity.expired',
    { validForSec: -1 },
  ],
  ['use a key of somebody else', 'ERR_POLICY_KEY_DENIED', 'client.key', { keyId: 'treasury' }],
  ['smuggle a key out', 'ERR_LEAK_INBOUND', '', { reason: `private_key=0x${'5ec4e7'.repeat(10)}` }],
];

export async function tellHijacked(story: Story, world: World, memory: Memory): Promise<void> {
  story.chapter(
    'The agent is hijacked',
    'A prompt injection has taken over the model. The boundary still refuses, by name of the rule.',
  );
  await story.step('send the same request again', 'ERR_REQUEST_NONCE_USED', async () => {
    if (memory.request === undefined) return 'no request to repeat';
    return codeOf(await send(world.url, memory.request));
  });
  story.decided({ asked: 'the same request again', decided: 'refused', why: 'request nonce used' });
  await story.step('alter the amount after signing', 'ERR_AUTH_SIGNATURE_INVALID', async () => {
    const request = signRequest(world.agent, SIGN_TARGET, wishBody());
    const body = request.body.replace(CAST.landlord, CAST.thief);
    return codeOf(await send(world.url, { ...request, body }));
  });
  story.decided({
    asked: 'a body altered on the way',
    decided: 'refused',
    why: 'code does not cover it',
  });
  for (const [name, code, rule, wish] of TRICKS) {
    const expected = rule === '' ? code : `${code} by ${rule}`;
    await story.step(name, expected, async () => {
      const answer = await send(world.url, signRequest(world.agent, SIGN_TARGET, wishBody(wish)));
      const found = answer.body.rule;
      return typeof found === 'string' ? `${codeOf(answer)} by ${found}` : codeOf(answer);
    });
    story.decided({
      asked: name,
      decided: 'refused',
      why: rule === '' ? 'looks like a secret' : `rule ${rule}`,
    });
  }
}

export async function tellCrash(story: Story, world: World, memory: Memory): Promise<void> {
  story.chapter(
    'The signer is killed',
    'kill -9 under load. Whatever was promised is on disk; whatever was not written was never signed.',
  );
  const load = createLoad(world);
  await pause(150);
  await story.step(
    'kill -9 of the signer under load',
    'requests are refused meanwhile',
    async () => {
      const pid = world.supervisor.pids.signer;
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      const answer = await untilRefused(world);
      return answer?.code === 'ERR_SIGNER_UNAVAILABLE'
        ? 'requests are refused meanwhile'
        : describe(answer);
    },
  );
  await story.step('another signer takes over', 'ready again', async () =>
    (await untilReady(world)) ? 'ready again' : 'not ready',
  );
  const signed = await load.end();
  await story.step('the first request is still a replay', 'ERR_REQUEST_NONCE_USED', async () => {
    if (memory.request === undefined) return 'no request to repeat';
    return codeOf(await send(world.url, memory.request));
  });
  await story.step('every signature that left has its entry', 'all found, log consistent', () =>
    entriesHold(world, signed),
  );
  story.decided({
    asked: `${signed.length} payments around a kill -9`,
    decided: 'signed',
    why: 'each with its entry in the log',
  });
}

export async function tellProof(story: Story, world: World, memory: Memory): Promise<void> {
  story.chapter(
    'A stranger checks',
    "All it takes is the receipt and the log's public key; the boundary is not asked.",
  );
  let receipt = '';
  await story.step('fetch the receipt of the rent', 'receipt', async () => {
    const target = `/v1/receipts/${memory.receipt ?? ''}`;
    const answer = await send(world.url, signRequest(world.agent, target, '', 'GET'));
    receipt = answer.text;
    return answer.status === 200 ? 'receipt' : describe(answer);
  });
  await story.step('verify it offline', 'holds: allow', () => verdict(world, receipt));
  await story.step('flip one byte and verify again', 'refused', () => {
    const bytes = Buffer.from(receipt, 'utf8');
    const middle = Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
    return verdict(world, bytes.toString('utf8')).startsWith('ERR_PROOF_') ? 'refused' : 'accepted';
  });
  story.decided({
    asked: 'a receipt with one byte flipped',
    decided: 'refused',
    why: 'proof does not hold',
  });
}

function codeOf(answer: Answer): string {
  return answer.status === 200 ? 'signed' : (answer.code ?? describe(answer));
}

function describe(answer: Answer | undefined): string {
  return answer === undefined ? 'no answer' : `status ${answer.status} ${answer.code ?? ''}`.trim();
}

/** Recomputes the hash from the request, as the account on chain would, and checks the signature. */
function signatureHolds(world: World, body: string, answer: Answer | undefined): boolean {
  const signature = answer?.body.signature;
  if (!Array.isArray(signature)) return false;
  const [publicKey = 0n, r = 0n, s = 0n, validUntil = 0n] = signature.map((felt) =>
    BigInt(String(felt)),
  );
  const request = JSON.parse(body) as {
    nonce: string;
    validUntil: number;
    calls: { calldata: string[] }[];
  };
  const { messageHash } = hashSessionMessage(
    {
      kind: 'invoke-v2',
      accountAddress: BigInt(CAST.account),
      chainId: BigInt(CAST.chain),
      accountNonce: BigInt(request.nonce),
      validUntilSec: BigInt(request.validUntil),
      calls: request.calls.map(({ calldata }) => ({
        to: BigInt(CAST.token),
        selector: selectorOf('transfer'),
        calldata: calldata.map(BigInt),
      })),
    },
    createDefaultHashBackend({ onWarning: () => undefined }),
  );
  const mine = publicKey === world.publicKey && validUntil === BigInt(request.validUntil);
  return mine && verifySignature(messageHash, { r, s }, publicKey);
}

interface Load {
  /** Stops and returns the receipt id and message hash of every signature that came back. */
  end(): Promise<readonly { receipt: string; messageHash: string }[]>;
}

function createLoad(world: World): Load {
  const signed: { receipt: string; messageHash: string }[] = [];
  let running = true;
  let accountNonce = 100n;
  const client = async (): Promise<void> => {
    while (running) {
      accountNonce += 1n;
      const request = signRequest(world.agent, SIGN_TARGET, wishBody({ accountNonce }));
      const { status, receipt, body } = await send(world.url, request);
      if (status === 200)
        signed.push({ receipt: receipt ?? '', messageHash: String(body.messageHash) });
      else await pause(20);
    }
  };
  const clients = Promise.all(Array.from({ length: LOAD_CLIENTS }, client));
  return {
    async end() {
      running = false;
      await clients;
      return signed;
    },
  };
}

async function untilRefused(world: World): Promise<Answer | undefined> {
  let answer: Answer | undefined;
  for (const endsAt = Date.now() + 2_000; Date.now() < endsAt; ) {
    answer = await send(world.url, signRequest(world.agent, SIGN_TARGET, wishBody()));
    if (answer.status === 503) return answer;
  }
  return answer;
}

async function untilReady(world: World): Promise<boolean> {
  for (const endsAt = Date.now() + SIGNER_BACK_MS; Date.now() < endsAt; ) {
    const response = await fetch(`${world.url}/health/ready`);
    if (response.status === 200) return true;
    await pause(50);
  }
  return false;
}

function entriesHold(
  world: World,
  signed: readonly { receipt: string; messageHash: string }[],
): string {
  const reader = openLedgerReader(world.dataDir);
  try {
    const missing = signed.filter(({ receipt, messageHash }) => {
      const entry = reader.entry(Number(receipt.split('-', 1)[0]));
      return entry === undefined || !Buffer.from(entry).includes(messageHash);
    });
    if (missing.length > 0) return `${missing.length} of ${signed.length} missing`;
    const { ok, fault } = reader.checkLog();
    return ok ? 'all found, log consistent' : `log: ${fault?.reason}`;
  } finally {
    reader.close();
  }
}

function verdict(world: World, receipt: string): string {
  try {
    const { entryBytes } = verifyReceipt({
      receipt: Buffer.from(receipt, 'utf8'),
      logKeys: [parseVerifierKey(world.logKey)],
    });
    const entry = JSON.parse(Buffer.from(entryBytes).toString('utf8')) as { outcome: string };
    return `holds: ${entry.outcome}`;
  } catch (error) {
    if (isBoundaryError(error)) return error.code;
    throw error;
  }
}
