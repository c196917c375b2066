/**
 * Where a running boundary answers, for commands that talk to it.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { BoundaryError } from '@countersign/protocol';
import type { Command } from 'commander';
import { readConfigFile } from '../config/config-file.ts';
import type { Config } from '../config/config-schema.ts';

export interface ServerFlags {
  readonly config?: string;
  readonly url?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly certKey?: string;
}

/** An address and what TLS needs to know; PEM. */
export interface ServerPlace {
  /** Without a path. */
  readonly url: string;
  /** What to trust. */
  readonly ca: string | undefined;
  /** Whether `ca` is the server's own certificate: then its name does not matter. */
  readonly isPinned: boolean;
  /** What to show. */
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

export function addServerOptions(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration the server was started with')
    .option('--url <url>', 'or its address, e.g. https://sign.example:8545')
    .option('--ca <file>', 'with --url: certificate authority to trust, PEM')
    .option('--cert <file>', 'certificate to show where clients need one, PEM')
    .option('--cert-key <file>', 'its private key, PEM');
}

/** @throws BoundaryError ERR_CONFIG_INVALID when the options name no address, or files that cannot be read. */
export function serverPlace(flags: ServerFlags): ServerPlace {
  const shown = {
    cert: flags.cert === undefined ? undefined : readPem(flags.cert, '--cert'),
    key: flags.certKey === undefined ? undefined : readPem(flags.certKey, '--cert-key'),
  };
  if (flags.url !== undefined) {
    const ca = flags.ca === undefined ? undefined : readPem(flags.ca, '--ca');
    return { url: checkedUrl(flags.url), ca, isPinned: false, ...shown };
  }
  if (flags.config === undefined) throw invalid('--config', 'a configuration file, or --url');
  const { listen } = readConfigFile(flags.config);
  const base = path.dirname(path.resolve(flags.config));
  const { tls } = listen;
  const ca =
    tls === undefined ? undefined : readPem(path.resolve(base, tls.cert), 'listen.tls.cert');
  return { url: urlOf(listen), ca, isPinned: true, ...shown };
}

function urlOf({ host, port, tls }: Config['listen']): string {
  if (port === 0)
    throw invalid('--url', 'the address: the configuration lets the system choose it');
  const scheme = tls === undefined ? 'http' : 'https';
  return `${scheme}://${reachable(host)}:${port}`;
}

/** Nobody can connect to "every address"; this machine's own is meant. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function checkedUrl(text: string): string {
  const url = URL.parse(text);
  const isPlain = url !== null && (url.pathname === '/' || url.pathname === '');
  if (url !== null && isPlain && /^https?:$/.test(url.protocol) && url.search === '') {
    return url.origin;
  }
  throw invalid('--url', 'http:// or https://, a host, a port, and no path');
}

function readPem(file: string, field: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw invalid(field, 'a file that can be read');
  }
}

function invalid(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { field, expected } });
}
