/**
 * `countersign keys`: the keystore of a data directory.
 *
 * Private keys are made here or read from a variable or a file; they never stand on a command line
 * and are never printed.
 *
 * @module
 */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parsePrivateKey } from '@countersign/crypto';
import {
  addKey,
  changePassphrase,
  createKeystore,
  exportPublic,
  importKey,
  KEYSTORE_FILE_NAME,
  type KeyEntry,
  type Keystore,
  openKeystore,
  openSeal,
  PLAIN_KEYSTORE_WARNING,
  readKeystoreEntries,
  removeKey,
  restoreKey,
  rotateKey,
  saveKeystore,
} from '@countersign/crypto/keystore';
import { resealLogKey } from '@countersign/ledger';
import {
  BoundaryError,
  MESSAGE_KINDS,
  type MessageKind,
  type Secret,
  toHex,
} from '@countersign/protocol';
import type { Command } from 'commander';
import { ending } from '../fault.ts';
import { readKeys } from '../keyring/keyring-lists.ts';
import { requireOwnLedger } from '../ledger-place.ts';
import {
  addPassphraseOption,
  addPlaceOptions,
  dataDirOf,
  type PlaceFlags,
  passphraseFrom,
  passphraseOf,
} from '../place.ts';
import { examples } from '../terminal/examples.ts';
import { paint, say } from '../terminal/paint.ts';

