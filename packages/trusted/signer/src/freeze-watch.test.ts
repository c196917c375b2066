import type { AutomaticFreeze, FreezeCause } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { createTestClock } from '../test/pipeline-world.ts';
import { createFreezeWatch, type DeniedRequest, type FreezeWatch } from './freeze-watch.ts';

type Rule = Extract<AutomaticFreeze, { when: 'denials' }>;

const RULE: Rule = { when: 'denials', count: 3, windowSec: 10, scope: 'client' };

interface WatchWorld {
  readonly watch: FreezeWatch;
  readonly clock: ReturnType<typeof createTestClock>;
  readonly frozen: (readonly [string, FreezeCause])[];
  readonly warnings: string[];
  deny(changes?: Partial<DeniedRequest>, times?: number): Promise<void>;
}

function newWorld(rules: readonly AutomaticFreeze[], fails = false): WatchWorld {
  const clock = createTestClock();
  const frozen: (readonly [string, FreezeCause])[] = [];
  const warnings: string[] = [];
  const freeze = (scope: string, cause: FreezeCause): boolean => {
    if (fails) throw new Error('no disk');
    const isNew = frozen.every(([known]) => known !== scope);
    if (isNew) frozen.push([scope, cause]);
    return isNew;
  };
  const watch = createFreezeWatch({ clock, freeze, warn: (text) => warnings.push(text) }, rules);
  const deny = async (changes: Partial<DeniedRequest> = {}, times = 1): Promise<void> => {
    for (let i = 0; i < times; i++) {
      await watch.denied({
        clientId: 'bot',
        code: 'ERR_POLICY_TARGET_DENIED',
        account: 0xacc0n,
        keyId: () => 'trading',
        ...changes,
      });
    }
  };
  return { watch, clock, frozen, warnings, deny };
}

const scopes = ({ frozen }: WatchWorld): readonly string[] => frozen.map(([scope]) => scope);

describe('denials freeze nothing', () => {
  it.each<[string, Partial<DeniedRequest>]>([
    ['because something is frozen', { code: 'ERR_FROZEN' }],
    ['because somebody has to be asked', { code: 'ERR_POLICY_APPROVAL_REQUIRED' }],
    ['because of a used nonce', { code: 'ERR_REQUEST_NONCE_USED' }],
    ['because of a schema', { code: 'ERR_REQUEST_INVALID' }],
    ['because of a rate limit', { code: 'ERR_RATE_LIMITED' }],
    ['because of a fault', { code: 'ERR_STORE_UNAVAILABLE' }],
  ])('%s', async (_name, changes) => {
    const world = newWorld([RULE]);
    await world.deny(changes, 10);
    expect(scopes(world)).toEqual([]);
  });

  it('one short of the number', async () => {
    const world = newWorld([RULE]);
    await world.deny({}, 2);
    expect(scopes(world)).toEqual([]);
  });

  it('spread over more than the window', async () => {
    const world = newWorld([RULE]);
    for (let i = 0; i < 10; i++) {
      await world.deny();
      world.clock.advance(5_000);
    }
    expect(scopes(world)).toEqual([]);
  });

  it('of several clients together', async () => {
    const world = newWorld([RULE]);
    for (const clientId of ['a', 'b', 'c', 'd']) await world.deny({ clientId }, 2);
    expect(scopes(world)).toEqual([]);
  });

  it('about an account nobody could read, or a key nobody has', async () => {
    const world = newWorld([
      { ...RULE, scope: 'account' },
      { ...RULE, scope: 'key' },
    ]);
    await world.deny({ account: undefined, keyId: () => undefined }, 10);
    expect(scopes(world)).toEqual([]);
  });

  it('when the custodian rule is all there is', async () => {
    const world = newWorld([{ when: 'custodian-mismatch', scope: 'all' }]);
    await world.deny({}, 10);
    expect(scopes(world)).toEqual([]);
  });
});

describe('denials within the window freeze', () => {
  it.each([
    ['client', 'client:bot'],
    ['key', 'key:trading'],
    ['account', 'account:0xacc0'],
    ['all', 'all'],
  ] as const)('the %s', async (scope, frozen) => {
    const world = newWorld([{ ...RULE, scope }]);
    await world.deny({}, 3);
    expect(world.frozen).toEqual([[frozen, { type: 'denials', count: 3, seconds: 10 }]]);
    expect(world.warnings).toEqual([expect.stringContaining(`frozen: ${frozen}`)]);
  });

  it('at the first moment there are enough, counted back from it', async () => {
    const world = newWorld([RULE]);
    await world.deny();
    world.clock.advance(9_999);
    await world.deny({}, 2);
    expect(scopes(world)).toEqual(['client:bot']);
  });

  it('and are counted anew afterwards', async () => {
    const world = newWorld([RULE]);
    await world.deny({}, 3);
    world.frozen.length = 0;
    await world.deny({}, 2);
    expect(scopes(world)).toEqual([]);
    await world.deny();
    expect(scopes(world)).toEqual(['client:bot']);
  });

  it('says nothing more when it was frozen already', async () => {
    const world = newWorld([RULE]);
    await world.deny({}, 9);
    expect(world.warnings).toHaveLength(1);
  });

  it('warns when the freeze cannot be written', async () => {
    const world = newWorld([RULE], true);
    await world.deny({}, 3);
    expect(world.warnings).toEqual([expect.stringContaining('could not freeze client:bot')]);
  });

  it('go on across a reload of the same rules, and not across one of others', async () => {
    const world = newWorld([RULE]);
    await world.deny({}, 2);
    world.watch.configure([{ ...RULE }]);
    await world.deny();
    expect(scopes(world)).toEqual(['client:bot']);
    await world.deny({ clientId: 'other' }, 2);
    world.watch.configure([{ ...RULE, windowSec: 11 }]);
    await world.deny({ clientId: 'other' });
    expect(scopes(world)).toEqual(['client:bot']);
  });

  it('are remembered for a bounded number of clients', async () => {
    const world = newWorld([RULE]);
    await world.deny({ clientId: 'first' }, 2);
    for (let i = 0; i < 4_096; i++) await world.deny({ clientId: `c${i}` });
    await world.deny({ clientId: 'first' });
    expect(scopes(world)).toEqual([]);
  });
});

describe('a custodian that answers wrongly', () => {
  it.each([
    ['key', 'key:treasury'],
    ['all', 'all'],
  ] as const)('freezes the %s', async (scope, frozen) => {
    const world = newWorld([{ when: 'custodian-mismatch', scope }]);
    await world.watch.mismatched('treasury');
    expect(world.frozen).toEqual([[frozen, { type: 'custodian-mismatch' }]]);
  });

  it('freezes nothing without a rule', async () => {
    const world = newWorld([RULE]);
    await world.watch.mismatched('treasury');
    expect(scopes(world)).toEqual([]);
  });
});
