/**
 * The real signer process without supervisor and edge: the test holds both of its pipes.
 *
 * @module
 */

import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { ProcessEvent } from '@countersign/protocol';
import type { Settings } from '@countersign/supervisor';
import { startSignerChild } from '../../packages/trusted/supervisor/src/signer-child.ts';

export interface LoneSigner {
  /** The edge's end of the pipe. */
  readonly pipe: Socket;
  readonly pid: number | undefined;
  /** The first thing it says. Rejects when it ends without a word. */
  readonly firstEvent: Promise<ProcessEvent>;
  /** All it has said so far. */
  readonly events: readonly ProcessEvent[];
  /** How it ended: `status n`, or the name of a signal. */
  readonly ended: Promise<string>;
  kill(): void;
}

const ENTRY = fileURLToPath(new URL('../../packages/trusted/signer/src/main.ts', import.meta.url));

export function startLoneSigner({ signer: settings }: Settings): LoneSigner {
  const first = Promise.withResolvers<ProcessEvent>();
  const end = Promise.withResolvers<string>();
  const events: ProcessEvent[] = [];
  first.promise.catch(() => undefined);
  const { pipe, pid, send, kill } = startSignerChild(ENTRY, settings, {
    onEvent: (event) => {
      events.push(event);
      first.resolve(event);
    },
    onExit: (reason) => {
      first.reject(new Error(`the signer ended without a word: ${reason}`));
      end.resolve(reason);
    },
  });
  send({ op: 'configure', settings });
  return { pipe, pid, firstEvent: first.promise, events, ended: end.promise, kill };
}
