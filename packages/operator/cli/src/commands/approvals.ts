/**
 * `countersign pending`, `approve`, `deny` and `approver-key`: what waits for a person, and the answer.
 *
 * @module
 */

import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { ApprovalAnswer } from '@countersign/crypto';
import { BoundaryError, INTENT_ID } from '@countersign/protocol';
import type { Command } from 'commander';
import {
  type ApproverFlags,
  addApproverOptions,
  approverIdentity,
  asApprover,
  signedAnswer,
  writeNewKey,
} from '../approvals/approver-identity.ts';
import { intentLine, intentRows, type KnownTokens } from '../approvals/intent-words.ts';
import { readShownIntent, type ShownIntent } from '../approvals/shown-intent.ts';
import { readConfigFile } from '../config/config-file.ts';
import { ending } from '../fault.ts';
import { readPolicyFile } from '../policy/policy-file.ts';
import { askRunningServer, type JsonObject } from '../server/ask-server.ts';
import { addServerOptions, type ServerFlags, serverPlace } from '../server/server-place.ts';
import { paint, say, twoColumns } from '../terminal/paint.ts';

interface ApprovalFlags extends ServerFlags, ApproverFlags {
  readonly yes?: boolean;
  readonly json?: boolean;
}

const EXAMPLE = `
Shows what would happen, from the document itself, and asks. What is executed is what is shown here: any
change is another intent.

Examples:
  $ countersign pending --key alice.pem --config countersign.yaml
  $ countersign approve 3uHt0yK1sVw6mO9xQeZb2A --key alice.pem --config countersign.yaml
  $ countersign deny 3uHt0yK1sVw6mO9xQeZb2A --key alice.pem --approver alice --url https://sign.example:8545
`;

export function addApprovalCommands(program: Command): void {
  asking(program.command('pending').description('what waits for an approver'))
    .addHelpText('after', EXAMPLE)
    .action(async (flags: ApprovalFlags) => {
      process.exitCode = await ending(flags, () => pending(flags));
    });
  answering(program, 'approve', 'agree to an intent, after looking at what it does');
  answering(program, 'deny', 'end an intent, whoever else agreed');
  program
    .command('approver-key')
    .description('make an Ed25519 key pair for an approver')
    .argument('<file>', 'where the private key goes; must not exist')
    .option('--json', 'print one JSON object on standard output')
    .addHelpText('after', '\nExample:\n  $ countersign approver-key alice.pem\n')
    .action(async (file: string, flags: { json?: boolean }) => {
      process.exitCode = await ending(flags, () => makeKey(file, flags.json === true));
    });
}

function asking(command: Command): Command {
  return addApproverOptions(addServerOptions(command)).option(
    '--json',
    'print one JSON object on standard output',
  );
}

function answering(program: Command, answer: ApprovalAnswer, description: string): void {
  asking(program.command(answer).description(description).argument('<intent>', 'its id'))
    .option('--yes', 'do not ask; for scripts that have looked already')
    .addHelpText('after', EXAMPLE)
    .action(async (id: string, flags: ApprovalFlags) => {
      process.exitCode = await ending(flags, () => give(answer, id, flags));
    });
}

async function pending(flags: ApprovalFlags): Promise<undefined> {
  const question = asApprover(approverIdentity(flags), '/v1/intents?status=pending');
  const found = await askRunningServer(serverPlace(flags), question);
  const views = Array.isArray(found.intents) ? (found.intents as readonly JsonObject[]) : [];
  const shown = views.map(readShownIntent);
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify({ ok: true, intents: views })}\n`);
  }
  const tokens = tokensIn(flags.config);
  for (const one of shown) say(`  ${intentLine(one, tokens)}`);
  if (shown.length === 0) say('  nothing waits');
}

async function give(answer: ApprovalAnswer, id: string, flags: ApprovalFlags): Promise<undefined> {
  if (!INTENT_ID.test(id)) throw new BoundaryError('ERR_INTENT_NOT_FOUND');
  const who = approverIdentity(flags);
  const place = serverPlace(flags);
  const shown = readShownIntent(
    await askRunningServer(place, asApprover(who, `/v1/intents/${id}`)),
  );
  // Otherwise a server could have an answer to one intent signed under the name of another.
  if (shown.intent.id !== id) throw new BoundaryError('ERR_INTENT_NOT_FOUND');
  say(twoColumns(intentRows(shown, tokensIn(flags.config))));
  if (flags.yes !== true) await confirm(answer);
  const body = signedAnswer(who, { intentId: id, digest: shown.digest }, answer);
  const target = `/v1/intents/${id}/answers`;
  const view = await askRunningServer(place, { method: 'POST', target, headers: {}, body });
  tell(flags, answer, readShownIntent(view), view);
}

function tell(
  { json }: ApprovalFlags,
  answer: ApprovalAnswer,
  { intent, status }: ShownIntent,
  view: JsonObject,
): void {
  if (json === true) process.stdout.write(`${JSON.stringify({ ok: true, ...view })}\n`);
  const said = answer === 'approve' ? paint('green', 'approved') : paint('red', 'denied');
  say(`${said} ${intent.id}; it is ${status} now`);
}

/** Nobody agrees by accident. @throws BoundaryError ERR_CONFIG_INVALID without a `yes`. */
async function confirm(answer: ApprovalAnswer): Promise<void> {
  if (!process.stdin.isTTY) {
    throw invalid('--yes', 'a terminal to ask on, or --yes from a script that has looked');
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const given = await terminal.question(`Type yes to ${answer}: `);
    if (given.trim() !== 'yes') throw invalid('answer', 'the word yes; nothing was sent');
  } finally {
    terminal.close();
  }
}

/** Tokens the policies of a configuration name, to show amounts in units. */
function tokensIn(config: string | undefined): KnownTokens {
  if (config === undefined) return [];
  const base = path.dirname(path.resolve(config));
  return readConfigFile(config).policies.flatMap(
    ({ file }) => readPolicyFile(path.resolve(base, file)).tokens ?? [],
  );
}

function makeKey(file: string, json: boolean): undefined {
  const publicKey = writeNewKey(file);
  if (json) process.stdout.write(`${JSON.stringify({ ok: true, file, publicKey })}\n`);
  else process.stdout.write(`${publicKey}\n`);
  say(`${paint('green', 'ok')} private key in ${file}; in the configuration:`);
  say(`  approvers: [{ id: …, kind: ed25519, publicKey: "${publicKey}" }]`);
}

function invalid(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { field, expected } });
}
