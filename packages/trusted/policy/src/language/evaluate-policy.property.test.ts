import type { ErrorCode, PolicyCondition, PolicyDocument } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { CAIRO_PRIMITIVES } from '../fixtures/cairo.ts';
import {
  createDice,
  type Dice,
  randomIntent,
  randomPolicy,
  randomRule,
} from '../fixtures/random-policy.ts';
import { APPROVE, BALANCE_OF, TOKEN, TRANSFER } from '../fixtures/shop.ts';
import { createCallReader } from '../starknet/call-reader.ts';
import { compilePolicy } from './compile-policy.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import { evaluatePolicy } from './evaluate-policy.ts';
import { type Explanation, explainPolicy } from './explanation.ts';
import type { PolicyIntent, StarknetCall } from './policy-intent.ts';
import type { PolicyVerdict } from './verdict.ts';

const READER = createCallReader({ abis: [], primitives: CAIRO_PRIMITIVES });

const compile = (document: PolicyDocument, profile?: 'strict' | 'faithful'): CompiledPolicy =>
  compilePolicy(document, CAIRO_PRIMITIVES, { reader: READER, ...(profile && { profile }) });

/** Runs so many policies against so many requests each; says the seed when one fails. */
function forAll(
  policies: number,
  intents: number,
  check: (dice: Dice, document: PolicyDocument, requests: readonly PolicyIntent[]) => void,
  plain = false,
): void {
  for (let seed = 1; seed <= policies; seed++) {
    const dice = createDice(seed);
    const document = randomPolicy(dice, 6, plain);
    const requests = Array.from({ length: intents }, () => randomIntent(dice));
    try {
      check(dice, document, requests);
    } catch (cause) {
      throw new Error(`seed ${seed}: ${JSON.stringify(document)}`, { cause });
    }
  }
}

/** What an explanation says must have been decided, read from its tree alone. */
function impliedCodes({ units, limits }: Explanation): readonly (ErrorCode | 'allowed')[] {
  for (const { rules, unread } of units) {
    const matching = rules.filter(({ result }) => result === 'matches');
    if (matching.some(({ action }) => action === 'DENY')) return ['ERR_POLICY_RULE_DENIED'];
    if (rules.some(({ result }) => result === 'error')) return ['ERR_POLICY_EVALUATION_FAILED'];
    if (unread !== undefined) return ['ERR_POLICY_CALL_UNDECODABLE'];
    if (matching.length === 0) return ['ERR_POLICY_NO_RULE'];
  }
  const codes: ErrorCode[] = [];
  if (limits.some(({ result }) => result === 'error')) codes.push('ERR_POLICY_EVALUATION_FAILED');
  if (limits.some(({ result }) => result === 'exceeded')) codes.push('ERR_POLICY_LIMIT_EXCEEDED');
  return codes.length > 0 ? codes : ['allowed'];
}

function impliesApproval({ units, limits }: Explanation): boolean {
  const rules = units.flatMap((unit) => unit.rules);
  return (
    limits.some(({ result }) => result === 'asks for approval') ||
    rules.some(
      ({ action, result }) =>
        result === 'only asks' || (action === 'REQUIRE_APPROVAL' && result === 'matches'),
    )
  );
}

describe('an explanation', () => {
  it('agrees with the evaluation, in 100,000 cases of every outcome', () => {
    const seen = new Map<string, number>();
    forAll(2_500, 40, (_dice, document, requests) => {
      const policy = compile(document);
      for (const intent of requests) {
        const verdict = evaluatePolicy(policy, intent);
        const explained = explainPolicy(policy, intent);
        const outcome = verdict.outcome === 'deny' ? verdict.code : verdict.outcome;
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
        const implied: readonly string[] = impliedCodes(explained);
        if (verdict.outcome === 'deny') {
          if (!implied.includes(verdict.code)) expect(implied).toContain(verdict.code);
          continue;
        }
        const expected = impliesApproval(explained) ? 'require_approval' : 'allow';
        if (implied[0] !== 'allowed' || outcome !== expected) {
          expect([implied[0], outcome]).toEqual(['allowed', expected]);
        }
        if (verdict.charges.length !== explained.charges.length) {
          expect(explained.charges).toEqual(verdict.charges);
        }
      }
    });
    expect(new Set(seen.keys())).toEqual(
      new Set([
        'ERR_POLICY_CALL_UNDECODABLE',
        'ERR_POLICY_EVALUATION_FAILED',
        'ERR_POLICY_LIMIT_EXCEEDED',
        'ERR_POLICY_NO_RULE',
        'ERR_POLICY_RULE_DENIED',
        'allow',
        'require_approval',
      ]),
    );
    // Both answers must be common, or the agreement says little.
    expect(seen.get('allow')).toBeGreaterThan(3_000);
  });
});

