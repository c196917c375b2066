/**
 * A closed-loop load: so many clients, each sending its next request when the last was answered.
 *
 * @module
 */

import { Agent, request } from 'node:http';
import { requestBody, signedHeaders, TARGET } from './requests.ts';

export interface LoadOptions {
  readonly port: number;
  readonly calls: number;
  readonly concurrency: number;
  readonly durationMs: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Sorted, milliseconds. */
  readonly latencies: readonly number[];
}

let accountNonce = 0;

/** @throws Error when an answer is not 200: then the figures would mean nothing. */
export async function runLoad({
  port,
  calls,
  concurrency,
  durationMs,
}: LoadOptions): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const latencies: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + durationMs;
  const client = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      const sentAt = performance.now();
      await post(agent, port, requestBody(calls, accountNonce++));
      latencies.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  const seconds = (performance.now() - startedAt) / 1000;
  agent.destroy();
  return { requests: latencies.length, seconds, latencies: latencies.sort((a, b) => a - b) };
}

function post(agent: Agent, port: number, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        agent,
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: TARGET,
        headers: signedHeaders(body),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`status ${response.statusCode}: ${Buffer.concat(chunks)}`));
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
