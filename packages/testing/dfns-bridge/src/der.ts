/**
 * Just enough DER to write certificates.
 *
 * @module
 * @see RFC 5280 (certificate), X.690 (DER)
 */

import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

const DAY_MS = 86_400_000;

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8: 0x0c,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Encoded arcs. */
const OBJECT_ID = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
} as const;

/** What one certificate says. */
export interface CertificateContent {
  readonly subject: string;
  readonly issuer: string;
  readonly isAuthority: boolean;
  /** Days from now until it expires; it is valid from 30 days ago on. */
  readonly validDays: number;
  /** Four bytes each. */
  readonly addresses: readonly (readonly number[])[];
  readonly dnsNames: readonly string[];
}

export interface CertificateKey {
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
}

/** A fresh P-256 key. */
export function createCertificateKey(): CertificateKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, publicKey: publicKey.export({ type: 'spki', format: 'der' }) };
}

/** Writes and signs a certificate over `subjectKey`; PEM. */
export function writeCertificate(
  content: CertificateContent,
  subjectKey: CertificateKey,
  issuerKey: CertificateKey,
): string {
  const nowMs = Date.now();
  const toBeSigned = der(
    TAG.sequence,
    der(0xa0, der(TAG.integer, [2])),
    der(TAG.integer, [1, ...randomBytes(15)]),
    algorithm(),
    name(content.issuer),
    der(TAG.sequence, time(nowMs - DAY_MS * 30), time(nowMs + DAY_MS * content.validDays)),
    name(content.subject),
    subjectKey.publicKey,
    der(0xa3, der(TAG.sequence, ...extensions(content))),
  );
  const signature = sign('sha256', toBeSigned, issuerKey.privateKey);
  return toPem(der(TAG.sequence, toBeSigned, algorithm(), der(TAG.bitString, [0], signature)));
}

/** A private key as PEM. */
export function writePrivateKey({ privateKey }: CertificateKey): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function algorithm(): Buffer {
  return der(TAG.sequence, objectId('ecdsaWithSha256'));
}

function name(text: string): Buffer {
  const commonName = der(TAG.utf8, Buffer.from(text));
  return der(TAG.sequence, der(TAG.set, der(TAG.sequence, objectId('commonName'), commonName)));
}

function extensions({ isAuthority, addresses, dnsNames }: CertificateContent): readonly Buffer[] {
  const authority = isAuthority ? der(TAG.sequence, der(TAG.boolean, [0xff])) : der(TAG.sequence);
  const alternatives = [
    ...dnsNames.map((text) => der(0x82, Buffer.from(text))),
    ...addresses.map((address) => der(0x87, address)),
  ];
  const names = alternatives.length === 0 ? [] : [der(TAG.sequence, ...alternatives)];
  return [
    extension('basicConstraints', authority),
    ...names.map((list) => extension('subjectAltName', list)),
  ];
}

function extension(of: keyof typeof OBJECT_ID, value: Buffer): Buffer {
  return der(TAG.sequence, objectId(of), der(TAG.octetString, value));
}

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.[0-9]+/g, '');
  return der(TAG.generalizedTime, Buffer.from(digits));
}

function objectId(of: keyof typeof OBJECT_ID): Buffer {
  return der(TAG.objectId, Buffer.from(OBJECT_ID[of], 'hex'));
}

/** One DER value of a tag and the parts of its content. */
function der(tag: number, ...parts: readonly (Uint8Array | readonly number[])[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([tag, ...derLength(content.length)]), content]);
}

function derLength(length: number): readonly number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

function toPem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
