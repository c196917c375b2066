/**
 * How built-in ABIs are written down: a name, parameters, and what the call gives away.
 *
 * Parameters have the names of the snake_case interfaces, in both spellings of a function.
 *
 * @module
 */

import { type AbiFunction, type AbiType, parametersOf } from '../abi-type.ts';
import type { EffectRule } from '../token-effects.ts';

/** One layout of one function of a standard. */
export interface BuiltinFunction {
  readonly abi: AbiFunction;
  /** Absent when the call gives nothing away. */
  readonly effect?: EffectRule;
}

type Parameters = Readonly<Record<string, AbiType>>;

/** A function that changes something and gives nothing away, or gives away what `effect` says. */
export function call(name: string, parameters: Parameters, effect?: EffectRule): BuiltinFunction {
  const abi = { name, parameters: parametersOf(parameters), isView: false };
  return effect === undefined ? { abi } : { abi, effect };
}

/** A function that only answers. */
export function view(name: string, parameters: Parameters): BuiltinFunction {
  return { abi: { name, parameters: parametersOf(parameters), isView: true } };
}

/** The function under its name and in camelCase, as tokens offer both. */
export function bothSpellings(entry: BuiltinFunction): readonly BuiltinFunction[] {
  const { name } = entry.abi;
  const camel = name.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
  return [entry, { ...entry, abi: { ...entry.abi, name: camel } }];
}
