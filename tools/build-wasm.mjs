/**
 * Compiles `packages/trusted/crypto/assembly/` to the committed `stark.wasm`.
 *
 *     node tools/build-wasm.mjs                     writes the generated sources and the binary
 *     node tools/build-wasm.mjs --check [binary…]   writes nothing; compares with what is committed
 *
 * The compiler is a locked development dependency and its output does not depend on the machine, so
 * the same sources give the same bytes. `--check` can be given other binaries to compare with.
 *
 * Exit codes: 0 done or equal, 1 different, 2 wrong arguments, 3 the sources do not compile.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateSources } from '../packages/trusted/crypto/assembly/generate.mjs';

const EXIT = Object.freeze({ ok: 0, different: 1, usage: 2, compileFailed: 3 });

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const ASSEMBLY = join(ROOT, 'packages/trusted/crypto/assembly');
const BINARY = join(ROOT, 'packages/trusted/crypto/src/wasm/stark.wasm');

/**
 * No runtime and no assertions: the code allocates nothing and calls no library. Memory: 1 page for the
 * module itself, at most 8 MiB with the tables of a verifier.
 */
const OPTIONS = [
  ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--noAssert'],
  ...['--runtime', 'stub', '--initialMemory', '1', '--maximumMemory', '128'],
];

process.exitCode = await main(process.argv.slice(2));

/** @param {readonly string[]} args */
async function main(args) {
  const [mode, ...binaries] = args;
  if (mode !== undefined && mode !== '--check') {
    process.stderr.write('usage: node tools/build-wasm.mjs [--check [binary…]]\n');
    return EXIT.usage;
  }
  const sources = generateSources();
  progress('compiling');
  const built = await compile(sources);
  if (built === undefined) return EXIT.compileFailed;
  if (mode === undefined) return write(sources, built);
  const compared = binaries.length > 0 ? binaries.map((path) => resolve(path)) : [BINARY];
  return check(sources, built, compared);
}

/**
 * Compiles in memory, with the generated files taken from `sources` and not from the disk.
 *
 * @param {Record<string, string>} sources
 * @returns {Promise<Uint8Array | undefined>} The module, or undefined after telling what is wrong.
 */
async function compile(sources) {
  const { default: asc } = await import('assemblyscript/asc');
  let built;
  const { error, stderr } = await asc.main(['index.ts', '--outFile', 'stark.wasm', ...OPTIONS], {
    readFile: (name) => sources[name] ?? readSource(name),
    writeFile: (_name, contents) => {
      built = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || built === undefined) {
    process.stderr.write(`${stderr.toString()}${error?.message ?? 'no module was written'}\n`);
    return undefined;
  }
  return built;
}

/** The compiler asks for names that may not exist and expects null for those. */
function readSource(name) {
  try {
    return readFileSync(join(ASSEMBLY, name), 'utf8');
  } catch {
    return null;
  }
}

function write(sources, built) {
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(ASSEMBLY, name), text);
  writeFileSync(BINARY, built);
  progress(`wrote ${shown(BINARY)}, ${built.length} bytes, sha256 ${sha256(built)}`);
  return EXIT.ok;
}

function check(sources, built, binaries) {
  const stale = Object.entries(sources)
    .map(([name, text]) => [join(ASSEMBLY, name), Buffer.from(text)])
    .concat(binaries.map((path) => [path, built]))
    .filter(([path, expected]) => !isSame(path, expected));
  for (const [path, expected] of stale) {
    progress(`${shown(path)} differs: sha256 ${sha256OfFile(path)}, built ${sha256(expected)}`);
  }
  if (stale.length > 0) return EXIT.different;
  progress(`equal to the sources: sha256 ${sha256(built)}`);
  return EXIT.ok;
}

function isSame(path, expected) {
  try {
    return readFileSync(path).equals(expected);
  } catch {
    return false;
  }
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

function sha256OfFile(path) {
  try {
    return sha256(readFileSync(path));
  } catch {
    return 'none, it cannot be read';
  }
}

function shown(path) {
  const inside = relative(ROOT, path);
  return inside.startsWith('..') ? path : inside;
}

function progress(text) {
  process.stderr.write(`build-wasm: ${text}\n`);
}