const isDenied = (verdict: PolicyVerdict): boolean => verdict.outcome === 'deny';

describe('a batch', () => {
  it('with a call that is denied alone is denied', () => {
    let batches = 0;
    forAll(600, 20, (_dice, document, requests) => {
      const policy = compile(document);
      for (const intent of requests) {
        if (intent.action.kind !== 'starknet_transaction') continue;
        if (isDenied(evaluatePolicy(policy, intent))) continue;
        batches += 1;
        for (const call of intent.action.calls) {
          const alone = { ...intent, action: { ...intent.action, calls: [call] } };
          expect(evaluatePolicy(policy, alone).outcome).not.toBe('deny');
        }
      }
    });
    expect(batches).toBeGreaterThan(500);
  });
});

describe('one rule more', () => {
  it('lifts no denial but "no rule", and that only where it matches', () => {
    let lifted = 0;
    forAll(800, 20, (dice, document, requests) => {
      const extra = randomRule(dice, 'extra');
      const at = dice.below(document.rules.length + 1);
      const before = compile(document);
      const after = compile({ ...document, rules: document.rules.toSpliced(at, 0, extra) });
      for (const intent of requests) {
        const old = evaluatePolicy(before, intent);
        if (old.outcome !== 'deny' || isDenied(evaluatePolicy(after, intent))) continue;
        lifted += 1;
        expect(old.code).toBe('ERR_POLICY_NO_RULE');
        const rules = explainPolicy(after, intent).units.flatMap((unit) => unit.rules);
        expect(rules.some(({ name, result }) => name === 'extra' && result === 'matches')).toBe(
          true,
        );
      }
    });
    expect(lifted).toBeGreaterThan(200);
  });
});

describe('one allowing rule less', () => {
  it('allows nothing that was denied for another reason', () => {
    let denials = 0;
    forAll(800, 20, (_dice, document, requests) => {
      const index = document.rules.findIndex(
        ({ action, limits }) => action === 'ALLOW' && limits === undefined,
      );
      const gone = document.rules[index];
      if (gone === undefined) return;
      const before = compile(document);
      const after = compile({ ...document, rules: document.rules.toSpliced(index, 1) });
      for (const intent of requests) {
        const old = evaluatePolicy(before, intent);
        if (old.outcome !== 'deny' || old.rule === gone.name) continue;
        denials += 1;
        expect(evaluatePolicy(after, intent).outcome).toBe('deny');
      }
    });
    expect(denials).toBeGreaterThan(1_000);
  });
});

/** The document with the first rule that demands an approval turned into one of another action. */
function turned(
  document: PolicyDocument,
  action: 'ALLOW' | 'DENY',
): { readonly name: string; readonly document: PolicyDocument } | undefined {
  const index = document.rules.findIndex((rule) => rule.action === 'REQUIRE_APPROVAL');
  const found = document.rules[index];
  if (found === undefined) return undefined;
  const { approval: _approval, limits: _limits, ...rule } = found;
  const rules = document.rules.toSpliced(index, 1, { ...rule, action });
  return { name: rule.name, document: { ...document, rules } };
}

describe('a rule that demands an approval', () => {
  it('demands it wherever it would deny, were it a rule that denies', () => {
    let asked = 0;
    forAll(1_500, 20, (_dice, document, requests) => {
      const denying = turned(document, 'DENY');
      if (denying === undefined) return;
      const [policy, strict] = [compile(document), compile(denying.document)];
      for (const intent of requests) {
        const denial = evaluatePolicy(strict, intent);
        if (denial.outcome !== 'deny' || denial.rule !== denying.name) continue;
        const verdict = evaluatePolicy(policy, intent);
        if (verdict.outcome === 'deny') continue;
        asked += 1;
        const approvals = verdict.outcome === 'require_approval' ? verdict.approvals : [];
        expect(approvals.flatMap(({ rules }) => rules)).toContain(denying.name);
      }
    });
    expect(asked).toBeGreaterThan(500);
  });

  it('lets through nothing that it would not allow, were it a rule that allows', () => {
    const seen = { passed: 0, denied: 0 };
    forAll(1_500, 20, (_dice, document, requests) => {
      const allowing = turned(document, 'ALLOW');
      if (allowing === undefined) return;
      const [policy, wide] = [compile(document), compile(allowing.document)];
      for (const intent of requests) {
        const verdict = evaluatePolicy(policy, intent);
        if (verdict.outcome !== 'deny') {
          seen.passed += 1;
          expect(evaluatePolicy(wide, intent).outcome).not.toBe('deny');
        } else if (verdict.code === 'ERR_POLICY_NO_RULE') {
          seen.denied += 1;
          expect(evaluatePolicy(wide, intent)).toEqual(verdict);
        }
      }
    });
    expect(Math.min(seen.passed, seen.denied)).toBeGreaterThan(1_000);
  });
});

