import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createTestAuthority, createTestCertificate } from './test-certificate.ts';

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

describe('a test authority', () => {
  it('vouches for the certificates it issues, and for no others', () => {
    const [authority, namesake] = [createTestAuthority('one'), createTestAuthority('one')];
    const own = new X509Certificate(authority.certPem);
    const { certPem, keyPem } = authority.issue({ commonName: 'client', dnsNames: ['a.test'] });
    const issued = new X509Certificate(certPem);
    expect(own.ca && own.checkIssued(own) && own.verify(own.publicKey)).toBe(true);
    expect(issued.ca).toBe(false);
    expect(issued.checkIssued(own) && issued.verify(own.publicKey)).toBe(true);
    expect(issued.verify(new X509Certificate(namesake.certPem).publicKey)).toBe(false);
    expect(issued.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
    expect(issued.subject).toBe('CN=client');
    expect(issued.checkHost('a.test')).toBe('a.test');
    expect(issued.checkIP('127.0.0.1')).toBe('127.0.0.1');
  });

  it('issues certificates that have expired when told to', () => {
    const { certPem } = createTestAuthority().issue({ commonName: 'late', validDays: -1 });
    expect(Date.parse(new X509Certificate(certPem).validTo)).toBeLessThan(Date.now());
  });
});
