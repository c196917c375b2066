/**
 * Signer and edge of the boundary in this process, with a key that flips a bit in memory.
 *
 * @module
 */

import { openSync } from 'node:fs';
import { devNull } from 'node:os';
import { duplexPair } from 'node:stream';
import { createDefaultHashBackend, createDefaultSignatureChecker } from '@countersign/crypto';
import { openSeal } from '@countersign/crypto/keystore';
import { openLedger } from '@countersign/ledger';
import { Secret } from '@countersign/protocol';
import { createEdgeServer, createEventLog, createSignerLink } from '@countersign/server';
import { createSigner } from '@countersign/signer';
import { onTestFinished } from 'vitest';
import {
  boundarySettings,
  CLIENT_ID,
  freshDataDir,
  LOCAL_KEY,
  SECRET,
} from '../crash/boundary-settings.ts';
import { createWireClient, type WireClient } from '../wire/client/wire-client.ts';

export interface WornBoundary {
  readonly client: WireClient;
  /** From now on the key is another. */
  flipBit(): void;
}

const clock = { nowMs: () => Date.now() };

/** Serves until the test has finished. */
export async function startWornBoundary(): Promise<WornBoundary> {
  const dataDir = freshDataDir();
  const key = new WornKey(BigInt(LOCAL_KEY.privateKey));
  const { signer, edge } = boundarySettings({
    dataDir,
    signer: { keys: [{ keyId: LOCAL_KEY.keyId, source: 'keystore' }] },
  });
  const link = createSignerLink();
  const [edgeEnd, signerEnd] = duplexPair();
  const ledger = openLedger({ dataDir, clock, seal: openSeal(undefined) });
  createSigner(
    {
      ledger,
      clock,
      backend: createDefaultHashBackend({ prefer: 'wasm', onWarning: fail }),
      checker: createDefaultSignatureChecker({ onWarning: fail }),
      openKeystore: () => ({
        privateKey: () => key,
        entries: () => [{ keyId: LOCAL_KEY.keyId, messageKinds: ['invoke-v2'] }],
      }),
    },
    signer,
  ).serve(signerEnd);
  link.connect(edgeEnd);
  const events = createEventLog('error', openSync(devNull, 'w'));
  const server = createEdgeServer({ signer: link, events, clock }, edge);
  const url = await server.listen();
  const client = createWireClient({ url, secret: SECRET, clientId: CLIENT_ID });
  onTestFinished(async () => {
    client.close();
    await server.stop();
    ledger.close();
  });
  return { client, flipBit: () => key.flipBit() };
}

class WornKey extends Secret<bigint> {
  #flipped = 0n;

  flipBit(): void {
    this.#flipped = 1n;
  }

  override reveal(): bigint {
    return super.reveal() ^ this.#flipped;
  }
}

function fail(warning: Error): never {
  throw warning;
}
