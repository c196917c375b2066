import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ERROR_CODES, ERROR_TABLE } from '@countersign/protocol';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addApprovalCommands } from '../commands/approvals.ts';
import { addDemoCommand } from '../commands/demo.ts';
import { addFreezeCommand } from '../commands/freeze.ts';
import { addKeyringCommand } from '../commands/keyring.ts';
import { addKeysCommand } from '../commands/keys.ts';
import { addLedgerCommand } from '../commands/ledger.ts';
import { addLogCommand } from '../commands/log.ts';
import { addPolicyCommand } from '../commands/policy.ts';
import { addReloadCommand } from '../commands/reload.ts';
import { addUpCommand } from '../commands/up.ts';
import { addVerifyCommand } from '../commands/verify.ts';
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE, exitStatusOf } from '../exit-status.ts';

const ROOT = path.join(import.meta.dirname, '../../../../..');
const PAGES = [
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'ARCHITECTURE.md',
  'docs/keystore-format.md',
  'docs/ledger-format.md',
  'docs/keyring-variables.md',
  'countersign.sample.yaml',
];

const program = new Command('countersign');
for (const register of [
  addKeyringCommand,
  addUpCommand,
  addReloadCommand,
  addKeysCommand,
  addLogCommand,
  addLedgerCommand,
  addFreezeCommand,
  addApprovalCommands,
  addPolicyCommand,
  addDemoCommand,
  addVerifyCommand,
]) {
  register(program);
}

/** Commands that do something, by their full names. */
const COMMANDS: ReadonlyMap<string, Command> = new Map(leaves(program, ''));

function leaves(command: Command, at: string): readonly (readonly [string, Command])[] {
  if (command.commands.length === 0) return [[at, command]];
  return command.commands.flatMap((child) => leaves(child, `${at} ${child.name()}`.trim()));
}

const page = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** Calls of the command in code, each as its words. */
function callsIn(text: string): readonly (readonly string[])[] {
  const code = [...text.matchAll(/```[^\n]*\n([\s\S]*?)```|`([^`\n]+)`/g)].map(
    (match) => match[1] ?? match[2] ?? '',
  );
  return code
    .flatMap((block) => block.split(/\n|&&|\|/))
    .flatMap(
      (line) => /(?<!the )\bcountersign ((?!\.)[a-z].*)/.exec(line.split('#')[0] ?? '')?.[1] ?? [],
    )
    .map((call) => call.trim().split(/\s+/));
}

describe('documents', () => {
  const calls = PAGES.flatMap((file) => callsIn(page(file)).map((words) => [file, words] as const));

  it('show calls', () => {
    expect(calls.length).toBeGreaterThan(15);
  });

  it.each(calls)('%s: countersign %j', (_file, words) => {
    const [first = '', second = ''] = words;
    const command = COMMANDS.get(`${first} ${second}`) ?? COMMANDS.get(first);
    const group = program.commands.find((known) => known.name() === first);
    expect([words, command ?? (words.length === 1 ? group : undefined)]).toEqual([
      words,
      expect.any(Command),
    ]);
    const options = words.filter((word) => word.startsWith('--'));
    const known = command?.options.map((option) => option.long) ?? [];
    expect(options.filter((option) => !known.includes(option))).toEqual([]);
  });
});

describe('every command', () => {
  /** Their standard output is the event log, JSON lines, with or without a flag. */
  const SERVING = ['keyring', 'up'];

  it.each([...COMMANDS])('%s: has help with an example, and --json', (name, command) => {
    const printed: string[] = [];
    command.configureOutput({ writeOut: (text) => void printed.push(text) });
    command.outputHelp();
    const help = printed.join('');
    expect(help).toContain(`countersign ${name}`);
    expect(help).toMatch(/Examples?:\n {2}\$ /);
    if (!SERVING.includes(name)) expect(help).toContain('--json');
  });
});

describe('README.md', () => {
  const table = /## Commands\n\n([\s\S]*?)\n\n([\s\S]*?)\n## /.exec(page('README.md'));

  it('lists every command and no other', () => {
    const spans = [...(table?.[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
    const listed = spans.flatMap((span) => {
      const [group = '', children] = span.split(' ');
      return children === undefined
        ? [group]
        : children.split('\\|').map((child) => `${group} ${child}`);
    });
    const sorted = (names: Iterable<string>): readonly string[] =>
      [...names].toSorted((a, b) => (a < b ? -1 : 1));
    expect(sorted(listed)).toEqual(sorted(COMMANDS.keys()));
  });

  it('says what exit statuses mean', () => {
    const kinds = new Set(ERROR_CODES.map((code) => ERROR_TABLE[code].kind));
    const words = table?.[2]?.replaceAll('\n', ' ') ?? '';
    const said = new Set([...words.matchAll(/\b([0-9]) [a-z]/g)].map((match) => Number(match[1])));
    expect(said).toEqual(
      new Set([EXIT_OK, EXIT_FAILED, EXIT_USAGE, ...[...kinds].map(exitStatusOf)]),
    );
  });
});
