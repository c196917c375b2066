/**
 * Clients that ask for signatures without a pause, and when each answer began to arrive.
 *
 * @module
 */

import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { eventually } from '@countersign/testing-keyring-process';
import { transferRequest } from '../wire/client/sign-request.ts';
import { authHeaders, SIGN_PATH } from '../wire/client/wire-client.ts';

/** What one of the clients is. */
export interface Hammerer {
  readonly clientId: string;
  readonly secret: string;
  readonly keyId?: string;
  readonly accountAddress?: string;
}

export interface Arrival {
  readonly by: Hammerer;
  readonly status: number;
  readonly code: string | undefined;
  /** When the head of the answer was read, on the clock of `performance.now`. */
  readonly headAtMs: number;
}

export interface Hammer {
  /** Everything that arrived so far. */
  readonly arrivals: readonly Arrival[];
  /** Resolves when so many more answers that satisfy `isOne` have arrived. */
  more(count: number, isOne?: (arrival: Arrival) => boolean): Promise<void>;
  stop(): Promise<void>;
}

let accountNonce = 0;

/** Starts hammering: one connection for each of them, no pause between two requests. */
export function startHammer(url: string, hammerers: readonly Hammerer[]): Hammer {
  const arrivals: Arrival[] = [];
  let stopped = false;
  const loop = async (by: Hammerer): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!stopped) {
      const arrival = await ask(url, agent, by).catch(() => undefined);
      if (arrival !== undefined) arrivals.push(arrival);
    }
    agent.destroy();
  };
  const loops = hammerers.map(loop);
  return {
    arrivals,
    async more(count, isOne = () => true) {
      const from = arrivals.length;
      await eventually(
        'more answers',
        () => arrivals.slice(from).filter(isOne).length >= count,
        () => JSON.stringify(arrivals.slice(-3)),
      );
    },
    async stop() {
      stopped = true;
      await Promise.all(loops);
    },
  };
}

function ask(url: string, agent: Agent, by: Hammerer): Promise<Arrival> {
  const { clientId, secret, keyId, accountAddress = '0xacc0' } = by;
  accountNonce += 1;
  const nonce = `0x${accountNonce.toString(16)}`;
  const key = keyId === undefined ? {} : { keyId };
  const body = JSON.stringify(transferRequest({ accountAddress, nonce, ...key }));
  const call = { method: 'POST', path: SIGN_PATH, body };
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...authHeaders(call, { clientId, secret }),
  };
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url + SIGN_PATH, { agent, method: 'POST', headers });
    sent.on('error', reject);
    sent.on('response', (response: IncomingMessage) => {
      const headAtMs = performance.now();
      const { statusCode: status = 0, headers: received } = response;
      const code = received['x-countersign-code'];
      response.resume();
      response.on('error', reject);
      response.on('end', () =>
        resolve({ by, status, code: code === undefined ? undefined : String(code), headAtMs }),
      );
    });
    sent.end(body);
  });
}
