/**
 * Clients that ask for signatures of one account without a pause, whatever they are answered.
 *
 * @module
 */

import { Agent, request } from 'node:http';
import { requestBody, signedHeaders, TARGET } from '../keyring/requests.ts';

export interface Hammer {
  /** Resolves once so many signatures have arrived. */
  signed(count: number): Promise<void>;
  /** When the last signature arrived, on the clock of `performance.now`; 0 before the first. */
  lastAtMs(): number;
  count(): number;
  stop(): Promise<void>;
}

let accountNonce = 0;

export function startHammer(port: number, clients: number, account: string): Hammer {
  let stopped = false;
  let count = 0;
  let lastAtMs = 0;
  let onSignature: () => void = () => undefined;
  const loop = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!stopped) {
      await post(agent, port, bodyFor(account), () => {
        lastAtMs = performance.now();
        count += 1;
        onSignature();
      });
    }
    agent.destroy();
  };
  const loops = Array.from({ length: clients }, loop);
  return {
    signed: (wanted) =>
      new Promise((resolve) => {
        onSignature = () => {
          if (count >= wanted) resolve();
        };
        onSignature();
      }),
    lastAtMs: () => lastAtMs,
    count: () => count,
    async stop() {
      stopped = true;
      await Promise.all(loops);
    },
  };
}

function bodyFor(account: string): string {
  const body: Record<string, unknown> = JSON.parse(requestBody(1, accountNonce++));
  return JSON.stringify({ ...body, accountAddress: account });
}

/** @param onSigned - Called in the moment the head of a signature is read. */
function post(agent: Agent, port: number, body: string, onSigned: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = signedHeaders(body);
    const options = { agent, host: '127.0.0.1', port, method: 'POST', path: TARGET, headers };
    const sent = request(options, (response) => {
      if (response.statusCode === 200) onSigned();
      response.resume();
      response.on('end', resolve);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
