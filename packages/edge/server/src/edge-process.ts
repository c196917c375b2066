/**
 * The edge process: settings, signer pipes and the order to stop arrive over the channel to the
 * supervisor.
 *
 * @module
 */

import { flushCompileCache } from 'node:module';
import { Socket } from 'node:net';
import {
  BoundaryError,
  type EdgeControl,
  type EdgeSettings,
  edgeControlSchema,
  isBoundaryError,
  type ProcessEvent,
} from '@countersign/protocol';
import { createEdgeServer, type EdgeServer } from './edge-server.ts';
import { createEventLog, type EventLog } from './event-log.ts';
import { createSignerLink, type SignerLink } from './signer-link.ts';

/** How long a start waits for the first signer before it answers without one. */
const FIRST_SIGNER_MS = 5_000;
/** When connections that will not finish are cut, so that the stop keeps its promise. */
const DRAIN_MS = 3_800;
const STDOUT = 1;

/**
 * Runs until told to stop, or until the supervisor is gone.
 *
 * @param programDirs - Directories of the program and its compile cache; the right to write there is
 *   given up after start.
 */
export function runEdgeProcess(programDirs: readonly string[]): void {
  const host = new EdgeHost(programDirs);
  process.on('message', (message, handle) => {
    host.obey(edgeControlSchema.parse(message), handle instanceof Socket ? handle : undefined);
  });
  // Nobody could stop or configure an edge without a supervisor.
  process.on('disconnect', () => process.exit(0));
}

class EdgeHost {
  readonly #signer: SignerLink = createSignerLink();
  #events: EventLog | undefined;
  #server: EdgeServer | undefined;
  readonly #programDirs: readonly string[];

  constructor(programDirs: readonly string[]) {
    this.#programDirs = programDirs;
  }

  obey(control: EdgeControl, handle: Socket | undefined): void {
    if (control.op === 'signer') {
      if (handle !== undefined) this.#signer.connect(handle);
    } else if (control.op === 'stop') void this.#stop();
    else if (this.#server === undefined) void this.#start(control.settings);
    else this.#reload(this.#server, control.settings);
  }

  async #start(settings: EdgeSettings): Promise<void> {
    try {
      const events = createEventLog(settings.logLevel, STDOUT);
      this.#events = events;
      const clock = { nowMs: () => Date.now() };
      this.#server = createEdgeServer({ signer: this.#signer, events, clock }, settings);
      await this.#server.preflight();
      const url = await this.#server.listen();
      this.#dropProgram();
      events.emit('server.started', undefined, { url, profile: settings.profile });
      await this.#signer.connected(FIRST_SIGNER_MS);
      this.#emit({ event: 'ready', inForce: inForce(settings, url) });
    } catch (error) {
      this.#fail(error, false);
      await this.#stop();
    }
  }

  #dropProgram(): void {
    flushCompileCache();
    for (const dir of this.#programDirs) process.permission?.drop?.('fs.write', dir);
  }

  #reload(server: EdgeServer, settings: EdgeSettings): void {
    try {
      server.configure(settings);
      this.#emit({ event: 'ready', inForce: inForce(settings, 'unchanged') });
    } catch (error) {
      this.#fail(error, true);
    }
  }

  async #stop(): Promise<void> {
    setTimeout(() => this.#leave(), DRAIN_MS).unref();
    await this.#server?.stop();
    this.#leave();
  }

  #leave(): void {
    this.#events?.flush();
    process.exit(0);
  }

  #fail(error: unknown, reload: boolean): void {
    const known = isBoundaryError(error) ? error : new BoundaryError('ERR_INTERNAL');
    this.#emit({ event: 'fatal', code: known.code, details: { ...known.details }, reload });
  }

  #emit(event: ProcessEvent): void {
    process.send?.(event);
  }
}

function inForce(settings: EdgeSettings, url: string): Record<string, string> {
  const { rateLimit, leakScan, nonceStore, tls } = settings;
  return {
    address: url,
    profile: settings.profile,
    transport: transport(tls),
    clients: settings.clients.map((client) => client.clientId).join(', '),
    'request nonces': nonceStore === 'redis' ? 'Redis and the ledger' : 'the ledger, durable',
    'rate limit':
      rateLimit === undefined
        ? 'off'
        : `${rateLimit.maxRequests} per ${rateLimit.windowMs} ms (${rateLimit.store})`,
    'leak scan': leakScan,
    custody: settings.bridge === undefined ? 'local keys' : 'DFNS bridge',
  };
}

function transport(tls: EdgeSettings['tls']): string {
  if (tls === undefined) return 'http';
  return tls.clientCertificates ? 'https with client certificates' : 'https';
}
