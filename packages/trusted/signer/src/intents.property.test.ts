/**
 * Any history of one intent: whatever is answered, executed, waited for and restarted, it is signed at most
 * once, and only after enough different people agreed.
 *
 * @module
 */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  ALICE,
  BOB,
  CAROL,
  createIntentWorld,
  EXPIRES_SEC,
  type IntentWorld,
  newPerson,
  type Person,
} from '../test/intent-world.ts';

type Step =
  | { readonly kind: 'answer'; readonly who: number; readonly answer: 'approve' | 'deny' }
  | { readonly kind: 'execute'; readonly times: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'restart' };

const MALLORY = newPerson('alice');
const PEOPLE: readonly Person[] = [ALICE, BOB, CAROL, MALLORY, newPerson('dave')];

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      who: fc.nat(4),
      answer: fc.constantFrom(
        'approve' as const,
        'approve' as const,
        'approve' as const,
        'approve' as const,
        'deny' as const,
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('execute' as const),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.integer({ min: 0, max: EXPIRES_SEC * 600 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
);

it('is signed at most once, after enough of the right people agreed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
      let world: IntentWorld = createIntentWorld();
      const intent = await world.prepare();
      const agreed = new Set<string>();
      let isDenied = false;
      let waitedMs = 0;
      let signed = 0;
      for (const one of steps) {
        if (one.kind === 'wait') {
          world.clock.advance(one.ms);
          waitedMs += one.ms;
        } else if (one.kind === 'restart') {
          world.ledger.close();
          world = createIntentWorld({ dataDir: world.dataDir, clock: world.clock });
        } else if (one.kind === 'answer') {
          const who = PEOPLE[one.who] ?? ALICE;
          const result = await world.answer(who, intent, one.answer);
          const isTaken = typeof result === 'object';
          // Only the three who are asked are ever heard, and only themselves.
          if (isTaken) expect([ALICE, BOB, CAROL]).toContain(who);
          if (isTaken && one.answer === 'approve') agreed.add(who.id);
          if (isTaken && one.answer === 'deny') isDenied = true;
        } else {
          const answers = await world.executeAtOnce(intent, one.times);
          for (const answer of answers) if (answer.outcome === 'signed') signed += 1;
          const mayBe = agreed.size >= 2 && !isDenied && waitedMs < EXPIRES_SEC * 1_000;
          if (signed > 0 && !mayBe) expect(signed).toBe(0);
          expect(signed).toBeLessThanOrEqual(1);
          if (mayBe) expect(signed).toBe(1);
          if (signed > 0) return;
        }
      }
    }),
    { numRuns: 60 },
  );
}, 120_000);
