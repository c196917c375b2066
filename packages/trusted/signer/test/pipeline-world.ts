/**
 * A pipeline with a real ledger and real keys, and a record of what happened in which order.
 *
 * @module
 */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createScureHashBackend,
  createSignatureChecker,
  type HashBackend,
  type SignatureChecker,
} from '@countersign/crypto';
import { openSeal } from '@countersign/crypto/keystore';
import { type Ledger, openLedger } from '@countersign/ledger';
import { policyFromSettings } from '@countersign/policy';
import type { SignerSettings } from '@countersign/protocol';
import { onTestFinished } from 'vitest';
import { createApproverBook } from '../src/approver-book.ts';
import { createKeyRing, type KeyRing } from '../src/key-ring.ts';
import {
  createPipeline,
  type Pipeline,
  type PipelineConfig,
  type PipelineDeps,
} from '../src/pipeline.ts';
import { createRequestCheck } from '../src/request-check.ts';
import { compileWrittenPolicies } from '../src/written-policies.ts';
import { NOW_MS, signerSettings } from './settings.ts';

export interface TestClock {
  nowMs(): number;
  advance(byMs: number): void;
}

export function createTestClock(startMs: number = NOW_MS): TestClock {
  let now = startMs;
  return {
    nowMs: () => now,
    advance: (byMs) => {
      now += byMs;
    },
  };
}

// Memory, where there is such a file system: what is tested here does not depend on real flushes.
const FAST = '/dev/shm';

/** A directory that goes away with the test. */
export function newDataDir(): string {
  const parent = mkdtempSync(join(existsSync(FAST) ? FAST : tmpdir(), 'countersign-signer-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, 'data');
}

export function openTestLedger(dataDir: string, clock: TestClock): Ledger {
  const ledger = openLedger({ dataDir, clock, seal: openSeal(undefined) });
  onTestFinished(() => ledger.close());
  return ledger;
}

/** Entries of a log as the JSON objects they are. */
export function entriesOf(ledger: Ledger): readonly Readonly<Record<string, unknown>>[] {
  return Array.from({ length: ledger.size() }, (_, index) =>
    JSON.parse(Buffer.from(ledger.entry(index) ?? []).toString('utf8')),
  );
}

export interface World {
  readonly pipeline: Pipeline;
  readonly ledger: Ledger;
  readonly clock: TestClock;
  readonly config: PipelineConfig;
  /** Steps, commits, signatures and checks as they happened. */
  readonly happened: string[];
  /** How often a key was used. */
  timesSigned(): number;
}

export interface WorldOptions {
  readonly settings?: SignerSettings;
  readonly dataDir?: string;
  readonly clock?: TestClock;
  readonly ledger?: Ledger;
  /** Replaces what the ledger does. */
  readonly ledgerParts?: (ledger: Ledger) => Partial<Pick<Ledger, 'commit' | 'append'>>;
  readonly backend?: HashBackend;
  /** Replaces the answer of the checker. */
  readonly verify?: SignatureChecker['verify'];
  /** Replaces the signature of the key. */
  readonly sign?: KeyRing['sign'];
}

export function createWorld(options: WorldOptions = {}): World {
  const { settings = signerSettings(), clock = createTestClock() } = options;
  const ledger = options.ledger ?? openTestLedger(options.dataDir ?? newDataDir(), clock);
  const happened: string[] = [];
  const config = configFrom(settings, happened, options.sign);
  const pipeline = createPipeline(
    {
      ledger: watchLedger(ledger, happened, options.ledgerParts?.(ledger) ?? {}),
      backend: options.backend ?? createScureHashBackend(),
      checker: watchChecker(happened, options.verify),
      clock,
      onStep: (step) => void happened.push(step),
    },
    config,
  );
  const timesSigned = (): number => happened.filter((what) => what === 'key used').length;
  return { pipeline, ledger, clock, config, happened, timesSigned };
}

/** What a reload with these settings would put in force. */
export function configFrom(
  settings: SignerSettings,
  happened: string[],
  sign?: KeyRing['sign'],
): PipelineConfig {
  const keys = createKeyRing(settings, () => {
    throw new Error('no keystore here');
  });
  return {
    check: createRequestCheck(settings),
    policy: policyFromSettings(settings.policy),
    written: compileWrittenPolicies(settings.policy),
    policyHash: 'ab'.repeat(32),
    keys: {
      ...keys,
      sign: (keyId, messageHash) => {
        happened.push('key used');
        return (sign ?? keys.sign)(keyId, messageHash);
      },
    },
    approvers: createApproverBook(settings),
    bridgeFallback: settings.bridgeFallback,
  };
}

function watchLedger(
  ledger: Ledger,
  happened: string[],
  parts: Partial<Pick<Ledger, 'commit' | 'append'>>,
): PipelineDeps['ledger'] {
  return {
    frozen: () => ledger.frozen(),
    intent: (id) => ledger.intent(id),
    entry: (index) => ledger.entry(index),
    countWaitingIntents: (owner, nowMs) => ledger.countWaitingIntents(owner, nowMs),
    commit: (batch) => {
      happened.push('commit starts');
      const committed = (parts.commit ?? ledger.commit.bind(ledger))(batch);
      happened.push('commit is durable');
      return committed;
    },
    append: (entries) => (parts.append ?? ledger.append.bind(ledger))(entries),
  };
}

function watchChecker(
  happened: string[],
  verify: SignatureChecker['verify'] | undefined,
): SignatureChecker {
  const real = createSignatureChecker();
  return {
    ...real,
    verify: (...given) => {
      happened.push('signature checked');
      return (verify ?? real.verify)(...given);
    },
  };
}
