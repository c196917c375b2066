/**
 * The `countersign` command.
 *
 * @module
 */

import { Command } from 'commander';
import { addKeyringCommand } from './commands/keyring.ts';
import { EXIT_USAGE } from './exit-status.ts';

const program = new Command('countersign')
  .description('The signing boundary for autonomous agents.')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE))
  .showSuggestionAfterError()
  .showHelpAfterError('(add --help for the options and an example)');

addKeyringCommand(program);

await program.parseAsync();
