/**
 * The edge process as its supervisor sees it.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { type EdgeControl, type ProcessEvent, processEventSchema } from '@countersign/protocol';
import { edgeCommand } from './child-command.ts';
import { type SignerChildEvents, whenGone } from './signer-child.ts';

export interface EdgeChild {
  readonly pid: number | undefined;
  send(control: EdgeControl, handle?: Socket): void;
  kill(): void;
}

/** Where the edge's event log goes: to our standard output, or nowhere. */
export type EventLogSink = 'inherit' | 'ignore';

/** Starts the edge; its standard output is its event log. */
export function startEdgeChild(
  entry: string,
  eventLog: EventLogSink,
  { onEvent, onExit }: SignerChildEvents,
): EdgeChild {
  const { args, env } = edgeCommand(entry);
  const child = spawn(process.execPath, args, {
    env,
    stdio: ['ignore', eventLog, 'inherit', 'ipc'],
  });
  child.on('message', (message) => {
    const event: ProcessEvent = processEventSchema.parse(message);
    onEvent(event);
  });
  whenGone(child, onExit);
  return {
    pid: child.pid,
    send: (control, handle) => {
      // A child that is gone is reported by its exit; a message to it is not an error of its own.
      if (child.connected) child.send(control, handle, () => undefined);
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
