/**
 * A DFNS bridge on loopback: checks both credentials and the request, hashes and signs, and can be
 * told to misbehave.
 *
 * @module
 */

import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Behaviour } from './behaviour.ts';
import { commitFault } from './connection-fault.ts';
import { type BridgeAccess, type Reaction, react, SIGN_PATH } from './reaction.ts';

const MAX_BODY_BYTES = 1_048_576;

export interface DfnsBridgeOptions extends BridgeAccess {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** PEM; absent means plain HTTP. */
  readonly tls?: { readonly certPem: string; readonly keyPem: string };
  /** How to answer until told otherwise; default `honest`. */
  readonly behaviour?: Behaviour;
}

/** A request as it arrived, before any check of it. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<http.IncomingHttpHeaders>;
  /** Names and values in the order and case sent. */
  readonly rawHeaders: readonly string[];
  readonly bodyText: string;
}

export interface DfnsBridge {
  /** Where to send sign requests and preflights. */
  readonly url: string;
  /** Every request so far, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** Connections open now. */
  connectionCount(): number;
  /** Answers like this from now on. */
  behave(behaviour: Behaviour): void;
  /** Answers the next requests like this, one each, and then as before. */
  behaveOnce(...behaviours: readonly Behaviour[]): void;
  /** Stops, also in the middle of answers. */
  close(): Promise<void>;
}

/**
 * Starts a bridge on 127.0.0.1.
 *
 * It refuses, in this order: wrong credentials → 401, wrong path → 404, wrong method → 405, another
 * content type → 415, and to sign an unreadable body → 400 or with an unknown key → 422. What is left
 * is answered as told; of the behaviours, those of status and connection apply to preflights too.
 */
export async function startDfnsBridge(options: DfnsBridgeOptions): Promise<DfnsBridge> {
  const requests: RecordedRequest[] = [];
  const queue: Behaviour[] = [];
  let standing: Behaviour = options.behaviour ?? 'honest';

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    requests.push(record(request, body));
    const behaviour = queue.shift() ?? standing;
    carryOut(react(options, behaviour, request, body), response);
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response).catch(() => response.destroy());
  };
  const { tls } = options;
  const server =
    tls === undefined
      ? http.createServer(listener)
      : https.createServer({ cert: tls.certPem, key: tls.keyPem }, listener);
  // Closing the server's requests alone would wait for a handshake that never ends.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}${SIGN_PATH}`,
    requests,
    connectionCount: () => sockets.size,
    behave(behaviour) {
      standing = behaviour;
    },
    behaveOnce(...behaviours) {
      queue.push(...behaviours);
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new Error('request body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function record(request: IncomingMessage, body: Buffer): RecordedRequest {
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    bodyText: body.toString('utf8'),
  };
}

function carryOut(reaction: Reaction, response: ServerResponse): void {
  if ('fault' in reaction) {
    commitFault(reaction.fault, response, reaction.honestText);
    return;
  }
  response.writeHead(reaction.status, { 'content-type': 'application/json', ...reaction.headers });
  response.end(reaction.body);
}
