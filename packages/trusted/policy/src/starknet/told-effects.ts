/**
 * Whether anybody says what a call gives away.
 *
 * The layouts that are built in say it. A target's own ABI does not: it names a function and its
 * parameters, and nothing in it tells `donate` from `withdraw_all`. Only of its views is it believed.
 *
 * @module
 */

import { toHex } from '@countersign/protocol';
import type { StarknetCall } from '../language/policy-intent.ts';
import type { CallReading, TokenEffect } from './call-reading.ts';

/** All effects of a call, none when it gives nothing away; `undefined` when nobody can tell. */
export function toldEffects(reading: CallReading | undefined): readonly TokenEffect[] | undefined {
  if (reading?.kind !== 'decoded' || reading.effectsUnknown === true) return undefined;
  return reading.effects;
}

/** Why nobody can tell the effects of a call; for one without {@link toldEffects}. */
export function untoldReason({ selector }: StarknetCall, reading: CallReading | undefined): string {
  if (reading?.kind === 'undecodable') return reading.reason;
  if (reading?.kind === 'decoded') {
    return `only the ABI of this contract knows ${reading.functionName}, and it does not say what moves`;
  }
  return `no ABI knows selector ${toHex(selector)} of this contract`;
}
