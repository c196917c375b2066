/**
 * Functions that mean something wherever they are called, by selector, and what calldata means by
 * the layouts they are known with.
 *
 * @module
 */

import type { PolicyPrimitives } from '../language/primitives.ts';
import { decodeCalldata } from './abi-decode.ts';
import type { AbiFunction } from './abi-type.ts';
import { BUILTIN_FUNCTIONS } from './builtin-abis/builtin-abis.ts';
import type { BuiltinFunction } from './builtin-abis/builtin-function.ts';
import type { DecodedValue } from './call-reading.ts';
import { type EffectRule, isTokenId, OPAQUE_ENTRYPOINTS } from './token-effects.ts';

export interface KnownFunction {
  readonly name: string;
  /** In the order they are tried; none when no layout is known. */
  readonly layouts: readonly BuiltinFunction[];
  /** Whether it gives something away: then calldata that fits no layout fits nothing. */
  readonly movesTokens: boolean;
  /** Whether it does so by calls it carries, to whatever contracts. */
  readonly carriesCalls: boolean;
}

/** A layout that calldata fits. */
export interface Fit {
  readonly parameters: ReadonlyMap<string, DecodedValue>;
  readonly effect: EffectRule | undefined;
}

/** All known functions by selector. */
export function knownFunctions({
  selectorOf,
}: PolicyPrimitives): ReadonlyMap<bigint, KnownFunction> {
  const byName = Map.groupBy(BUILTIN_FUNCTIONS, ({ abi }) => abi.name);
  const known = [...byName].map(([name, layouts]): [bigint, KnownFunction] => {
    const movesTokens = layouts.some(({ effect }) => effect !== undefined);
    const carriesCalls = layouts.some(({ effect }) => effect?.type === 'carries');
    return [selectorOf(name), { name, layouts, movesTokens, carriesCalls }];
  });
  const opaque = OPAQUE_ENTRYPOINTS.map((name): [bigint, KnownFunction] => [
    selectorOf(name),
    { name, layouts: [], movesTokens: true, carriesCalls: false },
  ]);
  return new Map([...known, ...opaque]);
}

/** All layouts that the whole calldata fits; the reason of the first layout when none does. */
export function fitLayouts(
  layouts: readonly BuiltinFunction[],
  calldata: readonly bigint[],
): { readonly fits: readonly Fit[]; readonly reason: string } {
  const fits: Fit[] = [];
  let reason: string | undefined;
  for (const { abi, effect } of layouts) {
    const decoded = decodeCalldata(abi.parameters, calldata);
    if (decoded.ok) fits.push({ parameters: decoded.parameters, effect });
    else reason ??= decoded.reason;
  }
  return { fits, reason: reason ?? 'its layout is not known' };
}

/**
 * The layouts a function can have when a target's own ABI declares it so: those with the same sorts
 * of parameters, or all of them when there is none.
 */
export function layoutsLike(
  own: AbiFunction,
  layouts: readonly BuiltinFunction[],
): readonly BuiltinFunction[] {
  const alike = layouts.filter(({ abi }) => sorts(abi) === sorts(own));
  return alike.length === 0 ? layouts : alike.map((layout) => withOwnNames(own, layout));
}

/** A parameter that its own ABI calls the id of an NFT is no amount. */
function withOwnNames(own: AbiFunction, layout: BuiltinFunction): BuiltinFunction {
  const { abi, effect } = layout;
  if (effect?.type !== 'gives' || effect.amount === undefined) return layout;
  const position = abi.parameters.findIndex(({ name }) => name === effect.amount);
  if (!isTokenId(own.parameters[position]?.name ?? '')) return layout;
  const { amount: _id, ...unbounded } = effect;
  return { abi, effect: unbounded };
}

/** Parameters as far as it decides how many felts they take. */
function sorts({ parameters }: AbiFunction): string {
  const oneFelt = new Set(['number', 'address', 'signed', 'boolean']);
  return parameters.map(({ type: { kind } }) => (oneFelt.has(kind) ? 'felt' : kind)).join();
}
