/**
 * What one call means, and which ABI says so.
 *
 * - A target's own ABI names and reads the parameters of its functions. What it does not declare is
 *   read by the built-in ABIs.
 * - A function that is known to move tokens does so at every target, whatever an ABI says: its
 *   calldata must also fit a known layout, and the effects come from there.
 * - When calldata fits several known layouts, nobody can tell which the contract has. Then the
 *   effects of all of them count, and only parameters that all of them read alike are given. A
 *   target's own ABI settles it.
 *
 * @module
 */

import type { StarknetCall } from '../language/policy-intent.ts';
import { decodeCalldata } from './abi-decode.ts';
import type { AbiFunction } from './abi-type.ts';
import type { CallReading, DecodedValue, TokenEffect } from './call-reading.ts';
import { carriedCalls } from './carried-calls.ts';
import { agreedParameters } from './decoded-value.ts';
import { type Fit, fitLayouts, type KnownFunction, layoutsLike } from './known-function.ts';
import { type EffectRule, effectsOf } from './token-effects.ts';
import { toldEffects } from './told-effects.ts';

/** What is known of functions, by selector. */
export interface FunctionTables {
  /** By target, from its own ABI. */
  readonly own: ReadonlyMap<bigint, ReadonlyMap<bigint, AbiFunction>>;
  readonly known: ReadonlyMap<bigint, KnownFunction>;
}

/** A call, and how many calls carry it. */
interface PlacedCall extends StarknetCall {
  readonly carriers: number;
}

type Effects =
  | { readonly ok: true; readonly effects: readonly TokenEffect[] }
  | { readonly ok: false; readonly reason: string };

/** Calls that carry calls that carry calls: nobody needs more, and each level is read again. */
const MAX_CARRIERS = 4;

/** Reads one call. Never throws. */
export function readCall(tables: FunctionTables, call: StarknetCall): CallReading {
  return readPlaced(tables, { ...call, carriers: 0 });
}

function readPlaced(tables: FunctionTables, call: PlacedCall): CallReading {
  const own = tables.own.get(call.to)?.get(call.selector);
  const known = tables.known.get(call.selector);
  const reading =
    own === undefined ? readKnown(tables, known, call) : readOwn(tables, own, known, call);
  if (reading.kind !== 'undecodable' || known?.carriesCalls !== true) return reading;
  return { ...reading, carriesCalls: true };
}

function readKnown(
  tables: FunctionTables,
  known: KnownFunction | undefined,
  call: PlacedCall,
): CallReading {
  if (known === undefined) return { kind: 'unknown' };
  const { name, layouts } = known;
  const { fits, reason } = fitLayouts(layouts, call.calldata);
  if (fits.length === 0) return undecodable(name, reason);
  return withEffects(tables, fits, call, {
    functionName: name,
    parameters: agreedParameters(fits.map(({ parameters }) => parameters)),
  });
}

function readOwn(
  tables: FunctionTables,
  own: AbiFunction,
  known: KnownFunction | undefined,
  call: PlacedCall,
): CallReading {
  const { name: functionName } = own;
  const decoded = decodeCalldata(own.parameters, call.calldata);
  if (!decoded.ok) return undecodable(functionName, decoded.reason);
  const { parameters } = decoded;
  const { fits, reason } = fitLayouts(layoutsLike(own, known?.layouts ?? []), call.calldata);
  if (fits.length > 0) return withEffects(tables, fits, call, { functionName, parameters });
  if (known?.movesTokens === true) return undecodable(functionName, reason);
  const reading = { kind: 'decoded', functionName, parameters, effects: [] } as const;
  return own.isView ? reading : { ...reading, effectsUnknown: true };
}

function withEffects(
  tables: FunctionTables,
  fits: readonly Fit[],
  call: PlacedCall,
  read: { functionName: string; parameters: ReadonlyMap<string, DecodedValue> },
): CallReading {
  const found = join(fits.map((fit) => effectsOfFit(tables, fit, call)));
  if (!found.ok) return undecodable(read.functionName, found.reason);
  return { kind: 'decoded', ...read, effects: found.effects };
}

function effectsOfFit(
  tables: FunctionTables,
  { effect, parameters }: Fit,
  call: PlacedCall,
): Effects {
  if (effect === undefined) return { ok: true, effects: [] };
  if (effect.type === 'gives') return { ok: true, effects: effectsOf(effect, parameters, call.to) };
  return effectsOfCarried(tables, effect, parameters, call.carriers + 1);
}

/** Effects of the calls a call carries; one that cannot be judged hides the rest of them. */
function effectsOfCarried(
  tables: FunctionTables,
  { path }: EffectRule & { readonly type: 'carries' },
  parameters: ReadonlyMap<string, DecodedValue>,
  carriers: number,
): Effects {
  if (carriers > MAX_CARRIERS) {
    return { ok: false, reason: `calls within calls, more than ${MAX_CARRIERS} deep` };
  }
  return join(
    carriedCalls(path, parameters).map((call, index): Effects => {
      const effects = toldEffects(readPlaced(tables, { ...call, carriers }));
      if (effects !== undefined) return { ok: true, effects };
      return { ok: false, reason: `what call ${index} that it carries gives away cannot be told` };
    }),
  );
}

function join(parts: readonly Effects[]): Effects {
  const effects: TokenEffect[] = [];
  for (const part of parts) {
    if (!part.ok) return part;
    effects.push(...part.effects);
  }
  return { ok: true, effects };
}

function undecodable(functionName: string, reason: string): CallReading {
  return { kind: 'undecodable', functionName, reason };
}
