/**
 * The `countersign` command.
 *
 * Every command lives in a file of its own under `commands/` and is loaded only when it is the one
 * asked for: a server must be up in well under a second.
 *
 * @module
 */

import { Command } from 'commander';
import { EXIT_USAGE } from './exit-status.ts';

type Register = (program: Command) => void;

const COMMANDS: Readonly<Record<string, () => Promise<Register>>> = {
  keyring: async () => (await import('./commands/keyring.ts')).addKeyringCommand,
  up: async () => (await import('./commands/up.ts')).addUpCommand,
  config: async () => (await import('./commands/up.ts')).addUpCommand,
  reload: async () => (await import('./commands/reload.ts')).addReloadCommand,
  keys: async () => (await import('./commands/keys.ts')).addKeysCommand,
  log: async () => (await import('./commands/log.ts')).addLogCommand,
  ledger: async () => (await import('./commands/ledger.ts')).addLedgerCommand,
  freeze: async () => (await import('./commands/freeze.ts')).addFreezeCommand,
  freezes: async () => (await import('./commands/freeze.ts')).addFreezeCommand,
  unfreeze: async () => (await import('./commands/freeze.ts')).addFreezeCommand,
  pending: async () => (await import('./commands/approvals.ts')).addApprovalCommands,
  approve: async () => (await import('./commands/approvals.ts')).addApprovalCommands,
  deny: async () => (await import('./commands/approvals.ts')).addApprovalCommands,
  'approver-key': async () => (await import('./commands/approvals.ts')).addApprovalCommands,
  policy: async () => (await import('./commands/policy.ts')).addPolicyCommand,
  demo: async () => (await import('./commands/demo.ts')).addDemoCommand,
  verify: async () => (await import('./commands/verify.ts')).addVerifyCommand,
};

const program = new Command('countersign')
  .description('The signing boundary for autonomous agents.')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE))
  .showSuggestionAfterError()
  .showHelpAfterError('(add --help for the options and an example)');

for (const register of await registrations(process.argv[2])) register(program);
await program.parseAsync();

/** The command that was asked for, or all of them, for the help and for corrections. */
async function registrations(name: string | undefined): Promise<readonly Register[]> {
  const one = Object.hasOwn(COMMANDS, name ?? '') ? COMMANDS[name ?? ''] : undefined;
  if (one !== undefined) return [await one()];
  return [...new Set(await Promise.all(Object.values(COMMANDS).map((load) => load())))];
}
