/**
 * Who is at the other end of the connection, before any header is believed.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';
import { type PeerCertificate, TLSSocket } from 'node:tls';

/** Identity of a verified client certificate. */
export interface CallerCertificate {
  /** SHA-256 of the certificate, lower hex. */
  readonly sha256: string;
  /** Common name and DNS and URI alternative names. */
  readonly names: readonly string[];
}

export interface Caller {
  /** Remote address as the socket reports it. */
  readonly address: string;
  /** Absent without TLS, without a certificate, and with one that did not verify. */
  readonly certificate: CallerCertificate | undefined;
}

/** Reads the caller from a request's socket. */
export function callerOf(incoming: IncomingMessage): Caller {
  const { socket } = incoming;
  return { address: socket.remoteAddress ?? 'unknown', certificate: certificateOf(socket) };
}

function certificateOf(socket: unknown): CallerCertificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const peer = socket.getPeerCertificate();
  if (peer.fingerprint256 === undefined) return undefined;
  return { sha256: peer.fingerprint256.replaceAll(':', '').toLowerCase(), names: namesOf(peer) };
}

function namesOf(peer: PeerCertificate): readonly string[] {
  const commonNames = [peer.subject?.CN ?? []].flat();
  // Node quotes names with commas, so splitting cannot make one name into two.
  const alternatives = (peer.subjectaltname ?? '')
    .split(', ')
    .flatMap((name) => /^(?:DNS|URI):([^"]+)$/.exec(name)?.[1] ?? []);
  return [...new Set([...commonNames, ...alternatives])];
}
