import { describe, expect, it } from 'vitest';
import { APPROVAL, ask, decide, never, short } from '../fixtures/decisions.ts';
import { calls, rule, transfer, when } from '../fixtures/language.ts';

describe('approval', () => {
  const terms = { required: 1, approvers: ['ann', 'bob'], expiresInSec: 600 };

  it('beats a rule that allows, for one call of many', () => {
    const large = ask({ conditions: [when('transfer.amount', 'gt', '50')] });
    expect(decide([rule(), large], calls(transfer(1n), transfer(60n)))).toEqual({
      outcome: 'require_approval',
      rules: ['pay', 'ask'],
      charges: [],
      approvals: [{ rules: ['ask'], ...terms }],
    });
  });

  it('does not beat a rule that denies', () => {
    expect(short(decide([ask(), never()]))).toBe('ERR_POLICY_RULE_DENIED never 0');
  });

  it('of other approvers is another demand, whatever else they share', () => {
    const verdict = decide([
      ask(),
      ask({ name: 'other', approval: { ...APPROVAL, approvers: ['ann', 'cid'] } }),
      ask({ name: 'fewer', approval: { ...APPROVAL, approvers: ['ann'] } }),
      ask({ name: 'sooner', approval: { ...APPROVAL, expires_in_seconds: 60 } }),
    ]);
    const approvals = verdict.outcome === 'require_approval' ? verdict.approvals : [];
    expect(approvals.map(({ rules }) => rules)).toEqual([
      ['ask'],
      ['other'],
      ['fewer'],
      ['sooner'],
    ]);
  });

  it('of three approvers in any order is one demand', () => {
    const orders = [
      ['ann', 'bob', 'cid'],
      ['cid', 'ann', 'bob'],
      ['bob', 'cid', 'ann'],
      ['cid', 'bob', 'ann'],
    ];
    const rules = orders.map((approvers, i) =>
      ask({ name: `ask ${i}`, approval: { ...APPROVAL, approvers } }),
    );
    expect(decide(rules)).toMatchObject({
      approvals: [{ rules: ['ask 0', 'ask 1', 'ask 2', 'ask 3'], approvers: orders[0] }],
    });
  });

  it('of several rules must all be given; the same terms are one demand', () => {
    const two = { ...APPROVAL, required: 2 };
    const turned = { ...APPROVAL, approvers: ['bob', 'ann'] };
    const verdict = decide([
      ask(),
      ask({ name: 'both', approval: two }),
      ask({ name: 'again', approval: turned }),
    ]);
    expect(verdict).toMatchObject({
      approvals: [
        { rules: ['ask', 'again'], ...terms },
        { rules: ['both'], ...terms, required: 2 },
      ],
    });
  });
});
