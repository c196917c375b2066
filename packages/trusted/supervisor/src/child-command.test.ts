import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { checkout, newDirectory, touch } from '../test/program-tree.ts';
import { edgeCommand, signerCommand } from './child-command.ts';

const QUIET = '--disable-warning=ExperimentalWarning';
const DATA_DIR = '/var/lib/countersign';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the signer', () => {
  it('is started with exactly these arguments and variables', () => {
    const { root, entry } = checkout();
    const cache = join(root, 'node_modules', '.cache', 'countersign', 'signer');
    expect(signerCommand(entry, { dataDir: DATA_DIR })).toEqual({
      args: [
        QUIET,
        '--permission',
        `--allow-fs-read=${join(root, 'node_modules')}`,
        `--allow-fs-read=${join(root, 'packages')}`,
        `--allow-fs-write=${cache}`,
        `--allow-fs-read=${DATA_DIR}`,
        `--allow-fs-write=${DATA_DIR}`,
        entry,
        join(root, 'node_modules'),
        join(root, 'packages'),
        cache,
      ],
      env: { NODE_COMPILE_CACHE: cache },
    });
  });

  it('is told of every directory of the program, so that it can give them all up', () => {
    const { entry } = checkout();
    const { args } = signerCommand(entry, { dataDir: DATA_DIR });
    const given = args.slice(args.indexOf(entry) + 1);
    const allowed = args.flatMap((arg) => /^--allow-fs-(?:read|write)=(.*)$/.exec(arg)?.[1] ?? []);
    expect(new Set(given)).toEqual(new Set(allowed.filter((path) => path !== DATA_DIR)));
  });

  it('gets the network for a shared store, and nothing else', () => {
    const { entry } = checkout();
    const store = { postgres: 'postgres://signer:5ec4e7@db.example/ledger' };
    const { args, env } = signerCommand(entry, { dataDir: DATA_DIR, store });
    const alone = signerCommand(entry, { dataDir: DATA_DIR });
    expect(args.filter((arg) => !alone.args.includes(arg))).toEqual(['--allow-net']);
    expect(JSON.stringify({ args, env })).not.toContain('5ec4e7');
  });

  it('gets nothing of our environment', () => {
    vi.stubEnv('KEYRING_HMAC_SECRET', 'change-me-0123456789');
    vi.stubEnv('NODE_OPTIONS', '--allow-net');
    vi.stubEnv('NODE_EXTRA_CA_CERTS', '/etc/ca.pem');
    const { env } = signerCommand(checkout().entry, { dataDir: DATA_DIR });
    expect(Object.keys(env)).toEqual(['NODE_COMPILE_CACHE']);
  });

  it('writes nothing but its data directory where there is no place for a cache', () => {
    const entry = touch(newDirectory(), 'main.ts');
    expect(signerCommand(entry, { dataDir: DATA_DIR })).toEqual({
      args: [
        QUIET,
        '--permission',
        `--allow-fs-read=${DATA_DIR}`,
        `--allow-fs-write=${DATA_DIR}`,
        entry,
      ],
      env: {},
    });
  });
});

describe('the edge', () => {
  it('is started with exactly these arguments and variables', () => {
    vi.stubEnv('NODE_EXTRA_CA_CERTS', undefined);
    const { root, entry } = checkout();
    const cache = join(root, 'node_modules', '.cache', 'countersign', 'edge');
    expect(edgeCommand(entry)).toEqual({
      args: [
        QUIET,
        '--permission',
        '--allow-net',
        `--allow-fs-read=${join(root, 'node_modules')}`,
        `--allow-fs-read=${join(root, 'packages')}`,
        `--allow-fs-write=${cache}`,
        entry,
        join(root, 'node_modules'),
        join(root, 'packages'),
        cache,
      ],
      env: { NODE_COMPILE_CACHE: cache },
    });
  });

  it('learns of further authorities, and of nothing else in our environment', () => {
    vi.stubEnv('NODE_EXTRA_CA_CERTS', '/etc/ca.pem');
    vi.stubEnv('SESSION_PRIVATE_KEY', '0x5ec4e7');
    const { env } = edgeCommand(checkout().entry);
    expect(Object.keys(env)).toEqual(['NODE_COMPILE_CACHE', 'NODE_EXTRA_CA_CERTS']);
    expect(env.NODE_EXTRA_CA_CERTS).toBe('/etc/ca.pem');
  });
});
