/**
 * `countersign freeze`, `unfreeze` and `freezes`: stop signing, ask to go on, and see what is stopped.
 *
 * Through the running server where one answers; where none does, in the ledger itself, so that nothing
 * is signed when it comes back.
 *
 * @module
 */

import {
  BoundaryError,
  canonicalJson,
  clientScope,
  freezeEntryBytes,
  keyScope,
  parseScope,
  SCOPE_ALL,
} from '@countersign/protocol';
import type { Command } from 'commander';
import { intentRows } from '../approvals/intent-words.ts';
import { readShownIntent } from '../approvals/shown-intent.ts';
import { readConfigFile } from '../config/config-file.ts';
import { ending } from '../fault.ts';
import { readLedger, writeLedger } from '../ledger-place.ts';
import { addPassphraseOption } from '../place.ts';
import {
  askRunningServer,
  askServer,
  type JsonObject,
  NoServerError,
} from '../server/ask-server.ts';
import {
  addOperatorOptions,
  asOperator,
  type OperatorFlags,
  operatorIdentity,
} from '../server/operator-identity.ts';
import { addServerOptions, type ServerFlags, serverPlace } from '../server/server-place.ts';
import { paint, say, twoColumns } from '../terminal/paint.ts';

export interface ScopeFlags {
  readonly all?: boolean;
  readonly client?: string;
  readonly key?: string;
  readonly account?: string;
}

interface FreezeFlags extends ScopeFlags, ServerFlags, OperatorFlags {
  readonly reason?: string;
  readonly passphraseFile?: string;
  readonly json?: boolean;
}

const EXAMPLE = `
Once it says frozen, nothing of that scope is signed any more, also after a restart. Where no server
answers, --config names the data directory it is written to instead.

Examples:
  $ countersign freeze --all --config countersign.yaml
  $ countersign freeze --client trading-bot --reason "odd transfers" --config countersign.yaml
  $ countersign freeze --key treasury --url https://sign.example:8545 --operator night-shift --secret-env OPS
`;

const UNFREEZE_EXAMPLE = `
Needs a running server. The freeze ends with the last approval it needs: see countersign approve.

Example:
  $ countersign unfreeze --all --config countersign.yaml
`;

export function addFreezeCommand(program: Command): void {
  const freezing = program
    .command('freeze')
    .description('stop signing: for everybody, a client, a key or an account')
    .option('--reason <text>', 'for whoever reads the request; the log keeps its digest only');
  addPassphraseOption(talking(addScopeOptions(freezing)))
    .addHelpText('after', EXAMPLE)
    .action(async (flags: FreezeFlags) => {
      process.exitCode = await ending(flags, () => freeze(flags));
    });
  const thawing = program
    .command('unfreeze')
    .description('ask to end a freeze; whoever the configuration names has to approve');
  talking(addScopeOptions(thawing))
    .addHelpText('after', UNFREEZE_EXAMPLE)
    .action(async (flags: FreezeFlags) => {
      process.exitCode = await ending(flags, () => unfreeze(flags));
    });
  talking(program.command('freezes').description('what is frozen, and since when'))
    .addHelpText('after', '\nExample:\n  $ countersign freezes --config countersign.yaml\n')
    .action(async (flags: FreezeFlags) => {
      process.exitCode = await ending(flags, () => list(flags));
    });
}

/** Options that say what is meant; exactly one of them. */
export function addScopeOptions(command: Command): Command {
  return command
    .option('--all', 'everything')
    .option('--client <id>', 'what one client asks for')
    .option('--key <id>', 'what one key signs')
    .option('--account <address>', 'what is signed for one account, on every chain');
}

/** @throws BoundaryError ERR_CONFIG_INVALID unless exactly one scope is named, in its form. */
export function scopeOf({ all, client, key, account }: ScopeFlags): string {
  const scopes = [
    ...(all === true ? [SCOPE_ALL] : []),
    ...(client === undefined ? [] : [clientScope(client)]),
    ...(key === undefined ? [] : [keyScope(key)]),
    ...(account === undefined ? [] : [accountOf(account)]),
  ];
  const [scope] = scopes;
  if (scopes.length === 1 && scope !== undefined) return scope;
  throw invalid('--all', 'exactly one of --all, --client, --key, --account');
}

