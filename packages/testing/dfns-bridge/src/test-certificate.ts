/**
 * A self-signed certificate for a server, made when it is needed, so that no private key
 * lies in the repository.
 *
 * @module
 * @see RFC 5280 (certificate), X.690 (DER)
 */

import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface TestCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}

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
  const { validDays = 7, address = [127, 0, 0, 1] } = options;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const nowMs = Date.now();
  const content = der(
    TAG.sequence,
    der(0xa0, der(TAG.integer, [2])),
    der(TAG.integer, [1, ...randomBytes(15)]),
    algorithm(),
    name(),
    der(TAG.sequence, time(nowMs - DAY_MS * 30), time(nowMs + DAY_MS * validDays)),
    name(),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(TAG.sequence, constraints(), alternativeNames(address))),
  );
  const signature = sign('sha256', content, privateKey);
  const certificate = der(TAG.sequence, content, algorithm(), der(TAG.bitString, [0], signature));
  return {
    certPem: toPem(certificate),
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function algorithm(): Buffer {
  return der(TAG.sequence, objectId('ecdsaWithSha256'));
}

function name(): Buffer {
  const commonName = der(TAG.utf8, Buffer.from('localhost'));
  return der(TAG.sequence, der(TAG.set, der(TAG.sequence, objectId('commonName'), commonName)));
}

function constraints(): Buffer {
  const isAuthority = der(TAG.sequence, der(TAG.boolean, [0xff]));
  return der(TAG.sequence, objectId('basicConstraints'), der(TAG.octetString, isAuthority));
}

function alternativeNames(address: readonly number[]): Buffer {
  const names = der(TAG.sequence, der(0x87, address));
  return der(TAG.sequence, objectId('subjectAltName'), der(TAG.octetString, names));
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
