/**
 * Clients that go on asking for signatures, one request at a time each.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { WireClient } from '../wire/client/wire-client.ts';
import { BRIDGE_KEY_ID } from './boundary-settings.ts';
import { type Exchange, freshRequest, send } from './exchange.ts';

export interface Load {
  /** Takes the exchanges that ended since the last call. */
  take(): readonly Exchange[];
  /** Signatures received so far. */
  signatures(): number;
  /** Lets every client finish its request, and waits for that. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly client: WireClient;
  readonly clients: number;
  /** How many of them use the key of the bridge. */
  readonly ofBridge: number;
  /** Between two requests of one client. */
  readonly pauseMs: number;
  /** The same for a client of the bridge: the bridge lives in this process and takes its time. */
  readonly bridgePauseMs: number;
}

export function startLoad(options: LoadOptions): Load {
  const ended: Exchange[] = [];
  let signatures = 0;
  let isStopping = false;

  async function work(keyId: string | undefined): Promise<void> {
    while (!isStopping) {
      const exchange = await send(
        options.client,
        freshRequest(keyId === undefined ? {} : { keyId }),
      );
      ended.push(exchange);
      if (exchange.answer.status === 200) signatures += 1;
      await sleep(keyId === undefined ? options.pauseMs : options.bridgePauseMs);
    }
  }

  const workers = Array.from({ length: options.clients }, (_, i) =>
    work(i < options.ofBridge ? BRIDGE_KEY_ID : undefined),
  );
  return {
    take: () => ended.splice(0),
    signatures: () => signatures,
    async stop() {
      isStopping = true;
      await Promise.all(workers);
    },
  };
}
