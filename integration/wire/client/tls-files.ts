/**
 * Certificates of a server and its clients, in files, for the length of a test.
 *
 * @module
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createTestAuthority,
  type TestAuthority,
  type TestCertificate,
} from '@countersign/testing-dfns-bridge';
import { temporaryDirectory } from '@countersign/testing-keyring-process';
import type { ClientTls } from './wire-client.ts';

export interface TlsFiles {
  readonly directory: string;
  /** Signs the server's and the clients' certificates. */
  readonly authority: TestAuthority;
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** Variables for HTTPS; with `mutual`, client certificates are demanded. */
  env(mutual: boolean): Record<string, string>;
  /** Replaces the server's certificate and key. */
  install(certificate: TestCertificate): void;
  /** Options of a client that trusts the authority and shows a certificate issued by it. */
  clientOf(commonName: string, issuer?: TestAuthority): ClientTls;
}

/** Makes an authority and a server certificate, and writes them to a fresh directory. */
export function createTlsFiles(): TlsFiles {
  const directory = temporaryDirectory();
  const authority = createTestAuthority();
  const place = {
    cert: join(directory, 'server.crt'),
    key: join(directory, 'server.key'),
    ca: join(directory, 'ca.crt'),
  };
  const install = ({ certPem, keyPem }: TestCertificate): void => {
    writeFileSync(place.cert, certPem);
    writeFileSync(place.key, keyPem, { mode: 0o600 });
  };
  install(authority.issue({ commonName: 'localhost' }));
  writeFileSync(place.ca, authority.certPem);
  return {
    directory,
    authority,
    ...place,
    install,
    env: (mutual) => ({
      KEYRING_TRANSPORT: 'https',
      KEYRING_TLS_CERT_PATH: place.cert,
      KEYRING_TLS_KEY_PATH: place.key,
      ...(mutual ? { KEYRING_TLS_CA_PATH: place.ca, KEYRING_MTLS_REQUIRED: 'true' } : {}),
    }),
    clientOf: (commonName, issuer = authority) => clientOf(authority, issuer, commonName),
  };
}

function clientOf(trusted: TestAuthority, issuer: TestAuthority, commonName: string): ClientTls {
  const { certPem, keyPem } = issuer.issue({ commonName });
  return { ca: trusted.certPem, cert: certPem, key: keyPem };
}