interface KeyFlags extends PlaceFlags {
  readonly plain?: boolean;
  readonly messageKinds?: string;
  readonly fromEnv?: string;
  readonly fromFile?: string;
  readonly newPassphraseFile?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

type Change = (keystore: Keystore) => Keystore;

const CONFIG = '--config countersign.yaml';
const EXAMPLES = {
  add: `keys add old-bot ${CONFIG} --from-env SESSION_PRIVATE_KEY`,
  import: `keys import ${CONFIG}`,
  rotate: `keys rotate trading ${CONFIG} && countersign reload ${CONFIG}`,
  restore: `keys restore trading@1 ${CONFIG}`,
  passphrase: `keys passphrase ${CONFIG} --new-passphrase-file ./secrets/passphrase.next`,
  remove: `keys remove trading@1 ${CONFIG} --yes`,
  list: `keys list ${CONFIG}`,
  'export-public': `keys export-public trading ${CONFIG}`,
} as const;

export function addKeysCommand(program: Command): void {
  const keys = program
    .command('keys')
    .description('make, import, list, rotate and remove session keys')
    .addHelpText('after', examples(...Object.values(EXAMPLES)));
  writing(
    keys.command('add <id>').description('make a key, or import one from a variable or a file'),
  )
    .option('--from-env <name>', 'import the private key in this environment variable')
    .option('--from-file <file>', 'import the private key in this file')
    .option('--message-kinds <list>', `kinds it may sign: ${MESSAGE_KINDS.join(', ')}`, 'invoke-v2')
    .action(run((id, flags) => change(flags, adding(id, flags), id)));
  writing(
    keys.command('import').description('import the keys in the variables of countersign keyring'),
  )
    .option('--message-kinds <list>', 'kinds they may sign', 'invoke-v2')
    .action(runAll((flags) => importAll(flags)));
  writing(
    keys
      .command('rotate <id>')
      .description('put a new key under an id; the old one is kept, retired'),
  ).action(run((id, flags) => change(flags, (keystore) => rotateKey(keystore, id), id)));
  writing(
    keys
      .command('restore <id>')
      .description('take a rotation back: <key>@<generation> is active again, as a new generation'),
  ).action(run((id, flags) => change(flags, (keystore) => restoreKey(keystore, id))));
  reading(
    keys
      .command('passphrase')
      .description('seal keystore and log key under another passphrase; stop the server first'),
  )
    .requiredOption('--new-passphrase-file <file>', 'file with the new passphrase')
    .action(runAll((flags) => reseal(flags)));
  writing(keys.command('remove <id>').description('remove a key for good'))
    .option('--yes', 'confirm: a removed key cannot be restored')
    .action(run((id, flags) => remove(flags, id)));
  reading(keys.command('list').description('list the keys; needs no passphrase')).action(
    runAll((flags) => list(flags)),
  );
  reading(
    keys.command('export-public [id]').description('print public keys as JSON, proven genuine'),
  ).action(run((id: string | undefined, flags) => exportKeys(flags, id)));
}

function writing(command: Command): Command {
  return addPassphraseOption(addPlaceOptions(command))
    .option('--plain', 'make a new keystore without encryption; for development only')
    .option('--json', 'print one JSON object on standard output')
    .addHelpText('after', exampleOf(command));
}

function exampleOf(command: Command): string {
  return examples(EXAMPLES[command.name() as keyof typeof EXAMPLES]);
}

function reading(command: Command): Command {
  return addPassphraseOption(addPlaceOptions(command))
    .option('--json', 'print one JSON object on standard output')
    .addHelpText('after', exampleOf(command));
}

function run<Id extends string | undefined>(
  action: (id: Id, flags: KeyFlags) => undefined,
): (id: Id, flags: KeyFlags) => Promise<void> {
  return async (id, flags) => {
    process.exitCode = await ending(flags, () => action(id, flags));
  };
}

function runAll(action: (flags: KeyFlags) => undefined): (flags: KeyFlags) => Promise<void> {
  return async (flags) => {
    process.exitCode = await ending(flags, () => action(flags));
  };
}

function adding(keyId: string, flags: KeyFlags): Change {
  const messageKinds = kindsOf(flags);
  const privateKey = importedKey(flags);
  if (privateKey === undefined) return (keystore) => addKey(keystore, { keyId, messageKinds });
  return (keystore) => importKey(keystore, { keyId, messageKinds, privateKey });
}

function importAll(flags: KeyFlags): undefined {
  const messageKinds = kindsOf(flags);
  const keys = readKeys(process.env, process.env.KEYRING_DEFAULT_KEY_ID ?? 'default');
  const insertAll: Change = (start) =>
    keys.reduce((keystore, { keyId, privateKey, publicKey }) => {
      const secret = parsePrivateKey(privateKey, `privateKey of ${keyId}`);
      const pin = publicKey === undefined ? {} : { publicKey: BigInt(publicKey) };
      return importKey(keystore, { keyId, messageKinds, privateKey: secret, ...pin });
    }, start);
  change(flags, insertAll, ...keys.map((key) => key.keyId));
}

function remove(flags: KeyFlags, keyId: string): undefined {
  if (flags.yes !== true) {
    throw new BoundaryError('ERR_CONFIG_INVALID', {
      details: { field: '--yes', expected: `confirmation that ${keyId} may be lost for good` },
    });
  }
  change(flags, (keystore) => removeKey(keystore, keyId));
}

/** Opens or makes the keystore, changes it, saves it, and says what is there now. */
function change(flags: KeyFlags, apply: Change, ...shown: readonly string[]): undefined {
  const saved = saveKeystore(apply(openOrCreate(flags)));
  for (const warning of saved.warnings) say(`${paint('yellow', '!')} ${warning}`);
  const entries = saved
    .entries()
    .filter((entry) => shown.length === 0 || shown.includes(entry.keyId));
  print(flags, saved.path, entries);
}

function openOrCreate(flags: KeyFlags): Keystore {
  const file = fileOf(flags);
  const passphrase = passphraseOf(flags);
  if (existsSync(file)) {
    return openKeystore({ path: file, ...(passphrase === undefined ? {} : { passphrase }) });
  }
  if (passphrase !== undefined) return createKeystore({ path: file, passphrase });
  if (flags.plain !== true) {
    throw new BoundaryError('ERR_CONFIG_INVALID', {
      details: {
        field: 'passphrase',
        expected: 'a passphrase for the new keystore, or --plain for development',
      },
    });
  }
  say(`${paint('yellow', '!')} ${PLAIN_KEYSTORE_WARNING}`);
  return createKeystore({ path: file, protection: 'none' });
}

/** The log key first: a keystore under the new passphrase says that everything is done. */
function reseal(flags: KeyFlags): undefined {
  // A keystore alone under the new one could open neither: all signers share the passphrase of the store.
  requireOwnLedger(
    flags,
    'a ledger in the data directory: the key of a shared log keeps its passphrase',
  );
  const file = fileOf(flags);
  const from = passphraseOf(flags);
  const to = passphraseFrom(flags.newPassphraseFile ?? '', '--new-passphrase-file');
  const keystore = changePassphrase(openWithEither(file, from, to), to);
  const hasLog = resealLogKey(path.dirname(file), openSeal(from), openSeal(to));
  const saved = saveKeystore(keystore);
  say(`${hasLog ? 'keystore and log key' : 'keystore'}: sealed under the new passphrase`);
  print(flags, saved.path, saved.entries());
}

/** A run that was cut short may have left the keystore under either passphrase. */
function openWithEither(
  file: string,
  from: Secret<string> | undefined,
  to: Secret<string>,
): Keystore {
  try {
    return openKeystore({ path: file, ...(from === undefined ? {} : { passphrase: from }) });
  } catch (error) {
    try {
      return openKeystore({ path: file, passphrase: to });
    } catch {
      throw error;
    }
  }
}

function list(flags: KeyFlags): undefined {
  const file = fileOf(flags);
  const { entries, protection } = readKeystoreEntries(file);
  say(`${file} (${protection})`);
  print(flags, file, entries);
}

function exportKeys(flags: KeyFlags, keyId: string | undefined): undefined {
  const passphrase = passphraseOf(flags);
  const keystore = openKeystore({
    path: fileOf(flags),
    ...(passphrase === undefined ? {} : { passphrase }),
  });
  const chosen = exportPublic(keystore).filter(
    (entry) => keyId === undefined || entry.keyId === keyId,
  );
  if (chosen.length === 0) throw new BoundaryError('ERR_POLICY_KEY_UNKNOWN');
  process.stdout.write(`${JSON.stringify(chosen, null, 2)}\n`);
}

function print(flags: KeyFlags, file: string, entries: readonly KeyEntry[]): void {
  if (flags.json === true) {
    const keys = entries.map((entry) => ({ ...entry, publicKey: toHex(entry.publicKey) }));
    process.stdout.write(`${JSON.stringify({ ok: true, file, keys })}\n`);
    return;
  }
  for (const { keyId, publicKey, messageKinds, createdAtMs, retired } of entries) {
    const state = retired ? paint('dim', 'retired') : paint('green', 'active ');
    const made = new Date(createdAtMs).toISOString();
    say(`  ${state} ${keyId.padEnd(20)} ${toHex(publicKey)}  ${messageKinds.join(',')}  ${made}`);
  }
  if (entries.length === 0) say('  no keys');
}

function fileOf(flags: KeyFlags): string {
  return path.join(dataDirOf(flags), KEYSTORE_FILE_NAME);
}

function kindsOf({ messageKinds = 'invoke-v2' }: KeyFlags): readonly MessageKind[] {
  return messageKinds.split(',').map((item) => {
    const kind = MESSAGE_KINDS.find((known) => known === item.trim());
    if (kind !== undefined) return kind;
    throw new BoundaryError('ERR_CONFIG_INVALID', {
      details: {
        field: '--message-kinds',
        expected: `a comma list of ${MESSAGE_KINDS.join(', ')}`,
      },
    });
  });
}

function importedKey({ fromEnv, fromFile }: KeyFlags): Secret<bigint> | undefined {
  if (fromEnv !== undefined) {
    return parsePrivateKey(process.env[fromEnv] ?? '', `the variable ${fromEnv}`);
  }
  if (fromFile === undefined) return undefined;
  try {
    return parsePrivateKey(readFileSync(fromFile, 'utf8').trim(), fromFile);
  } catch (cause) {
    if (cause instanceof BoundaryError) throw cause;
    throw new BoundaryError('ERR_CONFIG_INVALID', {
      details: { field: '--from-file', expected: 'a file that can be read' },
    });
  }
}
