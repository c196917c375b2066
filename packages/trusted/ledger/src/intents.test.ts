import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  codeOf,
  createTestClock,
  decisionOf,
  ioError,
  NOW_MS,
  newDataDir,
  openInside,
  openTestLedger,
  textOf,
  withCommit,
} from '../test/harness.ts';
import { chargeOf, commitOne, spendOf } from '../test/spending.ts';
import { isShared } from '../test/which-store.ts';
import type { NewIntent } from './intents.ts';
import type { IntentAnswer, Ledger } from './ledger.ts';

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;

const intentOf = (id: string, changes: Partial<NewIntent> = {}): NewIntent => ({
  id,
  document: `{"id":"${id}"}`,
  digest: hash('sha256', id),
  owner: 'client:x',
  expiresAtMs: NOW_MS + HOUR_MS,
  ...changes,
});

/** Asks for an intent with a nonce of its own. */
function prepare(ledger: Ledger, id: string, changes: Partial<NewIntent> = {}): void {
  const intent = intentOf(id, changes);
  commitOne(ledger, decisionOf(`ask ${id}`, undefined, { intentOf: () => intent }));
}

const answerOf = (intentId: string, changes: Partial<IntentAnswer> = {}): IntentAnswer => ({
  intentId,
  approver: 'alice',
  answer: 'approve',
  evidence: '{}',
  ...changes,
});

let count = 0;
const execute = (ledger: Ledger, id: string, changes: object = {}): string => {
  count += 1;
  const decision = decisionOf(`execute ${count}`, undefined, { executes: id, ...changes });
  return commitOne(ledger, decision).outcome.kind;
};

const reopened = (dataDir: string, ledger: Ledger): Ledger => {
  ledger.close();
  return openTestLedger(dataDir);
};

describe('an intent', () => {
  it('is kept beside the entry that asks for it, across a restart', () => {
    const dataDir = newDataDir();
    const ledger = openTestLedger(dataDir);
    commitOne(ledger, decisionOf('before'));
    prepare(ledger, 'one');
    expect(reopened(dataDir, ledger).intent('one')).toEqual({
      ...intentOf('one'),
      askedAt: 1,
      executedAt: undefined,
      answers: [],
    });
  });

  it('depends on the outcome, and comes after the entry', () => {
    const ledger = openTestLedger(newDataDir());
    const called: string[] = [];
    const decision = decisionOf('a', undefined, {
      entryOf: ({ kind }) => {
        called.push(`entry ${kind}`);
        return bytesOf('entry');
      },
      intentOf: ({ kind }) => {
        called.push(`intent ${kind}`);
        return kind === 'fresh' ? intentOf('a') : undefined;
      },
    });
    ledger.commit([decision, { ...decision, intentOf: () => undefined }]);
    expect(called).toEqual(['entry fresh', 'intent fresh', 'entry used']);
    expect(ledger.intent('a')).toBeDefined();
  });

  it('that breaks its contract is not kept, and neither is its decision', () => {
    const ledger = openTestLedger(newDataDir());
    const broken: readonly Partial<NewIntent>[] = [
      { id: '' },
      { id: 'x'.repeat(65) },
      { document: 'x'.repeat(262_145) },
      { digest: 'AB' },
      { owner: '' },
      { expiresAtMs: -1 },
    ];
    for (const changes of broken) {
      expect(codeOf(() => prepare(ledger, 'bad', changes))).toBe('ERR_INTERNAL');
    }
    expect(ledger.size()).toBe(0);
    prepare(ledger, 'bad');
    expect(ledger.intent('bad')).toBeDefined();
  });

  it('never takes the place of another', () => {
    const ledger = openTestLedger(newDataDir());
    prepare(ledger, 'one');
    const again = decisionOf('again', undefined, {
      intentOf: () => intentOf('one', { document: '{}' }),
    });
    expect(() => ledger.commit([again])).toThrow();
    expect(ledger.intent('one')?.document).toBe('{"id":"one"}');
  });

  it('waits until it is over, for its owner', () => {
    const ledger = openTestLedger(newDataDir());
    prepare(ledger, 'short', { expiresAtMs: NOW_MS + 10 });
    prepare(ledger, 'long');
    prepare(ledger, 'other', { owner: 'client:y', expiresAtMs: NOW_MS + 2 * HOUR_MS });
    const waiting = (nowMs: number): readonly string[] =>
      ledger.waitingIntents(nowMs, 10).map(({ id }) => id);
    expect(waiting(NOW_MS + 9)).toEqual(['other', 'long', 'short']);
    expect(waiting(NOW_MS + 10)).toEqual(['other', 'long']);
    expect(ledger.waitingIntents(NOW_MS, 1)).toHaveLength(1);
    expect(ledger.countWaitingIntents('client:x', NOW_MS + 9)).toBe(2);
    execute(ledger, 'long');
    expect(ledger.countWaitingIntents('client:x', NOW_MS + 9)).toBe(1);
    expect(waiting(NOW_MS + 10)).toEqual(['other']);
  });

  it('is forgotten a week after its end, with its answers, as others come', () => {
    const clock = createTestClock();
    const ledger = openTestLedger(newDataDir(), { clock });
    prepare(ledger, 'old');
    ledger.answerIntent(answerOf('old'), bytesOf('yes'));
    clock.set(NOW_MS + HOUR_MS + WEEK_MS);
    prepare(ledger, 'a', { expiresAtMs: clock.nowMs() + HOUR_MS });
    expect(ledger.intent('old')).toBeDefined();
    clock.advance(1);
    prepare(ledger, 'b', { expiresAtMs: clock.nowMs() + HOUR_MS });
    expect(ledger.intent('old')).toBeUndefined();
  });
});

