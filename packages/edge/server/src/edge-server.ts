/**
 * The listening edge: one HTTP or HTTPS server, settings that can be replaced while it runs, a stop
 * that drains.
 *
 * @module
 */

import {
  createServer as createHttpServer,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type SecureContextOptions, Server as TlsServer } from 'node:tls';
import { createDfnsClient, type DfnsClient } from '@countersign/custody';
import { BoundaryError, type EdgeSettings, LIMITS, Secret } from '@countersign/protocol';
import { getRequestListener } from '@hono/node-server';
import { createAddressLimit } from './address-limit.ts';
import { type ConnectionLimits, createConnectionLimits } from './connection-limits.ts';
import { createEdgeApp, type EdgeApp } from './edge-app.ts';
import type { EventLog } from './event-log.ts';
import { createAuthenticator } from './http/authenticate.ts';
import { answerBadConnection } from './http/bad-connection.ts';
import { createOperatorAuthenticator } from './http/operator-authenticator.ts';
import { setTargetAside } from './http/request-target.ts';
import { createLeakScanner } from './leak-scan/leak-scanner.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createReleases } from './releases.ts';
import { createSharedStores, type SharedStores } from './shared-stores.ts';
import type { SignerLink } from './signer-link.ts';

export interface EdgeServerDeps {
  readonly signer: SignerLink;
  readonly events: EventLog;
  readonly clock: { nowMs(): number };
}

export interface EdgeServer {
  /**
   * Binds the address of the settings.
   *
   * @returns The URL it answers at.
   * @throws BoundaryError ERR_LISTEN_FAILED.
   */
  listen(): Promise<string>;
  /**
   * Asks the bridge for a sign of life, where the settings want that before the start.
   *
   * @throws BoundaryError ERR_CUSTODIAN_UNAVAILABLE.
   */
  preflight(): Promise<void>;
  /** Puts new settings in force for new requests; address and transport cannot change. */
  configure(settings: EdgeSettings): void;
  /** Stops listening, lets requests finish, closes everything. */
  stop(): Promise<void>;
}

/** @throws BoundaryError ERR_CONFIG_INVALID for TLS files or bridge settings that cannot be used. */
export function createEdgeServer(deps: EdgeServerDeps, settings: EdgeSettings): EdgeServer {
  return new ListeningEdge(deps, settings);
}

class ListeningEdge implements EdgeServer {
  readonly #deps: EdgeServerDeps;
  readonly #server: Server;
  readonly #limits: ConnectionLimits;
  readonly #metrics: Metrics;
  readonly #addressLimit = createAddressLimit();
  readonly #operatorLimit = createAddressLimit();
  readonly #releases = createReleases();
  #settings: EdgeSettings;
  #stores: SharedStores;
  #bridge: DfnsClient | undefined;
  #app: EdgeApp;
  #stopping = false;

