/**
 * Reads Starknet calls by the ABIs the operator gave and those that are built in.
 *
 * `read-call.ts` says which of them counts when.
 *
 * @module
 */

import type { StarknetCall } from '../language/policy-intent.ts';
import type { PolicyPrimitives } from '../language/primitives.ts';
import { parseAbi } from './abi.ts';
import { abiFault } from './abi-fault.ts';
import type { AbiFunction } from './abi-type.ts';
import { BUILTIN_FUNCTIONS } from './builtin-abis/builtin-abis.ts';
import type { CallReading } from './call-reading.ts';
import { knownFunctions } from './known-function.ts';
import { type FunctionTables, readCall } from './read-call.ts';

export interface CallReader {
  /** What a call means. Never throws, and its work is bounded by the length of the calldata. */
  read(call: StarknetCall): CallReading;
  /**
   * ABI functions that a name can mean, for load-time checks of `<function>.<param>` paths: those of
   * all targets' own ABIs, then the built-in ones.
   */
  functionsNamed(name: string): readonly AbiFunction[];
}

export interface CallReaderOptions {
  /** ABIs of contracts as JSON values, each for the targets it describes. */
  readonly abis: readonly TargetAbi[];
  readonly primitives: PolicyPrimitives;
}

export interface TargetAbi {
  readonly targets: readonly bigint[];
  readonly abi: readonly unknown[];
}

interface ParsedAbi {
  readonly targets: readonly bigint[];
  readonly functions: readonly AbiFunction[];
}

/**
 * Builds a reader.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID for an ABI that is malformed, and for a target with two.
 */
export function createCallReader({ abis, primitives }: CallReaderOptions): CallReader {
  const parsed = abis.map(({ targets, abi }) => ({ targets, functions: parseAbi(abi) }));
  const tables: FunctionTables = {
    own: ownFunctions(parsed, primitives),
    known: knownFunctions(primitives),
  };
  const builtin = BUILTIN_FUNCTIONS.map(({ abi }) => abi);
  const all = [...parsed.flatMap(({ functions }) => functions), ...builtin];
  return {
    read: (call) => readCall(tables, call),
    functionsNamed: (name) => all.filter((each) => each.name === name),
  };
}

function ownFunctions(
  abis: readonly ParsedAbi[],
  { selectorOf }: PolicyPrimitives,
): FunctionTables['own'] {
  const byTarget = new Map<bigint, ReadonlyMap<bigint, AbiFunction>>();
  for (const { targets, functions } of abis) {
    const bySelector = new Map(functions.map((each) => [selectorOf(each.name), each]));
    for (const target of targets) {
      if (byTarget.has(target)) {
        throw abiFault('targets', `0x${target.toString(16)} twice`, 'one ABI for each target');
      }
      byTarget.set(target, bySelector);
    }
  }
  return byTarget;
}
