/**
 * Certificates for tests, made when they are needed, so that no private key lies in the repository.
 *
 * @module
 */

import { createCertificateKey, writeCertificate, writePrivateKey } from './der.ts';

export interface TestCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}

const LOOPBACK = [127, 0, 0, 1];

/**
 * Makes a P-256 key and a certificate that is its own authority, valid from 30 days ago on.
 *
 * @param options.validDays - Days from now until it expires, default 7; down to −29 for one that has
 *   expired already.
 * @param options.address - The four bytes of its IP address, default 127.0.0.1.
 */
export function createTestCertificate(
  options: { readonly validDays?: number; readonly address?: readonly number[] } = {},
): TestCertificate {
  const { validDays = 7, address = LOOPBACK } = options;
  const key = createCertificateKey();
  const names = { subject: 'localhost', issuer: 'localhost', dnsNames: [], addresses: [address] };
  const certPem = writeCertificate({ ...names, isAuthority: true, validDays }, key, key);
  return { certPem, keyPem: writePrivateKey(key) };
}

export interface TestAuthority {
  /** Its own certificate, to be trusted. */
  readonly certPem: string;
  /** Issues a certificate to a server at 127.0.0.1 or to a client. */
  issue(options: IssueOptions): TestCertificate;
}

export interface IssueOptions {
  readonly commonName: string;
  /** Alternative names beside 127.0.0.1. */
  readonly dnsNames?: readonly string[];
  /** Default 7; negative for one that has expired already. */
  readonly validDays?: number;
}

/** Makes a certification authority. Two of the same name do not vouch for each other. */
export function createTestAuthority(commonName: string = 'test authority'): TestAuthority {
  const authorityKey = createCertificateKey();
  const own = {
    subject: commonName,
    issuer: commonName,
    isAuthority: true,
    validDays: 7,
    addresses: [],
    dnsNames: [],
  };
  return {
    certPem: writeCertificate(own, authorityKey, authorityKey),
    issue({ commonName: subject, dnsNames = [], validDays = 7 }) {
      const key = createCertificateKey();
      const content = {
        ...own,
        subject,
        isAuthority: false,
        validDays,
        addresses: [LOOPBACK],
        dnsNames,
      };
      return {
        certPem: writeCertificate(content, key, authorityKey),
        keyPem: writePrivateKey(key),
      };
    },
  };
}
