/**
 * A target with a planted fault: an array inside an array, which random bytes hardly ever make and
 * steps towards more branches do.
 *
 * @module
 */

import { parseStrictJson } from '../../../packages/shared/protocol/src/strict-json.ts';
import { fuzz } from '../fuzzer.ts';
import { target } from '../target.ts';

const planted = target('planted', ['0'], [], (input) => {
  const value = JSON.stringify(parseStrictJson(input));
  return value.startsWith('[[') ? 'the planted fault' : undefined;
});

const { finding, executions } = fuzz(planted, { executions: 400_000, seed: 7 });
process.stdout.write(JSON.stringify({ executions, reason: finding?.reason ?? null }));
