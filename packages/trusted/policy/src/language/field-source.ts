/**
 * Where conditions get their fields from. One file per source under `sources/`; `sources/index.ts`
 * lists them.
 *
 * A source is asked once, at load, for a function that finds the field of one condition; the function
 * is then called for every unit a rule is held against. What can be refused at load is refused there.
 *
 * @module
 */

import type {
  BoundaryError,
  PolicyCondition,
  PolicyFieldSource,
  PolicyProfile,
} from '@countersign/protocol';
import type { CallReader } from '../starknet/call-reader.ts';
import type { FieldValue } from './field-value.ts';
import type { PolicyUnit } from './policy-unit.ts';
import type { PolicyPrimitives } from './primitives.ts';

/** Kinds of values that are compared. */
export type ScalarKind = 'number' | 'address' | 'text' | 'boolean';

/** The field of one condition, ready to be found. */
export interface CompiledField {
  /**
   * Kind of the value, or of every item where it is a list; `any` when only the request tells. At
   * load it decides which operators and operands make sense.
   */
  readonly kind: ScalarKind | 'any';
  /** Words that stand for numbers as values of the condition, e.g. names of chains. */
  readonly words?: ReadonlyMap<string, bigint>;
  /** Finds the value. Never throws: what cannot be read is `inapplicable` or `unreadable`. */
  readonly resolve: (unit: PolicyUnit) => FieldValue;
}

/** What a source may use while it compiles a condition. */
export interface CompileContext {
  readonly profile: PolicyProfile;
  readonly primitives: PolicyPrimitives;
  readonly reader: CallReader;
  /**
   * The error of a condition that cannot be accepted; the source throws it.
   *
   * @param member - What is wrong in the condition: `field`, `operator`, `value`, `abi[1].inputs` …
   * @param found - What stands there.
   * @param expected - What belongs there; empty for "one of" the words.
   * @param words - Valid words, for the hint "did you mean".
   */
  refuse(
    member: string,
    found: unknown,
    expected: string,
    words?: readonly string[],
  ): BoundaryError;
  /** All values of the condition as text: one, a list, or the items of its condition set. */
  readonly values: readonly string[];
  /** Starknet functions the policy mentions, by selector; grows while conditions are compiled. */
  readonly functionNames: Map<bigint, string>;
}

export interface FieldSource {
  readonly name: PolicyFieldSource;
  /**
   * Prepares the field of one condition. Equal (`field`, `abi`, `typed_data`) must give functions
   * that answer alike: the compiler keeps one of them for all such conditions.
   *
   * @throws BoundaryError made by `context.refuse`.
   */
  readonly compile: (condition: PolicyCondition, context: CompileContext) => CompiledField;
}
