/**
 * The signer process: settings from standard input, events on standard output, questions on
 * descriptor 3. It runs under Node's permission model without child processes, workers and add-ons, and
 * without network unless its ledger is in a store it shares; it may write its data directory only, and gives up reading its own program once started.
 *
 * @module
 */

import { flushCompileCache } from 'node:module';
import { Socket } from 'node:net';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import {
  createDefaultHashBackend,
  createDefaultSignatureChecker,
  prepareSigning,
} from '@countersign/crypto';
import { KEYSTORE_FILE_NAME, openKeystore, openSeal } from '@countersign/crypto/keystore';
import { type AwaitableLedger, type Clock, openLedger } from '@countersign/ledger';
import {
  BoundaryError,
  encodeFrame,
  FrameReader,
  isBoundaryError,
  type ProcessEvent,
  Secret,
  type SignerControl,
  type SignerSettings,
  signerControlSchema,
} from '@countersign/protocol';
import type { Step } from './pipeline.ts';
import { createSigner, type Signer } from './signer.ts';

/** Descriptor of the pipe to the edge. */
const EDGE_DESCRIPTOR = 3;

export interface SignerProcessOptions {
  readonly control: Readable;
  readonly events: Writable;
  /** Directories of the program and its compile cache, given up after start. */
  readonly programDirs: readonly string[];
  /** Where the time comes from; the system's clock when left out. */
  readonly clock?: Clock;
  readonly onStep?: (step: Step) => void;
}

/** Runs until told to stop, or until supervisor or edge are gone. */
export function runSignerProcess(options: SignerProcessOptions): void {
  const host = new SignerHost(options);
  const reader = new FrameReader();
  options.control.on('data', (chunk: Uint8Array) => {
    try {
      for (const frame of reader.push(chunk)) host.obey(signerControlSchema.parse(frame.head));
    } catch (error) {
      host.fail(error, false);
    }
  });
  // Without a supervisor nobody could stop or replace this process: end.
  options.control.on('end', () => host.leave(0));
}

class SignerHost {
  readonly #options: SignerProcessOptions;
  #signer: Signer | undefined;
  /** Settings are put in force one after the other. */
  #last: Promise<void> = Promise.resolve();
  #close: () => void = () => undefined;

  constructor(options: SignerProcessOptions) {
    this.#options = options;
  }

  obey(control: SignerControl): void {
    if (control.op === 'stop') void this.#stop();
    else this.#last = this.#last.then(() => this.#take(control.settings));
  }

  fail(error: unknown, reload: boolean): void {
    const known = isBoundaryError(error) ? error : new BoundaryError('ERR_INTERNAL');
    this.#emit({ event: 'fatal', code: known.code, details: { ...known.details }, reload });
    if (!reload) this.leave(1);
  }

  leave(status: number): void {
    this.#close();
    process.exit(status);
  }

  async #take(settings: SignerSettings): Promise<void> {
    if (this.#signer === undefined) await this.#start(settings);
    else this.#reload(this.#signer, settings);
  }

