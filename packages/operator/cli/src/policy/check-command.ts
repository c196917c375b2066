/**
 * `countersign policy check`: what a policy is, or everything that is wrong with it.
 *
 * @module
 */

import { POLICY_PROFILES, type PolicyProfile, toHex } from '@countersign/protocol';
import { paint, say, twoColumns } from '../terminal/paint.ts';
import { table, visible } from '../terminal/table.ts';
import { type CompiledFile, readCompiledPolicy } from './compiled-file.ts';
import { type AnyLimit, limitWords, tokenName } from './limit-words.ts';
import { oneOf } from './options.ts';

export interface CheckFlags {
  readonly profile?: string;
  readonly json?: boolean;
}

/** @throws BoundaryError as `readCompiledPolicy`; ERR_CONFIG_INVALID for an unknown profile. */
export function checkPolicy(path: string, { profile, json }: CheckFlags): undefined {
  const forced = profile === undefined ? undefined : profileOf(profile);
  const file = readCompiledPolicy(path, forced);
  if (json === true) process.stdout.write(`${JSON.stringify(summaryOf(file))}\n`);
  say(`${paint('green', 'ok')} ${path}`);
  say(twoColumns(rowsOf(file)));
  const limits = limitsOf(file);
  if (limits.length > 0) say(table(limitRows(file, limits), '    '));
}

function profileOf(text: string): PolicyProfile {
  return oneOf(text, POLICY_PROFILES, '--profile');
}

function rowsOf({ document, compiled, hash }: CompiledFile): Readonly<Record<string, string>> {
  const actions = Object.entries(Object.groupBy(document.rules, ({ action }) => action));
  const counts = actions.map(([action, rules]) => `${rules.length} ${action}`).join(', ');
  const governed = tokensOf(compiled.governedTokens).map((token) =>
    visible(tokenName(token, document.tokens)),
  );
  return {
    name: visible(compiled.name),
    profile: compiled.profile,
    document: hash,
    rules: counts === '' ? 'none: nothing is allowed' : counts,
    'governed tokens': governed.length === 0 ? 'none' : governed.join(', '),
    limits: String(limitsOf({ document }).length),
  };
}

function limitRows(
  { document: { tokens } }: CompiledFile,
  limits: readonly AnyLimit[],
): readonly (readonly string[])[] {
  return limits.map((limit) => [
    limit.name,
    limitWords(limit, tokens),
    `at most ${limit.max}`,
    limit.exceeded === 'REQUIRE_APPROVAL' ? 'more is asked about' : 'more is denied',
  ]);
}

function limitsOf({ document }: Pick<CompiledFile, 'document'>): readonly AnyLimit[] {
  return [...document.rules.flatMap(({ limits = [] }) => limits), ...(document.limits ?? [])];
}

function tokensOf(governed: CompiledFile['compiled']['governedTokens']): readonly string[] {
  return governed === 'any' ? ['any'] : [...governed].map(toHex);
}

function summaryOf(file: CompiledFile): object {
  const { path, document, compiled, hash } = file;
  return {
    ok: true,
    file: path,
    name: compiled.name,
    profile: compiled.profile,
    documentHash: hash,
    rules: document.rules.map(({ name, method, action }) => ({ name, method, action })),
    limits: limitsOf(file).map(({ name, metric, token, per, window, max, exceeded = 'DENY' }) => ({
      name,
      metric,
      token,
      per,
      window,
      max,
      exceeded,
    })),
    governedTokens: compiled.governedTokens === 'any' ? 'any' : tokensOf(compiled.governedTokens),
  };
}
