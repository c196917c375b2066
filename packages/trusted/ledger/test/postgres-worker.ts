/**
 * A shared ledger for tests that cannot wait: it lives in this thread, and the thread of the test stands
 * still until it has answered.
 *
 * What a decision computes when its outcome is known is asked of the test's thread, which listens while
 * it stands still; this one stands still meanwhile.
 *
 * @module
 */

import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { runSql, startPostgresServer } from '@countersign/postgres-server';
import { isBoundaryError, Secret } from '@countersign/protocol';
import type { AwaitableLedger } from '../src/awaitable-ledger.ts';
import type { CommitOutcome, PendingDecision } from '../src/ledger.ts';
import { copyToSqlite } from '../src/postgres/copy-to-sqlite.ts';
import { openSharedLedger, type SharedLedgerOptions } from '../src/postgres/open-shared-ledger.ts';

/** What the test asks. */
export interface Question {
  readonly op: 'open' | 'call' | 'copy' | 'sql' | 'release' | 'stop';
  readonly id: number;
  readonly dataDir: string;
  readonly nowMs: number;
  readonly name?: string;
  readonly given: readonly unknown[];
}

/** What this thread says: the answer, or something it has to know before. */
export type Word =
  | { readonly kind: 'result'; readonly value: unknown }
  | { readonly kind: 'error'; readonly code: string; readonly details: object }
  | { readonly kind: 'fault'; readonly text: string }
  | {
      readonly kind: 'ask';
      readonly method: 'entryOf' | 'intentOf';
      readonly at: number;
      readonly outcome: CommitOutcome;
    };

/** What the test's thread said about an outcome. */
export interface Reply {
  readonly value: unknown;
  readonly isThrown: boolean;
}

const { port, heard, answered } = workerData as {
  readonly port: MessagePort;
  /** Counts what was said to the test's thread, and what was said to this one. */
  readonly heard: Int32Array;
  readonly answered: Int32Array;
};

const server = await startPostgresServer();
const urls = new Map<string, string>();
/** Databases nobody uses any more: emptying one is faster than making one. */
const spare: string[] = [];
const ledgers = new Map<number, AwaitableLedger>();
let nowMs = 0;

const SEAL: SharedLedgerOptions['seal'] = {
  protection: 'passphrase',
  seal: (bytes) => Uint8Array.from([0x5e, ...bytes.map((byte) => byte ^ 0xff)]),
  open: (sealed) => sealed.slice(1).map((byte) => byte ^ 0xff),
};

function say(word: Word): void {
  port.postMessage(word);
  Atomics.add(heard, 0, 1);
  Atomics.notify(heard, 0);
}

/** Asks the test's thread and stands still until it answers. */
function ask(method: 'entryOf' | 'intentOf', at: number, outcome: CommitOutcome): unknown {
  const before = Atomics.load(answered, 0);
  say({ kind: 'ask', method, at, outcome });
  Atomics.wait(answered, 0, before);
  const reply: { readonly message: Reply } | undefined = receiveMessageOnPort(port);
  if (reply?.message.isThrown !== false) throw new TypeError('a mistake of the test');
  return reply.message.value;
}

async function urlOf(dataDir: string): Promise<string> {
  const url = urls.get(dataDir) ?? spare.pop() ?? (await server.createDatabase());
  urls.set(dataDir, url);
  return url;
}

/** Decisions without their functions, given back the functions that ask. */
function decisions(batch: readonly PendingDecision[]): readonly PendingDecision[] {
  return batch.map((item, at) => ({
    ...item,
    entryOf: (outcome) => ask('entryOf', at, outcome) as Uint8Array,
    intentOf: (outcome) => ask('intentOf', at, outcome) as undefined,
  }));
}

async function answer({ op, id, dataDir, name = '', given }: Question): Promise<unknown> {
  if (op === 'open') {
    const url = new Secret(await urlOf(dataDir));
    const options = given[0] as Partial<SharedLedgerOptions>;
    const clock = { nowMs: () => nowMs };
    ledgers.set(
      id,
      await openSharedLedger({ ...options, url, dataDir, clock, seal: SEAL, freezeSettlesMs: 1 }),
    );
    return undefined;
  }
  if (op === 'copy') {
    await copyToSqlite(new Secret(await urlOf(dataDir)), String(given[0]));
    return undefined;
  }
  if (op === 'sql') return await runSql(await urlOf(dataDir), String(given[0]));
  if (op === 'release') {
    const url = urls.get(dataDir);
    if (url === undefined) return undefined;
    urls.delete(dataDir);
    await runSql(url, 'DROP SCHEMA IF EXISTS countersign CASCADE');
    spare.push(url);
    return undefined;
  }
  if (op === 'stop') {
    await server.stop();
    return undefined;
  }
  const ledger = ledgers.get(id);
  const method: unknown = Reflect.get(ledger ?? {}, name);
  if (typeof method !== 'function') throw new Error(`no method ${name}`);
  const parameters =
    name === 'commit' ? [decisions(given[0] as readonly PendingDecision[])] : given;
  return await Reflect.apply(method, ledger, parameters);
}

port.on('message', (question: Question) => {
  nowMs = question.nowMs;
  answer(question).then(
    (value) => say({ kind: 'result', value }),
    (error: unknown) =>
      say(
        isBoundaryError(error)
          ? { kind: 'error', code: error.code, details: { ...error.details } }
          : { kind: 'fault', text: error instanceof Error ? (error.stack ?? '') : String(error) },
      ),
  );
});
say({ kind: 'result', value: undefined });
