/**
 * Finds what a source file imports, in every way the language has, without a compiler.
 *
 * Type-only imports count like the others: a type is a promise about another package too.
 *
 * @module
 */

import { type Token, tokenize } from './tokens.ts';

export type ImportKind = 'static' | 'dynamic' | 'computed';

export interface ImportSite {
  /** `static`: import, export … from. `dynamic`: import() and require() of a constant name. */
  readonly kind: ImportKind;
  /** The name as written; empty when it is computed at run time. */
  readonly specifier: string;
  /** Line, from 1. */
  readonly line: number;
}

/** `import.defer(…)` and `import.source(…)` load as `import(…)` does. */
const PHASES = new Set(['defer', 'source']);
/** What may stand between `import` or `export` and `from`. */
const CLAUSE_MARKS = new Set(['{', '}', ',', '*']);

/**
 * Every import of a source text, in order.
 *
 * Never throws. A call of `import` or `require` whose argument is not one constant string is
 * `computed`: nobody can say from the text what it loads.
 */
export function importSites(source: string): readonly ImportSite[] {
  const tokens = tokenize(source);
  return tokens.flatMap((token, index) => {
    if (token.kind !== 'name' || isMember(tokens, index)) return [];
    if (token.text === 'import') return importAt(tokens, index);
    if (token.text === 'export') return clauseAt(tokens, index);
    if (token.text === 'require') return callAt(tokens, index);
    return [];
  });
}

function importAt(tokens: readonly Token[], index: number): readonly ImportSite[] {
  const next = tokens[index + 1];
  if (next?.kind === 'string') return [site('static', next)];
  if (next?.text === '.' && PHASES.has(tokens[index + 2]?.text ?? ''))
    return callAt(tokens, index + 2);
  return next?.text === '(' ? callAt(tokens, index) : clauseAt(tokens, index);
}

/** `import(…)` or `require(…)`; the declaration of a function of that name is no call. */
function callAt(tokens: readonly Token[], index: number): readonly ImportSite[] {
  const [name, open, argument, close] = tokens.slice(index, index + 4);
  if (tokens[index - 1]?.text === 'function') return [];
  if (name === undefined || open?.text !== '(' || open.kind !== 'mark') return [];
  const isConstant = argument?.kind === 'string' && (close?.text === ')' || close?.text === ',');
  return isConstant
    ? [site('dynamic', argument)]
    : [{ kind: 'computed', specifier: '', line: name.line }];
}

/** The name behind `from`, when only an import or export clause stands before it. */
function clauseAt(tokens: readonly Token[], index: number): readonly ImportSite[] {
  for (let at = index + 1; at < tokens.length; at += 1) {
    const token = tokens[at];
    const next = tokens[at + 1];
    if (token === undefined) return [];
    if (token.kind === 'name' && token.text === 'from' && next?.kind === 'string') {
      return [site('static', next)];
    }
    const inClause = token.kind === 'mark' ? CLAUSE_MARKS.has(token.text) : token.kind !== 'regex';
    if (!inClause || isEndOfClause(tokens, at)) return [];
  }
  return [];
}

/** A closing brace that no `from` follows ends an export list that has no source. */
function isEndOfClause(tokens: readonly Token[], at: number): boolean {
  return tokens[at]?.text === '}' && tokens[at + 1]?.text !== 'from';
}

/** `x.import`, `x.require`, `{ import: 1 }`; the three dots of a spread are no member access. */
function isMember(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1];
  const isAccess = before?.text === '.' && tokens[index - 2]?.text !== '.';
  const after = tokens[index + 1];
  return (isAccess && before?.kind === 'mark') || (after?.kind === 'mark' && after.text === ':');
}

function site(kind: ImportKind, token: Token): ImportSite {
  return { kind, specifier: token.text, line: token.line };
}
