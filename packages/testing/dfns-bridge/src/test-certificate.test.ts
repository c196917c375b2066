import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createTestCertificate } from './test-certificate.ts';

describe('createTestCertificate', () => {
  it('makes a certificate that its own key has signed', () => {
    const { certPem, keyPem } = createTestCertificate();
    const certificate = new X509Certificate(certPem);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
    expect(certificate.ca).toBe(true);
  });

  it('names the address and nothing else', () => {
    const certificate = new X509Certificate(
      createTestCertificate({ address: [10, 1, 2, 3] }).certPem,
    );
    expect(certificate.checkIP('10.1.2.3')).toBe('10.1.2.3');
    expect(certificate.checkIP('127.0.0.1')).toBeUndefined();
    expect(certificate.subjectAltName).toBe('IP Address:10.1.2.3');
  });

  it('can have expired', () => {
    const { certPem } = createTestCertificate({ validDays: -1 });
    const { validFromDate, validToDate } = new X509Certificate(certPem);
    expect(validToDate.getTime()).toBeLessThan(Date.now());
    expect(validFromDate.getTime()).toBeLessThan(validToDate.getTime());
  });
});
