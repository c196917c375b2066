/**
 * Binding of client certificates to client ids.
 *
 * A client with listed certificates may use only those. A client without any may use every trusted
 * certificate that is not listed for another client and does not bear another client's id as its name.
 *
 * @module
 */

import { BoundaryError, type EdgeSettings } from '@countersign/protocol';
import type { CallerCertificate } from './caller.ts';

export interface CertificateBinding {
  /**
   * Demands that the certificate may speak for the client.
   *
   * @throws BoundaryError ERR_AUTH_CERTIFICATE_REQUIRED, ERR_AUTH_CERTIFICATE_MISMATCH.
   */
  assert(clientId: string, certificate: CallerCertificate | undefined): void;
}

/** @returns A binding that demands nothing when client certificates are not required. */
export function createCertificateBinding(
  settings: Pick<EdgeSettings, 'clients' | 'tls'>,
): CertificateBinding {
  if (settings.tls?.clientCertificates !== true) return { assert: () => undefined };
  const clients = new Map(settings.clients.map((client) => [client.clientId, client.certificates]));
  const isAnothers = (clientId: string, certificate: CallerCertificate): boolean =>
    [...clients].some(
      ([other, listed]) =>
        other !== clientId &&
        (certificate.names.includes(other) || listed.some((item) => matches(item, certificate))),
    );
  return {
    assert(clientId, certificate) {
      if (certificate === undefined) throw new BoundaryError('ERR_AUTH_CERTIFICATE_REQUIRED');
      const listed = clients.get(clientId) ?? [];
      const allowed =
        listed.length > 0
          ? listed.some((item) => matches(item, certificate))
          : !isAnothers(clientId, certificate);
      if (!allowed) throw new BoundaryError('ERR_AUTH_CERTIFICATE_MISMATCH');
    },
  };
}

function matches(
  listed: EdgeSettings['clients'][number]['certificates'][number],
  certificate: CallerCertificate,
): boolean {
  if (listed.sha256 === undefined && listed.name === undefined) return false;
  const sameKey = listed.sha256 === undefined || listed.sha256 === certificate.sha256;
  return sameKey && (listed.name === undefined || certificate.names.includes(listed.name));
}
