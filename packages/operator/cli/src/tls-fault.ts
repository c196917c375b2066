/**
 * Whether TLS files can be used, found out before a server stakes its listening on them.
 *
 * @module
 */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { EdgeSettings } from '@countersign/protocol';

export interface TlsFault {
  readonly part: 'cert' | 'key' | 'ca';
  /** What the file should hold. */
  readonly expected: string;
}

/** Finds what is wrong with certificate, key and authority; `undefined` when they fit. */
export function findTlsFault(tls: NonNullable<EdgeSettings['tls']>): TlsFault | undefined {
  const certificate = attempt(() => new X509Certificate(tls.certPem));
  if (certificate === undefined) return { part: 'cert', expected: 'a certificate in PEM' };
  const key = attempt(() => createPrivateKey(tls.keyPem));
  if (key === undefined) return { part: 'key', expected: 'a private key in PEM, not encrypted' };
  if (!certificate.checkPrivateKey(key)) {
    return { part: 'key', expected: 'the private key of the certificate' };
  }
  const { caPem } = tls;
  const authority = caPem === undefined || attempt(() => new X509Certificate(caPem)) !== undefined;
  return authority ? undefined : { part: 'ca', expected: 'certificates in PEM' };
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
