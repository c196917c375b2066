/**
 * More of everything than a server takes: connections, requests under way, failures of one address.
 *
 * @module
 */

import { eventually } from '@countersign/testing-keyring-process';
import { openRaw, type RawConnection, type RawResponse } from '../wire/client/raw-connection.ts';
import { type Answer, SIGN_PATH, type WireClient } from '../wire/client/wire-client.ts';

const HOST = 'host: 127.0.0.1';
/** The body never comes to its end. */
const UNFINISHED = `POST ${SIGN_PATH} HTTP/1.1\r\n${HOST}\r\ncontent-length: 9\r\n\r\n{`;
const STRANGE = `GET /v1/nothing HTTP/1.1\r\n${HOST}\r\n\r\n`;
const FAILURES = 200;

/** Opens connections, one more than there may be. @returns What is said to the last. */
export async function overcrowd(client: WireClient, most: number): Promise<RawResponse> {
  const crowd: RawConnection[] = [];
  try {
    for (let count = 0; count <= most; count += 1) {
      const connection = await openRaw(client.url);
      crowd.push(connection);
    }
    // The client may hold one of the places, and the newest came last.
    return only(await crowd.at(-1)?.untilClosed());
  } finally {
    await disperse(client, crowd);
  }
}

/** Sends requests that take their time. @returns What is answered to one more. */
export async function overload(client: WireClient, most: number): Promise<Answer> {
  const crowd = await Promise.all(Array.from({ length: most }, () => openRaw(client.url)));
  try {
    for (const connection of crowd) connection.write(UNFINISHED);
    let answer: Answer | undefined;
    await eventually('a server with too much to do', async () => {
      answer = await client.call({ path: '/health' });
      return answer.status !== 200;
    });
    return only(answer === undefined ? undefined : [answer]);
  } finally {
    await disperse(client, crowd);
  }
}

/** Fails to authenticate, again and again. @returns What is answered when that is too often. */
export async function pester(client: WireClient): Promise<RawResponse> {
  let refused: RawResponse | undefined;
  await eventually('an address that is not heard any more', async () => {
    const connection = await openRaw(client.url);
    connection.write(STRANGE.repeat(FAILURES));
    const responses = await connection.responses(FAILURES);
    connection.destroy();
    refused = responses.find(({ status }) => status !== 401);
    return refused !== undefined;
  });
  return only(refused === undefined ? undefined : [refused]);
}

/** Goes away, and waits until the server has noticed. */
async function disperse(client: WireClient, crowd: readonly RawConnection[]): Promise<void> {
  for (const connection of crowd) connection.destroy();
  await eventually('a server without a crowd', async () => {
    const answer = await client.call({ path: '/health' }).catch(() => ({ status: 0 }));
    return answer.status === 200;
  });
}

function only<T>(answers: readonly T[] | undefined): T {
  const [answer] = answers ?? [];
  if (answer === undefined) throw new Error('no answer');
  return answer;
}
