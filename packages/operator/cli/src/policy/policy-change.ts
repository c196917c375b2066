/**
 * One difference between two versions of a policy, and what it does.
 *
 * @module
 */

/**
 * `widens`: something refused before may be allowed now. `narrows`: the other way round. `neutral`:
 * decides nothing. `unclear`: depends on the requests; `policy replay` shows it on real ones.
 */
export type ChangeEffect = 'widens' | 'narrows' | 'neutral' | 'unclear';

export interface PolicyChange {
  /** What changed, e.g. `rule "pay the landlord"`. */
  readonly subject: string;
  readonly text: string;
  readonly effect: ChangeEffect;
}

/** The effect of the same change where it works the other way round, as in a rule that denies. */
export function opposite(effect: ChangeEffect): ChangeEffect {
  if (effect === 'widens') return 'narrows';
  return effect === 'narrows' ? 'widens' : effect;
}

/** The effect of a number that grew or shrank. */
export function effectOfGrowth(before: bigint, after: bigint): ChangeEffect {
  if (after === before) return 'neutral';
  return after > before ? 'widens' : 'narrows';
}
