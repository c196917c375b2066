/**
 * The supervisor: starts edge and signer, joins them by a pipe neither of them could have made, and
 * replaces a signer that died.
 *
 * It alone sees both settings: the edge never gets key material, not even in its environment. It
 * takes no part in any request.
 *
 * @module
 */

import {
  BoundaryError,
  type EdgeSettings,
  ERROR_TABLE,
  isErrorCode,
  type ProcessEvent,
  type SignerSettings,
} from '@countersign/protocol';
import { type EdgeChild, type EventLogSink, startEdgeChild } from './edge-child.ts';
import { type SignerChild, startSignerChild } from './signer-child.ts';

export interface Settings {
  readonly signer: SignerSettings;
  readonly edge: EdgeSettings;
}

export interface SupervisorOptions {
  readonly settings: Settings;
  /** Entry modules of the two processes, absolute paths. */
  readonly entries: { readonly signer: string; readonly edge: string };
  readonly report: SupervisorReport;
  /** Where the edge's event log goes; to our standard output when left out. */
  readonly eventLog?: EventLogSink;
  readonly restart?: RestartPauses;
}

/** Pauses before a signer that ended is replaced; each doubles the one before. */
export interface RestartPauses {
  /** Milliseconds; by default 100. */
  readonly firstMs: number;
  /** Milliseconds; by default 5,000. */
  readonly longestMs: number;
}

/** What the operator is told. */
export interface SupervisorReport {
  inForce(process: 'edge' | 'signer', rows: Readonly<Record<string, string>>): void;
  warning(text: string): void;
}

export interface Supervisor {
  /** Process ids, for tests and for the operator. */
  readonly pids: { readonly edge: number | undefined; readonly signer: number | undefined };
  /**
   * Resolves with the edge's rows (the address among them) when both processes are in force.
   *
   * @throws BoundaryError of whichever process could not start.
   */
  readonly ready: Promise<Readonly<Record<string, string>>>;
  /** Resolves with the exit status when everything has ended. */
  readonly ended: Promise<number>;
  /** Hands new settings to both; a process that refuses them keeps the old ones and says so. */
  reload(settings: Settings): void;
  /** Drains, then ends both within five seconds. */
  stop(): void;
}

const RESTART_PAUSES: RestartPauses = { firstMs: 100, longestMs: 5_000 };
/** A signer that lived this long starts the back-off afresh. */
const SETTLED_MS = 30_000;
const EDGE_STOP_MS = 4_200;
const SIGNER_STOP_MS = 600;

export function startSupervisor(options: SupervisorOptions): Supervisor {
  return new Supervision(options);
}

