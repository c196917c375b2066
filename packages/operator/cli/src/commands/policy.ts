/**
 * `countersign policy`: checking, testing, explaining, comparing and replaying written policies.
 *
 * @module
 */

import type { Command } from 'commander';
import { ending } from '../fault.ts';
import { addPlaceOptions } from '../place.ts';
import { type CheckFlags, checkPolicy } from '../policy/check-command.ts';
import { type CompileFlags, compileFile } from '../policy/compile-command.ts';
import { type DiffFlags, diffFiles } from '../policy/diff-command.ts';
import { type ExplainFlags, explainFile } from '../policy/explain-command.ts';
import { type ReplayFlags, replayLog } from '../policy/replay-command.ts';
import { type TestFlags, testPolicy } from '../policy/test-command.ts';

const EXAMPLE = `
Examples:
  $ countersign policy check examples/policies/rent.yaml
  $ countersign policy test examples/policies/rent.yaml
  $ countersign policy explain examples/policies/rent.yaml --request ask.json
`;

const CASES = `
Cases are YAML or JSON, beside the policy under the name <policy>.cases.yaml:

  version: 1
  cases:
    - name: pays the landlord
      at: 2026-12-01T12:00:00Z
      expect: allow            # allow, deny or ask; also rule: and code:
      spent: { monthly: "60" } # amounts already in the buckets of limits
      request: { … }           # the body to sign; or transaction:, typedData:, message:

Exit status 3 when a case turns out otherwise.

Example:
  $ countersign policy test examples/policies/rent.yaml
`;

const REPLAY = `
Holds every request the log has against a new version of its policy, with the clock, the client and the
key of then, each as if the policy had been put in force that moment: windows hold what was signed until
then. Exit status 3 when something is let through that was not.

Example:
  $ countersign policy replay rent.yaml --config countersign.yaml --key trading
`;

const COMPILE = `
Says of each clause whether the session account holds it too, Privy does, only this boundary, or
nobody; and what to grant the account. Exit status 3 when nobody enforces a clause.

Example:
  $ countersign policy compile examples/policies/rent.yaml --json
`;

export function addPolicyCommand(program: Command): void {
  const policy = program
    .command('policy')
    .description('check, test, explain, compare and replay written policies')
    .addHelpText('after', EXAMPLE);
  addReading(policy);
  addComparing(policy);
}

function addReading(policy: Command): void {
  withJson(policy.command('check <file>').description('read a policy and say what it is'))
    .option('--profile <profile>', 'strict or faithful, whatever the policy says')
    .addHelpText('after', '\nExample:\n  $ countersign policy check rent.yaml --profile strict\n')
    .action(async (file: string, flags: CheckFlags) => {
      process.exitCode = await ending(flags, () => checkPolicy(file, flags));
    });
  withJson(policy.command('test <file>').description('run the cases beside a policy'))
    .option('--cases <file>', 'the cases, instead of those beside the policy')
    .addHelpText('after', CASES)
    .action(async (file: string, flags: TestFlags) => {
      process.exitCode = await ending(flags, () => testPolicy(file, flags));
    });
  withJson(policy.command('explain [file]').description('why a request is allowed or denied'))
    .requiredOption('--request <file>', 'the body of the request; - for standard input')
    .option('--config <file>', 'everything this configuration says, instead of one policy')
    .option('--client <id>', 'who asks')
    .option('--key <id>', 'key that would sign, instead of the one of the request')
    .option('--at <time>', 'when, such as 2026-12-01T12:00:00Z; now when left out')
    .addHelpText(
      'after',
      '\nExample:\n  $ countersign policy explain rent.yaml --request ask.json\n',
    )
    .action(async (file: string | undefined, flags: ExplainFlags) => {
      process.exitCode = await ending(flags, () => explainFile(file, flags));
    });
}

function addComparing(policy: Command): void {
  withJson(addPlaceOptions(policy.command('replay <file>')))
    .description('what a policy would have decided about the requests in the log')
    .option('--key <id>', 'only requests for this key')
    .option('--from <n>', 'compare from this entry on; earlier ones only fill the windows')
    .option('--acknowledge-widening', 'exit with 0 although it lets more through')
    .addHelpText('after', REPLAY)
    .action(async (file: string, flags: ReplayFlags) => {
      process.exitCode = await ending(flags, () => replayLog(file, flags));
    });
  withJson(policy.command('diff <before> <after>').description('what changed, and what it does'))
    .option('--fail-on-widening', 'exit with 3 when something widens, or may')
    .addHelpText('after', '\nExample:\n  $ countersign policy diff rent.yaml rent.next.yaml\n')
    .action(async (before: string, after: string, flags: DiffFlags) => {
      process.exitCode = await ending(flags, () => diffFiles(before, after, flags));
    });
  withJson(policy.command('compile <file>').description('who enforces each clause of a policy'))
    .option('--acknowledge', 'exit with 0 although nobody enforces some of them')
    .addHelpText('after', COMPILE)
    .action(async (file: string, flags: CompileFlags) => {
      process.exitCode = await ending(flags, () => compileFile(file, flags));
    });
}

function withJson(command: Command): Command {
  return command.option('--json', 'print one JSON object on standard output');
}
