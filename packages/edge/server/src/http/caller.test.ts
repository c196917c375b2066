import { Socket } from 'node:net';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { incomingOf } from '../../test/incoming.ts';
import { callerOf } from './caller.ts';

/** A TLS socket that has seen this certificate. */
function tlsSocket(peer: Partial<PeerCertificate> | object, authorized = true): TLSSocket {
  const socket = new TLSSocket(new Socket());
  Object.defineProperty(socket, 'authorized', { value: authorized });
  Object.defineProperty(socket, 'remoteAddress', { value: '10.0.0.7' });
  socket.getPeerCertificate = () => peer as never;
  return socket;
}

function certificateOf(peer: object): ReturnType<typeof callerOf>['certificate'] {
  return callerOf(incomingOf({ socket: tlsSocket(peer) })).certificate;
}

const FINGERPRINT = `AB:${'0F:'.repeat(30)}CD`;

it('is known by its address', () => {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: '::1' });
  expect(callerOf(incomingOf({ socket }))).toEqual({ address: '::1', certificate: undefined });
});

it('has an unknown address when the connection is gone already', () => {
  expect(callerOf(incomingOf()).address).toBe('unknown');
});

describe('a certificate', () => {
  it('is known by its fingerprint and all its names', () => {
    const peer = {
      fingerprint256: FINGERPRINT,
      subject: { CN: 'agent' },
      subjectaltname: 'DNS:agent.example, URI:spiffe://example/agent, IP Address:10.0.0.7',
    };
    expect(certificateOf(peer)).toEqual({
      sha256: `ab${'0f'.repeat(30)}cd`,
      names: ['agent', 'agent.example', 'spiffe://example/agent'],
    });
  });

  it('may have several common names, or none', () => {
    const names = (subject: object | undefined) =>
      certificateOf({ fingerprint256: FINGERPRINT, subject })?.names;
    expect(names({ CN: ['a', 'b', 'a'] })).toEqual(['a', 'b']);
    expect(names({})).toEqual([]);
    expect(names(undefined)).toEqual([]);
  });

  it('has no name out of one that Node had to quote', () => {
    const subjectaltname = 'DNS:"evil, DNS:agent", DNS:honest';
    const names = certificateOf({ fingerprint256: FINGERPRINT, subjectaltname })?.names;
    expect(names).toEqual(['honest']);
  });

  it('has no name out of an e-mail address or a directory name', () => {
    const subjectaltname = 'email:agent@example, DirName:CN = agent';
    expect(certificateOf({ fingerprint256: FINGERPRINT, subjectaltname })?.names).toEqual([]);
  });

  it('that did not verify is none', () => {
    const socket = tlsSocket({ fingerprint256: FINGERPRINT }, false);
    expect(callerOf(incomingOf({ socket }))).toEqual({
      address: '10.0.0.7',
      certificate: undefined,
    });
  });

  it('that was not sent is none', () => {
    expect(certificateOf({})).toBeUndefined();
  });
});