  constructor(deps: EdgeServerDeps, settings: EdgeSettings) {
    this.#deps = deps;
    this.#settings = settings;
    this.#limits = createConnectionLimits({
      maxConnectionsPerAddress: settings.maxConnectionsPerAddress,
      maxInFlight: settings.maxInFlight,
    });
    this.#metrics = createMetrics(
      () => this.#limits.counts().requests,
      () => deps.signer.isConnected,
    );
    this.#stores = this.#openStores(settings);
    this.#bridge = bridgeFrom(settings);
    this.#app = this.#createApp();
    this.#server = this.#createServer();
  }

  listen(): Promise<string> {
    const { host, port, tls } = this.#settings;
    return new Promise((resolve, reject) => {
      this.#server.once('error', (cause: NodeJS.ErrnoException) =>
        reject(
          new BoundaryError('ERR_LISTEN_FAILED', {
            details: { host, port, reason: cause.code ?? 'unknown' },
            cause,
          }),
        ),
      );
      this.#server.listen(port, host, () => {
        const { port: bound } = this.#server.address() as AddressInfo;
        const name = host.includes(':') ? `[${host}]` : host;
        resolve(`${tls === undefined ? 'http' : 'https'}://${name}:${bound}`);
      });
    });
  }

  configure(settings: EdgeSettings): void {
    const fixed = { host: this.#settings.host, port: this.#settings.port };
    const bridge = bridgeFrom(settings);
    const stores = this.#stores.fits(settings) ? this.#stores : this.#openStores(settings);
    if (settings.tls !== undefined && this.#server instanceof TlsServer) {
      this.#server.setSecureContext(secureContext(settings.tls));
    }
    const { tls: before } = this.#settings;
    this.#settings = { ...settings, ...fixed };
    // A server cannot turn from HTTP to HTTPS and back while it listens.
    if (before === undefined) delete this.#settings.tls;
    const previous = { bridge: this.#bridge, stores: this.#stores };
    this.#bridge = bridge;
    this.#stores = stores;
    this.#app = this.#createApp();
    // Requests under way still use the previous ones.
    setTimeout(() => {
      previous.bridge?.close();
      if (previous.stores !== stores) void previous.stores.close();
    }, LIMITS.requestTimeoutMs).unref();
  }

  async preflight(): Promise<void> {
    const { bridge } = this.#settings;
    if (bridge?.preflightOnStart !== true) return;
    const result = await this.#bridge?.preflight();
    if (result?.ok === true) return;
    throw new BoundaryError('ERR_CUSTODIAN_UNAVAILABLE', {
      details: { field: 'KEYRING_DFNS_PREFLIGHT_ON_STARTUP', reason: result?.error ?? 'no answer' },
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    await closed;
    this.#bridge?.close();
    await this.#stores.close();
  }

  #createApp(): EdgeApp {
    const settings = this.#settings;
    return createEdgeApp({
      ...this.#deps,
      settings,
      metrics: this.#metrics,
      authenticator: createAuthenticator(settings),
      addressLimit: this.#addressLimit,
      operators: createOperatorAuthenticator(settings),
      operatorLimit: this.#operatorLimit,
      releases: this.#releases,
      requestNonces: this.#stores.requestNonces,
      rateLimiter: this.#stores.rateLimiter,
      leakScanner: settings.leakScan === 'off' ? undefined : createLeakScanner(),
      bridge: this.#bridge,
      isStopping: () => this.#stopping,
      storeFault: () => this.#stores.fault(),
      beginRequest: () => this.#limits.beginRequest(),
      beginUrgent: () => this.#limits.beginUrgent(),
    });
  }

  #createServer(): Server {
    const handle = getRequestListener((request, env) => this.#app.fetch(request, env), {
      overrideGlobalObjects: false,
    });
    const listener: RequestListener = (incoming, outgoing) => {
      setTargetAside(incoming);
      void handle(incoming, outgoing);
    };
    const { tls, profile } = this.#settings;
    const options: ServerOptions = {
      maxHeaderSize: LIMITS.headerBytes,
      headersTimeout: LIMITS.headersTimeoutMs,
      requestTimeout: LIMITS.requestTimeoutMs,
      keepAliveTimeout: LIMITS.keepAliveMs,
      connectionsCheckingInterval: 1_000,
    };
    const server =
      tls === undefined
        ? createHttpServer(options, listener)
        : createHttpsServer({ ...options, ...tlsOptions(tls, profile) }, listener);
    server.on('clientError', (error, socket) => answerBadConnection(error, socket, profile));
    server.on('connection', (socket: Socket) => this.#admit(socket));
    return server;
  }

  #admit(socket: Socket): void {
    const admission = this.#limits.openConnection(socket.remoteAddress ?? 'unknown');
    if (admission.admitted) socket.once('close', admission.release);
    else answerBadConnection(admission.error, socket, this.#settings.profile);
  }

  #openStores(settings: EdgeSettings): SharedStores {
    const { events } = this.#deps;
    return createSharedStores(settings, {
      onRedis: (state, reason) => events.emit(`redis.${state}`, undefined, { reason }),
    });
  }
}

function bridgeFrom({ bridge }: EdgeSettings): DfnsClient | undefined {
  if (bridge === undefined) return undefined;
  return createDfnsClient({
    url: bridge.url,
    authToken: new Secret(bridge.authToken),
    userActionSignature: new Secret(bridge.userActionSignature),
    timeoutMs: bridge.timeoutMs,
    preflightTimeoutMs: bridge.preflightTimeoutMs,
  });
}

function tlsOptions(
  tls: NonNullable<EdgeSettings['tls']>,
  profile: EdgeSettings['profile'],
): SecureContextOptions & { requestCert: boolean; rejectUnauthorized: boolean } {
  return {
    ...secureContext(tls),
    requestCert: tls.clientCertificates,
    // SPEC v1 wants an answer in words; the older contract fails the handshake.
    rejectUnauthorized: tls.clientCertificates && profile !== 'strict',
  };
}

function secureContext(tls: NonNullable<EdgeSettings['tls']>): SecureContextOptions {
  return {
    cert: tls.certPem,
    key: tls.keyPem,
    minVersion: 'TLSv1.2',
    ...(tls.caPem === undefined ? {} : { ca: tls.caPem }),
  };
}
