/**
 * Ways to reach the world without importing anything, forbidden where it matters.
 *
 * @module
 */

import { type Token, tokenize } from '../source/tokens.ts';
import { zoneOf } from './zones.ts';

/** Global names that open the network or load code around the import graph. */
const OUTWARD = new Set([
  'fetch',
  'WebSocket',
  'EventSource',
  'XMLHttpRequest',
  'eval',
  'Function',
  'getBuiltinModule',
  'createRequire',
]);
/** What makes the same question give two answers. */
const IMPURE = new Set(['process', 'performance', 'setTimeout', 'setInterval', 'setImmediate']);
const IMPURE_CALLS = new Set(['Date.now', 'Math.random']);
const POLICY = 'packages/trusted/policy/';
/** Found under any object. */
const EVEN_AS_MEMBER = new Set(['getBuiltinModule', 'createRequire']);

export interface GlobalUse {
  readonly line: number;
  /** What is wrong, one line. */
  readonly what: string;
}

/** Uses of forbidden globals in a source file that is no test. */
export function forbiddenGlobals(file: string, source: string): readonly GlobalUse[] {
  if (zoneOf(file) !== 'trusted') return [];
  const isPolicy = file.startsWith(POLICY);
  const tokens = tokenize(source);
  return tokens.flatMap((token, index) => {
    const name = globalName(tokens, index);
    if (name === undefined) return [];
    if (OUTWARD.has(name))
      return [{ line: token.line, what: `\`${name}\` is not for the trusted zone` }];
    const isImpure = isPolicy && (IMPURE.has(name) || IMPURE_CALLS.has(name));
    return isImpure
      ? [{ line: token.line, what: `\`${name}\`: pass it in, the policy is pure` }]
      : [];
  });
}

/** `Date.now` for a call on a global, otherwise the name; undefined for members, keys and types. */
function globalName(tokens: readonly Token[], index: number): string | undefined {
  const [before, token, dot, member] = [-1, 0, 1, 2].map((step) => tokens[index + step]);
  if (token?.kind !== 'name') return undefined;
  if (EVEN_AS_MEMBER.has(token.text)) return token.text;
  const isMember =
    before?.kind === 'mark' && before.text === '.' && tokens[index - 2]?.text !== '.';
  const isKey = dot?.kind === 'mark' && dot.text === ':';
  if (isMember || isKey) return undefined;
  const call = `${token.text}.${member?.text ?? ''}`;
  return dot?.text === '.' && IMPURE_CALLS.has(call) ? call : token.text;
}
