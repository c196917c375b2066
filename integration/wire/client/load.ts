/**
 * Requests without a pause, while something else happens to the server.
 *
 * @module
 */

import { eventually } from '@countersign/testing-keyring-process';
import { transferRequest } from './sign-request.ts';
import type { WireClient } from './wire-client.ts';

export interface Load {
  /** Resolves when so many more requests were answered. */
  more(count: number): Promise<void>;
  /** Stops asking. @returns The status of every answer, 0 where none came. */
  stop(): Promise<readonly number[]>;
}

/**
 * Starts asking for signatures, each worker one after the other.
 *
 * @param connect - Makes a client; the first two workers keep theirs, the third wants a new connection
 *   for every request.
 */
export function startLoad(
  connect: () => WireClient,
  request: () => unknown = transferRequest,
): Load {
  const statuses: number[] = [];
  let stopped = false;
  const ask = async (keeps: boolean): Promise<void> => {
    let client = connect();
    while (!stopped) {
      const answer = await client.sign(request()).catch(() => ({ status: 0 }));
      statuses.push(answer.status);
      if (keeps) continue;
      client.close();
      client = connect();
    }
    client.close();
  };
  const workers = [ask(true), ask(true), ask(false)];
  return {
    async more(count) {
      const goal = statuses.length + count;
      await eventually('more answers', () => statuses.length >= goal);
    },
    async stop() {
      stopped = true;
      await Promise.all(workers);
      return statuses;
    },
  };
}
