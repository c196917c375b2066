#!/usr/bin/env node
// Starts the command under a runtime that can run it: TypeScript from source, node:sqlite and the
// permission model need Node 24. An older Node hands over to the one the package manager installed.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_MAJOR = 24;
const major = Number(process.versions.node.split('.')[0]);

if (major >= OLDEST_MAJOR) await start();
else handOver(findRuntime());

async function start() {
  const { enableCompileCache } = await import('node:module');
  const root = findUp('node_modules');
  if (root !== undefined) enableCompileCache(path.join(root, '.cache', 'countersign', 'command'));
  await import('../src/main.ts');
}

function findUp(name) {
  let dir = path.dirname(fileURLToPath(import.meta.url));
  for (; dir !== path.dirname(dir); dir = path.dirname(dir)) {
    if (existsSync(path.join(dir, name))) return path.join(dir, name);
  }
  return undefined;
}

function findRuntime() {
  const runtime = findUp(path.join('node_modules', '.bin', 'node'));
  if (runtime !== undefined) return runtime;
  process.stderr.write(
    `countersign needs Node ${OLDEST_MAJOR} or newer; this is ${process.version} and no newer one is installed.\n` +
      'Run npm install in the project, or install a newer Node.\n',
  );
  process.exit(1);
}

function handOver(runtime) {
  const entry = fileURLToPath(import.meta.url);
  // The channel tells the command when this process is gone, however it ended.
  const child = spawn(runtime, [entry, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, COUNTERSIGN_PARENT_CHANNEL: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  child.on('exit', (status, signal) => {
    process.exit(signal === null ? status : 128 + constants.signals[signal]);
  });
}
