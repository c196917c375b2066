/**
 * Shared ledgers that answer at once, so that the tests of the ledger run on them as they are.
 *
 * @module
 */

import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { BoundaryError, type ErrorCode } from '@countersign/protocol';
import type { Ledger, PendingDecision } from '../src/ledger.ts';
import type { LedgerOptions } from '../src/open-ledger.ts';
import type { Question, Reply, Word } from './postgres-worker.ts';

function replyOf(act: () => unknown): Reply {
  try {
    return { value: act(), isThrown: false };
  } catch {
    return { value: undefined, isThrown: true };
  }
}

export interface PostgresStore {
  /** A ledger in the database that belongs to `dataDir`; made when there is none. */
  open(dataDir: string, options: Omit<LedgerOptions, 'seal' | 'dataDir'>): Ledger;
  /** Copies that database into a directory, for readers. */
  copy(dataDir: string, target: string): void;
  /** Runs SQL in that database. */
  sql(dataDir: string, text: string): unknown;
  /** Lets somebody else have the database of `dataDir`. */
  release(dataDir: string): void;
  stop(): void;
}

const PATIENCE_MS = 60_000;

/** Starts a server and a thread for its ledgers; waits until both are there. */
export function startPostgresStore(): PostgresStore {
  const { port1: port, port2 } = new MessageChannel();
  const heard = new Int32Array(new SharedArrayBuffer(4));
  const answered = new Int32Array(new SharedArrayBuffer(4));
  const workerData = { port: port2, heard, answered };
  const worker = new Worker(new URL('./postgres-worker.ts', import.meta.url), {
    workerData,
    transferList: [port2],
    execArgv: [],
  });
  worker.unref();
  let taken = 0;
  let opened = 0;

  /** Stands still until the other thread says something. */
  function listen(): Word {
    for (;;) {
      const message = receiveMessageOnPort(port);
      if (message !== undefined) {
        taken += 1;
        return message.message as Word;
      }
      if (Atomics.wait(heard, 0, taken, PATIENCE_MS) === 'timed-out') {
        throw new Error('the thread with the shared ledger says nothing');
      }
    }
  }

  function converse(batch: readonly PendingDecision[]): unknown {
    for (;;) {
      const word = listen();
      if (word.kind === 'result') return word.value;
      if (word.kind === 'fault') throw new Error(word.text);
      if (word.kind === 'error') {
        const { code, details } = word;
        throw new BoundaryError(code as ErrorCode, { details: { ...details } });
      }
      const item = batch[word.at];
      port.postMessage(replyOf(() => item?.[word.method]?.(word.outcome)));
      Atomics.add(answered, 0, 1);
      Atomics.notify(answered, 0);
    }
  }

  function ask(question: Omit<Question, 'nowMs'> & { readonly nowMs?: number }): unknown {
    const batch = question.name === 'commit' ? (question.given[0] as PendingDecision[]) : [];
    const given =
      question.name === 'commit'
        ? [batch.map(({ entryOf: _entryOf, intentOf: _intentOf, ...item }) => item)]
        : question.given;
    port.postMessage({ nowMs: 0, ...question, given });
    return converse(batch);
  }

  converse([]);
  return {
    open: (dataDir, { clock, ...options }) => {
      opened += 1;
      const id = opened;
      ask({ op: 'open', id, dataDir, nowMs: clock.nowMs(), given: [options] });
      const call =
        (name: string) =>
        (...given: unknown[]): unknown =>
          ask({ op: 'call', id, dataDir, nowMs: clock.nowMs(), name, given });
      return new Proxy({} as Ledger, { get: (_target, name) => call(String(name)) });
    },
    copy: (dataDir, target) => void ask({ op: 'copy', id: 0, dataDir, given: [target] }),
    sql: (dataDir, text) => ask({ op: 'sql', id: 0, dataDir, given: [text] }),
    release: (dataDir) => void ask({ op: 'release', id: 0, dataDir, given: [] }),
    stop: () => {
      ask({ op: 'stop', id: 0, dataDir: '', given: [] });
      void worker.terminate();
    },
  };
}
