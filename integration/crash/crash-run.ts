/**
 * One boundary under load whose signer dies again and again, and the check after each death.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  armCrash,
  type CrashPoint,
  entryFile,
  hasCrashed,
  type Supervised,
  startSupervised,
} from '../../packages/testing/signer-entries/src/index.ts';
import { createWireClient, type WireClient } from '../wire/client/wire-client.ts';
import {
  type BridgeKey,
  boundarySettings,
  CLIENT_ID,
  freshDataDir,
  SECRET,
} from './boundary-settings.ts';
import { codeOf, type Exchange, send } from './exchange.ts';
import { LedgerAudit, outageFault } from './ledger-audit.ts';
import { type Load, startLoad } from './load.ts';
import { eventually } from './patience.ts';

/** Where a signer dies: at a step, at some moment, or while it starts. */
export type Death = CrashPoint | 'any-moment' | 'while-starting';

/** What a death left behind. */
export interface Aftermath {
  /** Answered 503 although the log allows them: promises kept, signatures forgotten. */
  readonly forgotten: number;
  /** Answered 503 and unknown to the log. */
  readonly unheard: number;
}

const LOAD = { clients: 8, ofBridge: 1, pauseMs: 100, bridgePauseMs: 250 };
/** Requests sent again after each death, beside those without a signature. */
const REPLAYED_SIGNED = 4;

export class CrashRun {
  readonly #supervised: Supervised;
  readonly #client: WireClient;
  readonly #load: Load;
  readonly #audit: LedgerAudit;
  readonly #dataDir: string;
  readonly #bridge: BridgeKey;
  #reloads = 0;

  static async start(bridge: BridgeKey): Promise<CrashRun> {
    const dataDir = freshDataDir();
    const supervised = await startSupervised({
      settings: boundarySettings({ dataDir, bridge }),
      entries: { signer: entryFile('crashing-signer') },
    });
    return new CrashRun(supervised, dataDir, bridge);
  }

  private constructor(supervised: Supervised, dataDir: string, bridge: BridgeKey) {
    this.#supervised = supervised;
    this.#dataDir = dataDir;
    this.#bridge = bridge;
    this.#audit = new LedgerAudit(dataDir);
    this.#client = createWireClient({
      url: supervised.url,
      secret: SECRET,
      clientId: CLIENT_ID,
    });
    this.#load = startLoad({ client: this.#client, ...LOAD });
  }

  /**
   * Lets the signer die and waits until its successor signs.
   *
   * @param number - Counts the deaths; chooses the occurrence.
   * @returns Faults, one line each, and what the clients saw.
   */
  async die(
    death: Death,
    number: number,
  ): Promise<{ readonly faults: readonly string[]; readonly aftermath: Aftermath }> {
    await this.#kill(death, number);
    await this.#recover();
    const exchanges = this.#load.take();
    const faults = [
      ...this.#audit.inspect(exchanges),
      ...exchanges.map(outageFault).filter((fault) => fault !== undefined),
    ];
    const lost = exchanges.filter(({ answer }) => answer.status !== 200);
    const aftermath = {
      forgotten: lost.filter(({ request }) => this.#audit.allows(request.bodySha256)).length,
      unheard: lost.filter(({ request }) => !this.#audit.knows(request.bodySha256)).length,
    };
    faults.push(...(await this.#replay(exchanges)));
    return { faults: faults.map((fault) => `${death} ${number}: ${fault}`), aftermath };
  }

  /** Ends everything in good order and checks the whole log. */
  async finish(): Promise<{ readonly faults: readonly string[]; readonly entries: number }> {
    await this.#load.stop();
    const status = await this.#supervised.stop();
    this.#client.close();
    const faults = [...this.#audit.inspect(this.#load.take()), ...this.#audit.inspectAll()];
    if (status !== 0) faults.push(`the supervisor ended with ${status}`);
    return { faults, entries: this.#audit.size };
  }

  async #kill(death: Death, number: number): Promise<void> {
    if (death === 'any-moment' || death === 'while-starting') {
      await sleep(Math.random() * 150);
      const deaths = this.#supervised.signerDeaths();
      this.#supervised.signal('signer', 'SIGKILL');
      await this.#saw(death, () => this.#supervised.signerDeaths() > deaths);
      if (death === 'any-moment') return;
      await sleep(Math.random() * 500);
      this.#supervised.signal('signer', 'SIGKILL');
      return;
    }
    armCrash(this.#dataDir, { id: `${number}`, point: death, occurrence: 1 + ((number * 7) % 5) });
    await this.#saw(`death at ${death}`, () => hasCrashed(this.#dataDir));
  }

  #saw(what: string, isSo: () => boolean): Promise<void> {
    return eventually(what, isSo, () => this.#supervised.output());
  }

  /** Nobody helps: the load alone notices. */
  #recover(): Promise<void> {
    const before = this.#load.signatures();
    // One answer per client may still come from the signer that died.
    return this.#saw('recovery', () => this.#load.signatures() > before + LOAD.clients);
  }

  /** Sends requests again as they were: every byte, request nonce and time included. */
  async #replay(exchanges: readonly Exchange[]): Promise<readonly string[]> {
    await this.#forgetInMemory();
    const lost = exchanges.filter(({ answer }) => answer.status !== 200);
    const signed = exchanges.filter(({ answer }) => answer.status === 200);
    const requests = [...lost, ...signed.slice(-REPLAYED_SIGNED)].map(({ request }) => request);
    const expected = new Map(
      requests.map((request) => [request, this.#audit.knows(request.bodySha256) ? 401 : 200]),
    );
    const sendAll = (): Promise<Exchange[]> =>
      Promise.all(requests.map((request) => send(this.#client, request)));
    const [first, second] = [await sendAll(), await sendAll()];
    return [
      ...this.#audit.inspect([...first, ...second]),
      ...first.flatMap((exchange) => replayFaults(exchange, expected.get(exchange.request) ?? 401)),
      ...second.flatMap((exchange) => replayFaults(exchange, 401)),
    ];
  }

  /** Makes the edge forget its request nonces, so that only what is on disk can refuse a replay. */
  async #forgetInMemory(): Promise<void> {
    const before = this.#supervised.timesInForce('edge');
    this.#reloads += 1;
    this.#supervised.reload(
      boundarySettings({
        dataDir: this.#dataDir,
        bridge: this.#bridge,
        edge: { nonceTtlMs: 120_000 + this.#reloads },
      }),
    );
    await this.#saw('a reload', () => this.#supervised.timesInForce('edge') > before);
  }
}

function replayFaults({ request, answer }: Exchange, expected: number): readonly string[] {
  const code = codeOf(answer);
  const isRight = expected === 200 ? code === undefined : code === 'ERR_REQUEST_NONCE_USED';
  if (answer.status === expected && isRight) return [];
  return [`${request.bodySha256}: sent again ${answer.status} ${code}, expected ${expected}`];
}