/** What the generator's fields are, read without our sources; `undefined` when there is none. */
function factOf(field: string, intent: PolicyIntent, call: StarknetCall | undefined): Fact {
  const { action } = intent;
  if (field === 'id') return intent.clientId;
  if (field === 'utc_hour') return BigInt(new Date(intent.nowMs).getUTCHours());
  if (action.kind === 'message') {
    if (field === 'byte_length') return BigInt(action.content.length);
    return field === 'content' ? Buffer.from(action.content).toString() : undefined;
  }
  if (field === 'nonce') return 5n;
  if (field === 'amount') return simulatedAmounts(intent);
  const name = NAMES.get(call?.selector ?? 0n);
  const [recipient, low] = call?.calldata.length === 3 ? call.calldata : [];
  const moves = name === 'transfer' || name === 'approve';
  if (field === 'target') return call?.to;
  if (field === 'selector') return call?.selector;
  if (field === 'function_name') return name;
  if (field === 'effect.recipient') return moves ? recipient : undefined;
  if (field === 'effect.amount') return moves ? low : undefined;
  return field === `${name}.amount` ? low : undefined;
}

type Fact = string | bigint | readonly bigint[] | undefined;

function simulatedAmounts({ action }: PolicyIntent): Fact {
  if (action.kind !== 'starknet_transaction') return undefined;
  return action.simulatedChanges?.map(({ amount }) => amount);
}

const NAMES = new Map([
  [TRANSFER, 'transfer'],
  [APPROVE, 'approve'],
  [BALANCE_OF, 'balanceOf'],
]);

function isTrue(condition: PolicyCondition, fact: Fact, action: string): boolean {
  const { operator, value } = condition;
  if (typeof fact === 'object') {
    if (action === 'DENY') return fact.some((item) => isTrue(condition, item, action));
    return fact.length > 0 && fact.every((item) => isTrue(condition, item, action));
  }
  // Of the generator's sets one holds the token, the other holds it only to deny.
  if (operator === 'in_condition_set') {
    return fact === TOKEN && (value === 'warm' || action === 'DENY');
  }
  const [first = '', ...more] = typeof value === 'string' ? [value] : value;
  if (typeof fact === 'bigint') {
    const number = BigInt(first);
    if (operator === 'eq' || operator === 'in')
      return [first, ...more].some((v) => BigInt(v) === fact);
    if (operator === 'lt' || operator === 'lte')
      return fact < number || (operator === 'lte' && fact === number);
    return fact > number || (operator === 'gte' && fact === number);
  }
  if (fact === undefined) return false;
  if (operator === 'contains') return fact.includes(first);
  return operator === 'starts_with' ? fact.startsWith(first) : [first, ...more].includes(fact);
}

/** Privy's evaluation of one unit, as its documentation has it. */
function privyAllows(
  { rules }: PolicyDocument,
  intent: PolicyIntent,
  call: StarknetCall | undefined,
): boolean {
  const about = rules.filter(({ method }) => method === intent.method || method === '*');
  const matching = about.filter(({ conditions, action }) =>
    conditions.every((item) => isTrue(item, factOf(item.field, intent, call), action)),
  );
  if (matching.some(({ action }) => action === 'DENY')) return false;
  return matching.some(({ action }) => action === 'ALLOW');
}

describe('the faithful profile', () => {
  it("is Privy's evaluation", () => {
    const outcomes = new Map<boolean, number>();
    forAll(
      2_000,
      20,
      (_dice, document, requests) => {
        const policy = compile(document, 'faithful');
        for (const intent of requests) {
          const { action } = intent;
          const calls = action.kind === 'starknet_transaction' ? action.calls : [undefined];
          const expected = calls.every((call) => privyAllows(document, intent, call));
          outcomes.set(expected, (outcomes.get(expected) ?? 0) + 1);
          const { outcome } = evaluatePolicy(policy, intent);
          if (outcome !== (expected ? 'allow' : 'deny')) expect(intent).toBe(outcome);
        }
      },
      true,
    );
    expect(outcomes.get(true)).toBeGreaterThan(3_000);
    expect(outcomes.get(false)).toBeGreaterThan(3_000);
  });

  it('allows whatever the strict profile allows', () => {
    forAll(
      500,
      20,
      (_dice, document, requests) => {
        const [strict, faithful] = [compile(document, 'strict'), compile(document, 'faithful')];
        for (const intent of requests) {
          if (isDenied(evaluatePolicy(strict, intent))) continue;
          expect(evaluatePolicy(faithful, intent).outcome).toBe('allow');
        }
      },
      true,
    );
  });
});