class Supervision implements Supervisor {
  readonly ready: Promise<Readonly<Record<string, string>>>;
  readonly ended: Promise<number>;
  readonly #options: SupervisorOptions;
  readonly #edge: EdgeChild;
  #signer: SignerChild;
  /** In force in the signer; the next one starts with these. */
  #inForce: SignerSettings;
  /** Handed to the signer and not answered yet, oldest first. */
  #offered: readonly SignerSettings[] = [];
  #signerStartedAtMs = 0;
  #signerRuns = false;
  #edgeRuns = true;
  readonly #pauses: RestartPauses;
  #pauseMs: number;
  #stopping = false;
  #restart: NodeJS.Timeout | undefined;
  #lastResort: NodeJS.Timeout | undefined;
  #readyRows: Readonly<Record<string, string>> | undefined;
  #signerReady = false;
  #status = 0;
  readonly #becomeReady: PromiseWithResolvers<Readonly<Record<string, string>>>;
  readonly #end: PromiseWithResolvers<number>;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#inForce = options.settings.signer;
    this.#pauses = options.restart ?? RESTART_PAUSES;
    this.#pauseMs = this.#pauses.firstMs;
    this.#becomeReady = Promise.withResolvers();
    this.#end = Promise.withResolvers();
    this.ready = this.#becomeReady.promise;
    this.ended = this.#end.promise;
    // Whoever does not wait for readiness still learns of the end.
    this.ready.catch(() => undefined);
    this.#edge = startEdgeChild(options.entries.edge, options.eventLog ?? 'inherit', {
      onEvent: (event) => this.#hearEdge(event),
      onExit: (reason) => this.#edgeGone(reason),
    });
    this.#edge.send({ op: 'configure', settings: options.settings.edge });
    this.#signer = this.#startSigner();
  }

  get pids(): Supervisor['pids'] {
    return { edge: this.#edge.pid, signer: this.#signer.pid };
  }

  reload(settings: Settings): void {
    this.#edge.send({ op: 'configure', settings: settings.edge });
    this.#offer(this.#signer, settings.signer);
  }

  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    clearTimeout(this.#restart);
    this.#edge.send({ op: 'stop' });
    setTimeout(() => this.#edge.kill(), EDGE_STOP_MS).unref();
  }

  #startSigner(): SignerChild {
    const { entries } = this.#options;
    this.#signerStartedAtMs = performance.now();
    this.#signerRuns = true;
    // One that died may have left a reload unanswered; nobody has refused it yet.
    const unanswered = this.#offered.filter((settings) => settings !== this.#inForce).slice(-1);
    this.#offered = [];
    const signer = startSignerChild(entries.signer, this.#inForce, {
      onEvent: (event) => this.#hearSigner(event),
      onExit: (reason) => this.#signerGone(reason),
    });
    for (const settings of [this.#inForce, ...unanswered]) this.#offer(signer, settings);
    this.#edge.send({ op: 'signer' }, signer.pipe);
    return signer;
  }

  #offer(signer: SignerChild, settings: SignerSettings): void {
    this.#offered = [...this.#offered, settings];
    signer.send({ op: 'configure', settings });
  }

  /** Takes note of an answer; answers come in the order of the offers. */
  #settle(accepted: boolean): void {
    const [settings, ...rest] = this.#offered;
    this.#offered = rest;
    // INVARIANT: settings a signer refused never start the next one. Held by `supervisor.test.ts`.
    if (accepted && settings !== undefined) this.#inForce = settings;
  }

  #hearEdge(event: ProcessEvent): void {
    if (event.event === 'ready') {
      this.#options.report.inForce('edge', event.inForce);
      this.#readyRows = event.inForce;
      this.#checkReady();
    } else {
      this.#hearTrouble('edge', event);
    }
  }

  #hearSigner(event: ProcessEvent): void {
    if (event.event === 'ready') {
      this.#options.report.inForce('signer', event.inForce);
      this.#settle(true);
      this.#signerReady = true;
      this.#checkReady();
    } else {
      if (event.event === 'fatal') this.#settle(false);
      this.#hearTrouble('signer', event);
    }
  }

  #checkReady(): void {
    if (this.#signerReady && this.#readyRows !== undefined)
      this.#becomeReady.resolve(this.#readyRows);
  }

  #hearTrouble(from: 'edge' | 'signer', event: Exclude<ProcessEvent, { event: 'ready' }>): void {
    const { report } = this.#options;
    if (event.event === 'warning') {
      report.warning(`${from}: ${event.text}`);
      return;
    }
    const details = event.details as BoundaryError['details'];
    if (event.reload) {
      const facts = describe(details);
      report.warning(
        `${from}: the new settings were refused and the old ones stay: ${event.code}${facts}`,
      );
      return;
    }
    const code = isErrorCode(event.code) ? event.code : 'ERR_INTERNAL';
    const error = new BoundaryError(code, { details });
    report.warning(`${from}: ${error.message} (${code}${describe(details)}); ${nextOf(error)}`);
    this.#becomeReady.reject(error);
  }

  #signerGone(reason: string): void {
    const { report } = this.#options;
    this.#signerRuns = false;
    if (this.#stopping) {
      this.#checkEnd();
      return;
    }
    if (!this.#signerReady) {
      this.#fail(new BoundaryError('ERR_SIGNER_UNAVAILABLE', { details: { reason } }));
      return;
    }
    const lived = performance.now() - this.#signerStartedAtMs;
    this.#pauseMs = lived > SETTLED_MS ? this.#pauses.firstMs : this.#pauseMs;
    report.warning(`signer ended (${reason}); starting another in ${this.#pauseMs} ms`);
    this.#restart = setTimeout(() => {
      this.#signer = this.#startSigner();
    }, this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauses.longestMs, this.#pauseMs * 2);
  }

  #edgeGone(reason: string): void {
    this.#edgeRuns = false;
    if (!this.#stopping) {
      this.#status = 1;
      this.#stopping = true;
      clearTimeout(this.#restart);
      this.#options.report.warning(`edge ended (${reason}); stopping the signer`);
      this.#becomeReady.reject(new BoundaryError('ERR_INTERNAL', { details: { reason } }));
    }
    // The signer may already be gone, or in its pause; then nobody is left to end.
    this.#checkEnd();
    if (!this.#signerRuns) return;
    this.#signer.send({ op: 'stop' });
    this.#lastResort = setTimeout(() => this.#signer.kill(), SIGNER_STOP_MS);
  }

  /** INVARIANT: `ended` is settled by the exit of the last child, so no timer has to keep us alive. */
  #checkEnd(): void {
    if (this.#edgeRuns || this.#signerRuns) return;
    clearTimeout(this.#lastResort);
    this.#end.resolve(this.#status);
  }

  /** A signer that never worked: end instead of trying for ever. */
  #fail(error: BoundaryError): void {
    this.#becomeReady.reject(error);
    this.#status = 1;
    this.stop();
  }
}

/** What to do about it; an error that knows better says so in its details. */
function nextOf({ code, details }: BoundaryError): string {
  return typeof details.next === 'string' ? details.next : ERROR_TABLE[code].next;
}

function describe(details: BoundaryError['details']): string {
  const facts = Object.entries(details)
    .filter(([name]) => name !== 'next')
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return facts.length === 0 ? '' : `; ${facts.join(', ')}`;
}