describe('an answer', () => {
  it('is kept once per approver, with the entry about it', () => {
    const dataDir = newDataDir();
    const ledger = openTestLedger(dataDir);
    prepare(ledger, 'one');
    expect(ledger.answerIntent(answerOf('one'), bytesOf('yes'))?.index).toBe(1);
    const other = answerOf('one', { answer: 'deny', evidence: 'other' });
    expect(ledger.answerIntent(other, bytesOf('no'))).toBeUndefined();
    ledger.answerIntent(answerOf('one', { approver: 'bob', answer: 'deny' }), bytesOf('bob'));
    expect(reopened(dataDir, ledger).intent('one')?.answers).toEqual([
      { approver: 'alice', answer: 'approve', evidence: '{}', entry: 1 },
      { approver: 'bob', answer: 'deny', evidence: '{}', entry: 2 },
    ]);
  });

  it('to an intent that is not there changes nothing', () => {
    const ledger = openTestLedger(newDataDir());
    expect(ledger.answerIntent(answerOf('none'), bytesOf('yes'))).toBeUndefined();
    expect(ledger.size()).toBe(0);
  });

  it.skipIf(isShared())('is not kept when its entry is not', () => {
    const dataDir = newDataDir();
    openTestLedger(dataDir).close();
    let isBroken = false;
    const { ledger } = openInside(dataDir, {
      wrap: (db) =>
        withCommit(db, (commit) => {
          if (isBroken) throw ioError();
          return commit.run();
        }),
    });
    prepare(ledger, 'one');
    isBroken = true;
    expect(codeOf(() => ledger.answerIntent(answerOf('one'), bytesOf('yes')))).toBe(
      'ERR_STORE_UNAVAILABLE',
    );
    isBroken = false;
    expect(ledger.intent('one')?.answers).toEqual([]);
    expect(ledger.answerIntent(answerOf('one'), bytesOf('yes'))).toBeDefined();
  });

  it('ends a freeze and the intent about it, all or nothing', () => {
    const ledger = openTestLedger(newDataDir());
    prepare(ledger, 'one');
    const unfreezes = { scope: 'all', entry: bytesOf('unfrozen') };
    // Nothing is frozen: the answer is not kept either.
    expect(ledger.answerIntent(answerOf('one', { unfreezes }), bytesOf('yes'))).toBeUndefined();
    expect(ledger.intent('one')?.answers).toEqual([]);
    ledger.freeze('all', bytesOf('frozen'));
    expect(ledger.answerIntent(answerOf('one', { unfreezes }), bytesOf('yes'))?.index).toBe(2);
    expect(ledger.frozen()).toEqual([]);
    expect(ledger.intent('one')?.executedAt).toBe(3);
    expect([2, 3].map((index) => textOf(ledger.entry(index)))).toEqual(['yes', 'unfrozen']);
  });
});

describe('executing an intent', () => {
  it('works once, also within one batch and after a restart', () => {
    const dataDir = newDataDir();
    const ledger = openTestLedger(dataDir);
    prepare(ledger, 'one');
    const twice = ['a', 'b'].map((id) => decisionOf(id, undefined, { executes: 'one' }));
    const kinds = ledger.commit(twice).map(({ outcome }) => outcome.kind);
    expect(kinds).toEqual(['fresh', 'intent_used']);
    const again = reopened(dataDir, ledger);
    expect(execute(again, 'one')).toBe('intent_used');
    expect(again.intent('one')?.executedAt).toBe(1);
  });

  it('of one that is not there is refused', () => {
    expect(execute(openTestLedger(newDataDir()), 'none')).toBe('intent_used');
  });

  it('uses nothing up when something else is in the way', () => {
    const ledger = openTestLedger(newDataDir());
    prepare(ledger, 'one');
    ledger.freeze('all', bytesOf('frozen'));
    expect(execute(ledger, 'one', { scopes: ['all'] })).toBe('frozen');
    ledger.unfreeze('all', bytesOf('unfrozen'));
    const { charges, spendableUntilMs } = spendOf([chargeOf(101n)]);
    expect(execute(ledger, 'one', { charges, spendableUntilMs })).toBe('exceeded');
    expect(execute(ledger, 'one')).toBe('fresh');
  });
});

describe('a decision that only asks', () => {
  it('reserves nothing', () => {
    const ledger = openTestLedger(newDataDir());
    for (let i = 0; i < 3; i++) {
      const decision = spendOf([chargeOf(60n)], { isOnlyAsked: true });
      expect(commitOne(ledger, decision).outcome).toMatchObject({ kind: 'fresh', reserved: [] });
    }
    expect(commitOne(ledger, spendOf([chargeOf(100n)])).outcome.kind).toBe('fresh');
    const decision = spendOf([chargeOf(1n)], { isOnlyAsked: true });
    expect(commitOne(ledger, decision).outcome.kind).toBe('exceeded');
  });

  it('names every charge that does not fit', () => {
    const ledger = openTestLedger(newDataDir());
    const charges = [
      chargeOf(101n),
      chargeOf(1n, { bucket: 'fits' }),
      chargeOf(200n, { bucket: 'third' }),
    ];
    for (const isOnlyAsked of [true, false]) {
      expect(commitOne(ledger, spendOf(charges, { isOnlyAsked })).outcome).toEqual({
        kind: 'exceeded',
        charge: 0,
        counted: 0n,
        others: [2],
      });
    }
  });
});
