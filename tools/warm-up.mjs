// Runs after an installation: starts the server once, on a free port with a throw-away key and
// directory, and stops it, so that the first real start finds a warm compile cache. Never fails an
// installation: whatever goes wrong here, the first start is merely slower.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const LIMIT_MS = 20_000;
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const runtime = path.join(root, 'node_modules', '.bin', 'node');
const command = path.join(root, 'packages', 'operator', 'cli', 'bin', 'countersign.js');

if (existsSync(runtime)) await warmUp().catch(() => undefined);

async function warmUp() {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'countersign-warm-up-'));
  const env = {
    PATH: process.env.PATH,
    PORT: String(await freePort()),
    KEYRING_HMAC_SECRET: randomBytes(16).toString('hex'),
    SESSION_PRIVATE_KEY: `0x${randomBytes(31).toString('hex')}`,
  };
  const child = spawn(runtime, [command, 'keyring', '--data-dir', dataDir], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  child.stderr.on('data', (text) => {
    if (String(text).includes('ready')) child.kill('SIGTERM');
  });
  await new Promise((resolve) => child.on('close', resolve));
  clearTimeout(limit);
  rmSync(dataDir, { recursive: true, force: true });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
