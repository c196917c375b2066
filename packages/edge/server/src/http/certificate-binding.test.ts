import type { EdgeSettings } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import type { CallerCertificate } from './caller.ts';
import { createCertificateBinding } from './certificate-binding.ts';

type Settings = Pick<EdgeSettings, 'clients' | 'tls'>;
type Listed = EdgeSettings['clients'][number]['certificates'];

const BOT = 'a'.repeat(64);
const OPS = 'b'.repeat(64);
const NOBODYS = 'c'.repeat(64);
const TLS = { certPem: 'x', keyPem: 'x', caPem: 'x', clientCertificates: true };

const client = (clientId: string, certificates: Listed) => ({
  clientId,
  secrets: ['s'],
  certificates,
});
const certificate = (sha256: string, ...names: readonly string[]): CallerCertificate => ({
  sha256,
  names,
});

const SETTINGS: Settings = {
  tls: TLS,
  clients: [
    client('bot', [{ sha256: BOT }]),
    client('ops', [{ name: 'ops.example' }]),
    client('both', [{ sha256: BOT, name: 'both' }, { sha256: OPS }]),
    client('free', []),
    client('other', []),
    client('odd', [{}]),
  ],
};

function verdict(
  clientId: string,
  given: CallerCertificate | undefined,
  settings = SETTINGS,
): string {
  try {
    createCertificateBinding(settings).assert(clientId, given);
    return 'ok';
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}

const MISMATCH = 'ERR_AUTH_CERTIFICATE_MISMATCH';
const REQUIRED = 'ERR_AUTH_CERTIFICATE_REQUIRED';

describe('a certificate', () => {
  const cases: readonly (readonly [string, string, CallerCertificate | undefined, string])[] = [
    ['is needed by a client with a list', 'bot', undefined, REQUIRED],
    ['is needed by a client without one', 'free', undefined, REQUIRED],
    ['is needed by a client nobody knows', 'nobody', undefined, REQUIRED],
    ['that is listed by fingerprint will do', 'bot', certificate(BOT), 'ok'],
    ['of another fingerprint will not', 'bot', certificate(OPS), MISMATCH],
    [
      'with the name of the client, but not listed, will not',
      'bot',
      certificate(OPS, 'bot'),
      MISMATCH,
    ],
    ['that is listed by name will do', 'ops', certificate(OPS, 'x', 'ops.example'), 'ok'],
    ['of another name will not', 'ops', certificate(OPS, 'ops.example.org'), MISMATCH],
    ['without names will not where a name is listed', 'ops', certificate(OPS), MISMATCH],
    ['must have both where both are listed', 'both', certificate(BOT, 'both'), 'ok'],
    ['with the fingerprint alone will not', 'both', certificate(BOT, 'x'), MISMATCH],
    ['with the name alone will not', 'both', certificate(NOBODYS, 'both'), MISMATCH],
    ['may be the second of the list', 'both', certificate(OPS), 'ok'],
    ['is none that an empty row lists', 'odd', certificate(BOT, 'odd'), MISMATCH],
    ['that nobody lists will do for a client without a list', 'free', certificate(NOBODYS), 'ok'],
    [
      'with the own name will do for a client without a list',
      'free',
      certificate(NOBODYS, 'free'),
      'ok',
    ],
    ['with a name that is no client will do', 'free', certificate(NOBODYS, 'mail.example'), 'ok'],
    ['named after another client will not', 'free', certificate(NOBODYS, 'other'), MISMATCH],
    [
      'named after another client too will not',
      'free',
      certificate(NOBODYS, 'free', 'bot'),
      MISMATCH,
    ],
    ['named like a method will do', 'free', certificate(NOBODYS, 'constructor'), 'ok'],
    [
      'of a client nobody knows, named after one, will not',
      'nobody',
      certificate(NOBODYS, 'bot'),
      MISMATCH,
    ],
    ['listed for another client by fingerprint will not', 'free', certificate(BOT), MISMATCH],
    [
      'listed for another client by name will not',
      'free',
      certificate(NOBODYS, 'ops.example'),
      MISMATCH,
    ],
  ];

  it.each(cases)('%s', (_name, clientId, given, expected) => {
    expect(verdict(clientId, given)).toBe(expected);
  });

  it.each([
    ['without TLS', { clients: SETTINGS.clients }],
    ['without client certificates', { ...SETTINGS, tls: { ...TLS, clientCertificates: false } }],
  ])('is not asked for %s', (_name, settings) => {
    expect(verdict('bot', undefined, settings)).toBe('ok');
    expect(verdict('bot', certificate(OPS, 'ops'), settings)).toBe('ok');
  });
});
