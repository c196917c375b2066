/**
 * Where a shared store is, read from its URL.
 *
 * The URL carries a password: it stays a `Secret`, and no error repeats any part of it.
 *
 * @module
 */

import { BoundaryError, Secret } from '@countersign/protocol';

/** What connecting needs. */
export interface StoreAddress {
  /** Host name or address; `undefined` with a socket path. */
  readonly host: string | undefined;
  readonly port: number;
  /** Path of a Unix socket. */
  readonly socketPath: string | undefined;
  readonly database: string;
  readonly user: string;
  readonly password: Secret;
  /** Certificates and host name are always checked; `undefined`: plain text. */
  readonly tls: { readonly serverName: string; readonly caPem: string | undefined } | undefined;
}

const PORT = 5432;
const PROTOCOLS = ['postgres:', 'postgresql:'];
const PARAMETERS = ['sslmode', 'host'];

/**
 * Reads `postgres://user:password@db.example:port/database?sslmode=verify-full`. With `?host=/directory` the
 * store is reached through a Unix socket there, whatever host is named.
 *
 * Without `sslmode` a store on this machine is spoken to in plain text, any other one over TLS with its
 * certificate checked. `disable` has to be written out; modes that encrypt without knowing to whom are
 * refused.
 *
 * @param caPem - Authorities to trust instead of the well-known ones.
 * @throws BoundaryError ERR_CONFIG_INVALID; details never hold a part of the URL.
 */
export function parseStoreAddress(url: Secret, caPem?: string): StoreAddress {
  const parsed = readUrl(url);
  for (const name of parsed.searchParams.keys()) {
    if (!PARAMETERS.includes(name)) throw invalid('no parameters but sslmode and host');
  }
  const directory = parsed.searchParams.get('host');
  if (directory !== null && !directory.startsWith('/')) {
    throw invalid('the parameter host to be the directory of a Unix socket');
  }
  const host = decode(parsed.hostname).replace(/^\[(.*)\]$/, '$1');
  const database = decode(parsed.pathname.slice(1));
  const user = decode(parsed.username);
  if (user === '') throw invalid('a user');
  if (database === '' || database.includes('/')) throw invalid('the name of a database');
  if (host === '' && directory === null) throw invalid('a host');
  const port = parsed.port === '' ? PORT : Number(parsed.port);
  const common = { port, database, user, password: new Secret(decode(parsed.password)) };
  if (directory !== null) {
    const socketPath = `${directory}/.s.PGSQL.${port}`;
    return { ...common, host: undefined, socketPath, tls: undefined };
  }
  const isPlain = isPlainText(parsed.searchParams.get('sslmode'), host);
  const tls = isPlain ? undefined : { serverName: host, caPem };
  return { ...common, host, socketPath: undefined, tls };
}

function readUrl(url: Secret): URL {
  try {
    const parsed = new URL(url.reveal());
    if (PROTOCOLS.includes(parsed.protocol)) return parsed;
  } catch {
    // The error would quote the URL.
  }
  throw invalid('a URL postgres://user:password@db.example:port/database');
}

function isPlainText(mode: string | null, host: string): boolean {
  if (mode === null) return isThisMachine(host);
  if (mode === 'disable') return true;
  if (mode === 'verify-full') return false;
  throw invalid('sslmode=verify-full, or sslmode=disable');
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('well-formed percent signs');
  }
}

function invalid(expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', {
    details: { field: 'store.postgres', expected },
  });
}