  async #start(settings: SignerSettings): Promise<void> {
    try {
      this.#signer = await this.#create(settings);
      this.#dropProgram();
      this.#emitReady(this.#signer, settings);
    } catch (error) {
      this.fail(error, false);
    }
  }

  #reload(signer: Signer, settings: SignerSettings): void {
    try {
      signer.configure(settings);
      this.#emitReady(signer, settings);
    } catch (error) {
      this.fail(error, true);
    }
  }

  async #create(settings: SignerSettings): Promise<Signer> {
    const { clock = { nowMs: () => Date.now() } } = this.#options;
    const onWarning = (warning: BoundaryError): void => this.#warn(warning);
    const ledger = await openLedgerOf(settings, clock);
    this.#close = () => ledger.close();
    const signer = createSigner(
      {
        ledger,
        clock,
        backend: createDefaultHashBackend({ prefer: settings.hashBackend, onWarning }),
        checker: createDefaultSignatureChecker({ onWarning }),
        openKeystore: openKeystoreOf,
        onWarning: (text) => this.#emit({ event: 'warning', text }),
        ...(this.#options.onStep === undefined ? {} : { onStep: this.#options.onStep }),
      },
      settings,
    );
    prepareSigning();
    this.#connect(signer);
    return signer;
  }

  #connect(signer: Signer): void {
    const pipe = new Socket({ fd: EDGE_DESCRIPTOR, readable: true, writable: true });
    signer.serve(pipe);
    pipe.on('error', (error) => {
      if (isBoundaryError(error)) this.#warn(error);
      pipe.destroy();
    });
    // INVARIANT: when the edge is gone the signer stops. Held by `integration/crash`.
    pipe.on('close', () => this.leave(0));
  }

  async #stop(): Promise<void> {
    await this.#signer?.idle();
    this.leave(0);
  }

  #dropProgram(): void {
    flushCompileCache();
    for (const dir of this.#options.programDirs) {
      process.permission?.drop?.('fs.read', dir);
      process.permission?.drop?.('fs.write', dir);
    }
  }

  #emitReady(signer: Signer, settings: SignerSettings): void {
    const { policyHash, verifierKey, logSize, hashBackend } = signer.status();
    this.#emit({
      event: 'ready',
      inForce: {
        'data directory': settings.dataDir,
        'at rest':
          settings.passphrase === undefined ? 'not encrypted' : 'encrypted (scrypt, AES-256-GCM)',
        confinement: confinement(),
        ...(settings.store === undefined
          ? {}
          : { store: 'shared (Postgres)', network: 'open, for the shared store' }),
        keys: settings.keys.map((key) => `${key.keyId} (${key.source})`).join(', '),
        policy: policyHash,
        'hash backend': hashBackend,
        log: `${logSize} entries, key ${verifierKey}`,
      },
    });
  }

  #warn(warning: BoundaryError): void {
    this.#emit({
      event: 'warning',
      code: warning.code,
      text: `${warning.message} (${warning.code})`,
    });
  }

  #emit(event: ProcessEvent): void {
    this.#options.events.write(encodeFrame(event));
  }
}

/** The ledger in the data directory, or in the store that is shared. */
async function openLedgerOf(settings: SignerSettings, clock: Clock): Promise<AwaitableLedger> {
  const { dataDir, store } = settings;
  const seal = openSeal(passphraseOf(settings));
  if (store === undefined) return openLedger({ dataDir, clock, seal });
  // A signer that shares nothing never loads the driver.
  const { openSharedLedger } = await import('@countersign/ledger/postgres');
  const { postgres, caPem } = store;
  const url = new Secret(postgres);
  return await openSharedLedger({
    url,
    ...(caPem === undefined ? {} : { caPem }),
    dataDir,
    clock,
    seal,
  });
}

function openKeystoreOf(settings: SignerSettings): ReturnType<typeof openKeystore> {
  const passphrase = passphraseOf(settings);
  return openKeystore({
    path: path.join(settings.dataDir, KEYSTORE_FILE_NAME),
    ...(passphrase === undefined ? {} : { passphrase }),
  });
}

function passphraseOf(settings: SignerSettings): Secret<string> | undefined {
  return settings.passphrase === undefined ? undefined : new Secret(settings.passphrase);
}

/** What the permission model refuses, in words; measured, not assumed. */
function confinement(): string {
  const model = process.permission;
  if (model === undefined) return 'none: Node runs without --permission';
  const names = { net: 'network', child: 'child processes', worker: 'workers', addon: 'add-ons' };
  const scopes = ['net', 'child', 'worker', 'addon'] as const;
  const shut = scopes.filter((scope) => !model.has(scope)).map((scope) => names[scope]);
  const open = scopes.filter((scope) => model.has(scope));
  const words = [
    ...(shut.length === 0 ? [] : [`no ${shut.slice(0, -1).join(', ')} or ${shut.at(-1)}`]),
    ...(open.length === 0 ? [] : [`open: ${open.join(', ')}`]),
  ];
  return words.join('; ');
}
