/**
 * `countersign policy compile`: who enforces each clause, and what to grant the session account.
 *
 * @module
 */

import { EXIT_OK, EXIT_REFUSED } from '../exit-status.ts';
import { paint, say, twoColumns } from '../terminal/paint.ts';
import { table } from '../terminal/table.ts';
import { type AccountGrant, compileGrant } from './account-grant.ts';
import { readCompiledPolicy } from './compiled-file.ts';
import { type ClauseEnforcement, enforcementOf } from './enforcement.ts';

export interface CompileFlags {
  readonly acknowledge?: boolean;
  readonly json?: boolean;
}

/**
 * Prints the clauses of a policy with who enforces them.
 *
 * @returns Status 3 when nobody enforces one of them and nobody acknowledged that.
 * @throws BoundaryError as `readCompiledPolicy`.
 */
export function compileFile(file: string, { acknowledge, json }: CompileFlags): number {
  const { document, hash } = readCompiledPolicy(file);
  const clauses = enforcementOf(document);
  const compiled = compileGrant(document);
  const unenforced = clauses.filter(({ by }) => by === 'nobody').length;
  const ok = unenforced === 0 || acknowledge === true;
  if (json === true) {
    const grant = typeof compiled === 'string' ? { grant: null, why: compiled } : compiled;
    const facts = { grant: grant.grant, ...('why' in grant ? { noGrantBecause: grant.why } : {}) };
    const shown = clauses.map(({ by, ...rest }) => ({ ...rest, enforcedBy: by }));
    process.stdout.write(
      `${JSON.stringify({ ok, documentHash: hash, unenforced, clauses: shown, ...facts })}\n`,
    );
  }
  tellClauses(clauses);
  tellGrant(typeof compiled === 'string' ? compiled : compiled.grant);
  if (unenforced > 0) {
    say(`${paint('red', 'x')} nobody enforces ${unenforced} of ${clauses.length} clauses`);
  }
  return ok ? EXIT_OK : EXIT_REFUSED;
}

function tellClauses(clauses: readonly ClauseEnforcement[]): void {
  const rows = clauses.map(({ clause, by, how }) => [clause, by, how]);
  say(table([['clause', 'enforced by', 'how, or why nobody else'], ...rows], ''));
}

function tellGrant(grant: AccountGrant | string): void {
  if (typeof grant === 'string') {
    say(`no grant for a session account: ${grant}`);
    return;
  }
  const { entrypoints, validUntil, maxCalls, spendingPolicies } = grant;
  say('grant for a session account');
  say(
    twoColumns({
      entrypoints: entrypoints.map(({ name, selector }) => `${name} ${selector}`).join(', '),
      valid_until: validUntil ?? 'yours to choose: the policy names no end',
      max_calls: maxCalls === undefined ? 'yours to choose: the policy counts none' : `${maxCalls}`,
      spending:
        spendingPolicies.length === 0 ? 'none' : spendingPolicies.map(spendingWords).join('; '),
    }),
  );
}

function spendingWords({
  token,
  maxPerCall,
  maxPerWindow,
  windowSeconds,
}: AccountGrant['spendingPolicies'][number]): string {
  return `${token} at most ${maxPerCall} per call, ${maxPerWindow} per ${windowSeconds} s`;
}
