/**
 * Secrets made for one run, with characters that every notation writes differently.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { createTestCertificate } from '@countersign/testing-dfns-bridge';
import type { Planted } from './notations.ts';

/** Has to be quoted in JSON, in URLs, in shells and in forms. */
const AWKWARD = '"\\/+=&% ü{}';

function text(name: string): string {
  return `${name}${AWKWARD}${randomBytes(12).toString('base64url')}`;
}

/** A header holds no quotes or letters beyond ASCII. */
function headerText(name: string): string {
  return `${name}/+=${randomBytes(18).toString('base64url')}`;
}

/** Below the curve order; the first digits decide how many leading zeros there are. */
function key(firstDigits: string): bigint {
  return BigInt(`0x${firstDigits}${randomBytes(28).toString('hex')}`);
}

const tls = createTestCertificate();

/** What goes where; the keys are session private keys. */
export const SECRETS = {
  trading: key('03'),
  /** Written with leading zeros and upper-case digits. */
  spare: key('0000e'),
  retired: key('02'),
  hmac: text('hmac-first-'),
  nextHmac: text('hmac-next-'),
  otherHmac: text('hmac-other-'),
  passphrase: text('passphrase '),
  wrongPassphrase: text('wrong passphrase '),
  authToken: headerText('dfns-token'),
  userAction: headerText('user-action'),
  redisPassword: text('redis-'),
  tlsKeyPem: tls.keyPem,
} as const;

export const TLS_CERT_PEM = tls.certPem;

/** All of them, as they are looked for. */
export const PLANTED: readonly Planted[] = [
  ...Object.entries(SECRETS).map(([name, value]) => ({ name, value })),
  { name: 'the body of the TLS key', value: tls.keyPem.split('\n')[1] ?? '' },
];

export function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
