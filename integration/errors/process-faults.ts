/**
 * Processes that cannot start, lose each other, talk nonsense, or are about to end.
 *
 * @module
 */

import { eventually } from '@countersign/testing-keyring-process';
import { expect, onTestFinished } from 'vitest';
import {
  StartFailed,
  type Supervised,
  startSupervised,
} from '../../packages/testing/signer-entries/src/index.ts';
import { boundarySettings, freshDataDir } from '../crash/boundary-settings.ts';
import { freshRequest, send } from '../crash/exchange.ts';
import { startLoneSigner } from '../crash/lone-signer.ts';
import { openRaw, type RawResponse } from '../wire/client/raw-connection.ts';
import type { Answer, WireClient } from '../wire/client/wire-client.ts';

/** Starts a boundary on a port that is taken. @returns The code its supervisor gives up with. */
export async function codeOfTakenPort(port: number): Promise<string> {
  const settings = boundarySettings({ dataDir: freshDataDir(), edge: { port } });
  try {
    await (await startSupervised({ settings })).stop();
    return 'none';
  } catch (error) {
    if (error instanceof StartFailed) return String(error.code);
    throw error;
  }
}

/** Sends a signer what is no frame. @returns The code of the last thing it says. */
export async function codeOfNoise(): Promise<string> {
  const signer = startLoneSigner(boundarySettings({ dataDir: freshDataDir() }));
  onTestFinished(() => signer.kill());
  expect(await signer.firstEvent).toMatchObject({ event: 'ready' });
  signer.pipe.end(Buffer.alloc(64, 0xff));
  expect(await signer.ended).toBe('status 0');
  const last = signer.events.at(-1);
  return last?.event === 'warning' ? String(last.code) : String(last?.event);
}

/** Kills the signer. @returns What a request is answered that would have been signed before. */
export async function answerWithoutSigner(
  supervised: Supervised,
  client: WireClient,
): Promise<Answer> {
  supervised.signal('signer', 'SIGKILL');
  const answers: Answer[] = [];
  await eventually('a boundary without a signer', async () => {
    const { answer } = await send(client, freshRequest());
    answers.push(answer);
    return answer.status === 503;
  });
  const answer = answers.at(-1);
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

/** Begins a request, ends the server, finishes the request. @returns What it is answered. */
export async function lastAnswer(supervised: Supervised): Promise<RawResponse> {
  const head = 'GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n';
  const connection = await openRaw(supervised.url);
  connection.write(`${head}\r\n${head}`);
  // The second one has begun to arrive when the first is answered.
  expect((await connection.responses(1)).map(({ status }) => status)).toEqual([200]);
  void supervised.stop();
  await eventually('no new connections', async () => {
    const another = await openRaw(supervised.url).catch(() => undefined);
    another?.destroy();
    return another === undefined;
  });
  connection.write('\r\n');
  const answer = (await connection.untilClosed()).at(1);
  if (answer === undefined) throw new Error('no last answer');
  return answer;
}
