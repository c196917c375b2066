/**
 * A self-signed certificate for 127.0.0.1 and localhost, good for two days.
 *
 * @module
 */

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface TestCertificate {
  readonly certPath: string;
  readonly keyPath: string;
  readonly certPem: string;
}

/**
 * Makes a key and a certificate in `directory` with the `openssl` of the machine.
 *
 * @throws Error when `openssl` is missing or refuses.
 */
export async function issueCertificate(directory: string): Promise<TestCertificate> {
  const certPath = join(directory, 'cert.pem');
  const keyPath = join(directory, 'key.pem');
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ...['-keyout', keyPath, '-out', certPath],
  ]);
  return { certPath, keyPath, certPem: await readFile(certPath, 'utf8') };
}
