/**
 * For tests: a certificate and its key, made on the spot, so that no private key lies in the tree.
 *
 * The certificate is the least that can be read as one: X.509 version 1, self-signed, P-256, without
 * extensions. No client would trust it; no test here connects.
 *
 * @module
 * @see RFC 5280, section 4.1
 */

import { generateKeyPairSync, sign } from 'node:crypto';

export interface TlsPair {
  readonly certPem: string;
  readonly keyPem: string;
}

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;

/** Makes a pair; every call makes another key. */
export function makeTlsPair(): TlsPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // ecdsa-with-SHA256, 1.2.840.10045.4.3.2
  const algorithm = Buffer.from('300a06082a8648ce3d040302', 'hex');
  const nobody = der(SEQUENCE);
  const times = der(
    SEQUENCE,
    der(UTC_TIME, ascii('260101000000Z')),
    der(UTC_TIME, ascii('490101000000Z')),
  );
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const content = der(SEQUENCE, der(INTEGER, Buffer.of(1)), algorithm, nobody, times, nobody, spki);
  const signature = Buffer.concat([Buffer.of(0), sign('sha256', content, privateKey)]);
  const certificate = der(SEQUENCE, content, algorithm, der(BIT_STRING, signature));
  return {
    certPem: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** Tag, length, contents; lengths up to 65,535. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag, ...derLength(body.length)), body]);
}

function derLength(length: number): readonly number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

function ascii(text: string): Buffer {
  return Buffer.from(text, 'ascii');
}
