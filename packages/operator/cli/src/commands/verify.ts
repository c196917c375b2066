/**
 * `countersign verify`: checks a receipt offline, with nothing but the log's public key.
 *
 * @module
 */

import { existsSync, readFileSync } from 'node:fs';
import { BoundaryError } from '@countersign/protocol';
import {
  parseTlogProof,
  parseVerifierKey,
  type VerifierKey,
  verifyReceipt,
  verifyTlogProof,
} from '@countersign/tlog';
import type { Command } from 'commander';
import { entryRows, readEntry } from '../entry-words.ts';
import { ending } from '../fault.ts';
import { paint, say, twoColumns } from '../terminal/paint.ts';

interface VerifyFlags {
  readonly logKey: readonly string[];
  readonly witnessKey: readonly string[];
  readonly minWitnesses?: string;
  readonly origin?: string;
  readonly entry?: string;
  readonly leafHash?: string;
  readonly json?: boolean;
}

interface Verdict {
  readonly index: number;
  readonly size: number;
  readonly origin: string;
  readonly witnesses: readonly string[];
  readonly entry: Uint8Array | undefined;
}

const EXAMPLE = `
The file is a receipt (JSON) or any C2SP tlog-proof (text); for the latter give the entry or its leaf
hash, unless the proof carries the entry as extra data.

Example:
  $ countersign verify receipt.json --log-key "$(cat log-key.pub)"
`;

export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description('check a receipt offline and say what was asked, decided and signed')
    .argument('<file>', 'the receipt, or - for standard input')
    .requiredOption(
      '--log-key <key>',
      "the log's public key (name+id+base64), or a file with it; may be repeated",
      collect,
      [],
    )
    .option('--witness-key <key>', 'public key of a witness; may be repeated', collect, [])
    .option('--min-witnesses <n>', 'how many witnesses must have cosigned')
    .option('--origin <origin>', 'the origin line that is demanded')
    .option('--entry <file>', 'the log entry, for a bare tlog-proof')
    .option('--leaf-hash <hash>', 'its leaf hash in hex or base64 instead')
    .option('--json', 'print one JSON object on standard output')
    .addHelpText('after', EXAMPLE)
    .action(async (file: string, flags: VerifyFlags) => {
      process.exitCode = await ending(flags, () => verify(file, flags));
    });
}

function verify(file: string, flags: VerifyFlags): undefined {
  const verdict = judge(readInput(file), flags);
  const entry = verdict.entry === undefined ? undefined : readEntry(verdict.entry);
  const { entry: _bytes, ...facts } = verdict;
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify({ ok: true, ...facts, entry: entry ?? null })}\n`);
  }
  say(
    `${paint('green', 'holds')}: entry ${verdict.index} of ${verdict.size} in the log ${verdict.origin}`,
  );
  if (verdict.witnesses.length > 0) say(`  cosigned by ${verdict.witnesses.join(', ')}`);
  if (entry !== undefined) say(twoColumns(entryRows(entry)));
}

function judge(input: Uint8Array, flags: VerifyFlags): Verdict {
  const trust = {
    logKeys: flags.logKey.map(readKey),
    witnesses: flags.witnessKey.map(readKey),
    minWitnesses: readCount(flags.minWitnesses),
    ...(flags.origin === undefined ? {} : { origin: flags.origin }),
  };
  if (input[0] === 0x7b) {
    const { entryBytes, ...facts } = verifyReceipt({ ...trust, receipt: input });
    return { ...facts, entry: entryBytes };
  }
  const leaf = leafOf(input, flags);
  const { index, size, origin, witnesses } = verifyTlogProof({
    ...trust,
    ...leaf,
    proofText: input,
  });
  return { index, size, origin, witnesses, entry: 'entry' in leaf ? leaf.entry : undefined };
}

/** What the proof is about: given beside it, or carried inside it. */
function leafOf(
  input: Uint8Array,
  { entry, leafHash }: VerifyFlags,
): { readonly entry: Uint8Array } | { readonly leafHash: Uint8Array } {
  if (entry !== undefined) return { entry: readInput(entry) };
  if (leafHash !== undefined) return { leafHash: readHash(leafHash) };
  const { extra } = parseTlogProof(input);
  if (extra !== undefined) return { entry: extra };
  throw usage('--entry', 'the log entry this proof is about, or --leaf-hash');
}

function readKey(text: string): VerifierKey {
  const key = existsSync(text) ? readFileSync(text, 'utf8') : text;
  return parseVerifierKey(key.trim());
}

function readHash(text: string): Uint8Array {
  const bytes = /^[0-9a-fA-F]{64}$/.test(text)
    ? Buffer.from(text, 'hex')
    : Buffer.from(text, 'base64');
  if (bytes.length !== 32) throw usage('--leaf-hash', '32 bytes in hex or base64');
  return bytes;
}

function readCount(text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^[0-9]{1,3}$/.test(text)) throw usage('--min-witnesses', 'a whole number');
  return Number(text);
}

function readInput(file: string): Uint8Array {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new BoundaryError('ERR_PROOF_MALFORMED', { details: { file, reason }, cause });
  }
}

function usage(option: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { field: option, expected } });
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}