function talking(command: Command): Command {
  return addOperatorOptions(addServerOptions(command)).option(
    '--json',
    'print one JSON object on standard output',
  );
}

async function freeze(flags: FreezeFlags): Promise<undefined> {
  const scope = scopeOf(flags);
  const place = serverPlace(flags);
  const { reason } = flags;
  const body = canonicalJson({ scope, reason });
  const question = asOperator(operatorIdentity(flags), 'POST', '/v1/freeze', body);
  const done = await orOffline(
    () => askServer(place, question),
    flags,
    (config) => freezeOffline(flags, config, scope),
  );
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ ok: true, ...done })}\n`);
  say(`${paint('green', 'frozen')} ${scope} since ${String(done.since)}`);
}

async function unfreeze(flags: FreezeFlags): Promise<undefined> {
  const body = canonicalJson({ scope: scopeOf(flags) });
  const question = asOperator(operatorIdentity(flags), 'POST', '/v1/unfreeze', body);
  const place = serverPlace(flags);
  const view = await askRunningServer(place, question);
  const shown = readShownIntent(view);
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ ok: true, ...view })}\n`);
  say(twoColumns(intentRows(shown, [])));
  say(`asked; each approver runs: countersign approve ${shown.intent.id} --key <file> …`);
}

async function list(flags: FreezeFlags): Promise<undefined> {
  const question = asOperator(operatorIdentity(flags), 'GET', '/v1/freezes');
  const place = serverPlace(flags);
  const found = await orOffline(() => askServer(place, question), flags, freezesOffline);
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ ok: true, ...found })}\n`);
  const freezes = Array.isArray(found.freezes) ? (found.freezes as readonly JsonObject[]) : [];
  for (const { scope, since } of freezes) say(`  ${String(since)}  ${String(scope)}`);
  if (freezes.length === 0) say('  nothing is frozen');
}

/** Asks the server, or works on the data directory of the configuration when there is no server. */
async function orOffline(
  ask: () => Promise<JsonObject>,
  { config }: FreezeFlags,
  work: (config: string) => Promise<JsonObject>,
): Promise<JsonObject> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof NoServerError)) throw error;
    const reason = `nobody answers there (${error.message})`;
    if (config === undefined) {
      throw new BoundaryError('ERR_SIGNER_UNAVAILABLE', { details: { reason } });
    }
    say(`${paint('yellow', '! ')}${reason}; working in the ledger itself`);
    return await work(config);
  }
}

async function freezeOffline(
  flags: FreezeFlags,
  config: string,
  scope: string,
): Promise<JsonObject> {
  requireConfigured(config, flags);
  return await writeLedger({ ...flags, config }, async (ledger) => {
    const timeMs = Date.now();
    const cause = { type: 'command' } as const;
    await ledger.freeze(scope, freezeEntryBytes({ timeMs, action: 'freeze', scope, cause }));
    const frozen = await ledger.frozen();
    const sinceMs = frozen.find((one) => one.scope === scope)?.sinceMs ?? timeMs;
    return { scope, since: new Date(sinceMs).toISOString() };
  });
}

async function freezesOffline(config: string): Promise<JsonObject> {
  return await readLedger({ config }, (reader) => {
    const freezes = reader
      .frozen()
      .map(({ scope, sinceMs }) => ({ scope, since: new Date(sinceMs).toISOString() }));
    return { freezes };
  });
}

/** A misspelt name would stop nothing and look as if it had. */
function requireConfigured(config: string, { client, key }: ScopeFlags): void {
  const { clients, keys } = readConfigFile(config);
  if (client !== undefined && !clients.some(({ id }) => id === client)) {
    throw invalid('--client', 'the id of a configured client');
  }
  if (key !== undefined && !keys.some(({ id }) => id === key)) {
    throw invalid('--key', 'the id of a configured key');
  }
}

function accountOf(text: string): string {
  try {
    return parseScope(`account:${text}`);
  } catch {
    throw invalid('--account', '0x and 1-64 hex digits, below the field prime');
  }
}

function invalid(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { field, expected } });
}
