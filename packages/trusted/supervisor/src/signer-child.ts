/**
 * One life of the signer process.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import {
  encodeFrame,
  FrameReader,
  type ProcessEvent,
  processEventSchema,
  type SignerControl,
} from '@countersign/protocol';
import { type SignerRights, signerCommand } from './child-command.ts';

export interface SignerChild {
  /** The duplex pipe to hand to the edge. */
  readonly pipe: Socket;
  readonly pid: number | undefined;
  send(control: SignerControl): void;
  kill(): void;
}

export interface SignerChildEvents {
  readonly onEvent: (event: ProcessEvent) => void;
  /** The process is gone, for whatever reason. */
  readonly onExit: (reason: string) => void;
}

export function startSignerChild(
  entry: string,
  rights: SignerRights,
  { onEvent, onExit }: SignerChildEvents,
): SignerChild {
  const { args, env } = signerCommand(entry, rights);
  const child = spawn(process.execPath, args, {
    env,
    cwd: rights.dataDir,
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
  });
  const [stdin, stdout, , pipe] = child.stdio;
  if (!isStream(stdin) || !isStream(stdout) || !(pipe instanceof Socket)) {
    throw new Error('the signer process has no pipes');
  }
  readEvents(stdout, onEvent);
  stdin.on('error', () => undefined);
  pipe.on('error', () => undefined);
  whenGone(child, onExit);
  return {
    pipe,
    pid: child.pid,
    send: (control) => void stdin.write(encodeFrame(control)),
    kill: () => void child.kill('SIGKILL'),
  };
}

function readEvents(stdout: Readable, onEvent: (event: ProcessEvent) => void): void {
  const reader = new FrameReader();
  stdout.on('data', (chunk: Uint8Array) => {
    for (const frame of reader.push(chunk)) onEvent(processEventSchema.parse(frame.head));
  });
}

/** Calls back once, when the process has ended or could not be started. */
export function whenGone(child: ChildProcess, onExit: (reason: string) => void): void {
  let told = false;
  const tell = (reason: string): void => {
    if (!told) onExit(reason);
    told = true;
  };
  child.on('error', (error) => tell(error.message));
  child.on('exit', (status, signal) => tell(signal ?? `status ${status}`));
}

function isStream(value: unknown): value is Socket & Readable & Writable {
  return value instanceof Socket;
}
