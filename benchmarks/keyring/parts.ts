/**
 * Where the time of one request goes: each part of the signer's work by itself, one call.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  computeRequestMac,
  parseSessionRequest,
  parseStrictJson,
  Secret,
} from '../../packages/shared/protocol/src/index.ts';
import {
  createDefaultHashBackend,
  createDefaultSignatureChecker,
  hashSessionMessage,
  parseEntrypoint,
  parsePrivateKey,
  prepareSigning,
  publicKeyX,
  signHash,
} from '../../packages/trusted/crypto/src/index.ts';
import { openSeal } from '../../packages/trusted/crypto/src/keystore-api.ts';
import { openLedger } from '../../packages/trusted/ledger/src/index.ts';
import { CLIENT_SECRET, PRIVATE_KEY, requestBody, TARGET } from './requests.ts';

export interface Part {
  readonly part: string;
  readonly microseconds: number;
}

const ROUNDS = 400;

export async function measureParts(): Promise<readonly Part[]> {
  const onWarning = (): void => undefined;
  const backend = createDefaultHashBackend({ onWarning });
  const checker = createDefaultSignatureChecker({ onWarning });
  const privateKey = parsePrivateKey(PRIVATE_KEY, 'key');
  const publicKey = publicKeyX(privateKey);
  prepareSigning();
  await checker.prepare(publicKey);
  const body = Buffer.from(requestBody(1, 1), 'utf8');
  const request = parseSessionRequest(parseStrictJson(body));
  const message = {
    ...request,
    kind: 'invoke-v2' as const,
    calls: request.calls.map((call) => ({
      ...call,
      selector: parseEntrypoint(call.entrypoint).selector,
    })),
    caller: undefined,
  };
  const { caller: _caller, executeAfterSec: _start, ...invoke } = message;
  const { messageHash } = hashSessionMessage(invoke, backend);
  const signature = signHash(messageHash, privateKey);
  const secret = new Secret(CLIENT_SECRET);
  const mac = { timestamp: '1', requestNonce: 'a', method: 'POST', target: TARGET, body };
  const ledger = openScratchLedger();
  const parts = [
    time('request code (HMAC), done twice', () => computeRequestMac(secret, mac), 2),
    time('JSON and schema, done twice', () => parseSessionRequest(parseStrictJson(body)), 2),
    time('message hash (WebAssembly)', () => hashSessionMessage(invoke, backend)),
    time('durable commit: nonce, entry, tree, checkpoint', () => ledger.commit()),
    time('signature (audited JavaScript)', () => signHash(messageHash, privateKey)),
    time('check of the own signature (WebAssembly)', () =>
      checker.verify(messageHash, signature, publicKey),
    ),
  ];
  ledger.end();
  return parts;
}

function openScratchLedger(): { commit: () => void; end: () => void } {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'countersign-bench-'));
  const clock = { nowMs: () => Date.now() };
  const ledger = openLedger({ dataDir, clock, seal: openSeal(undefined) });
  const entry = Buffer.alloc(1_000, 'x');
  let count = 0;
  return {
    commit: () => {
      count += 1;
      ledger.commit([
        {
          nonceKey: `n${count}`,
          nonceExpiresAtMs: Date.now() + 120_000,
          scopes: ['all'],
          charges: [],
          entryOf: () => entry,
        },
      ]);
    },
    end: () => {
      ledger.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Median time of one call, times how often a request needs it. */
function time(part: string, work: () => unknown, times = 1): Part {
  const samples = Array.from({ length: ROUNDS }, () => {
    const startedAt = performance.now();
    work();
    return performance.now() - startedAt;
  }).sort((a, b) => a - b);
  return { part, microseconds: (samples[ROUNDS / 2] ?? 0) * 1000 * times };
}
