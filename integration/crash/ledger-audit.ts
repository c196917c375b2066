/**
 * What the log says about what was answered.
 *
 * Everything is read from the files, beside the running signer and without its keys.
 *
 * @module
 */

import { type LedgerReader, openLedgerReader } from '@countersign/ledger';
import { hashLeaf } from '@countersign/tlog';
import { codeOf, type Exchange } from './exchange.ts';

interface LoggedDecision {
  readonly index: number;
  readonly leafHash: string;
  readonly outcome: string;
  readonly bodySha256: string;
  readonly messageHash: string | undefined;
}

export class LedgerAudit {
  readonly #dataDir: string;
  readonly #byBody = new Map<string, LoggedDecision[]>();
  readonly #all: (LoggedDecision | undefined)[] = [];

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  /**
   * Reads what was added, and checks it and everything that was answered.
   *
   * @returns What is wrong, one line each; none is right.
   */
  inspect(exchanges: readonly Exchange[]): readonly string[] {
    const faults = this.#read();
    for (const exchange of exchanges) faults.push(...this.#faultsOf(exchange));
    return faults;
  }

  /** Checks the whole log, and that no request was allowed twice. */
  inspectAll(): readonly string[] {
    const faults = this.#read();
    for (const [body, decisions] of this.#byBody) {
      const allowed = decisions.filter((decision) => decision.outcome === 'allow').length;
      if (allowed > 1) faults.push(`request ${body} was allowed ${allowed} times`);
    }
    return this.#withReader((reader) => {
      const { ok, fault } = reader.checkLog();
      return ok ? faults : [...faults, `the log does not check: ${fault?.reason}`];
    });
  }

  /** Whether the log has a decision about a request. */
  knows(bodySha256: string): boolean {
    return this.#byBody.has(bodySha256);
  }

  /** Whether the log says that a request may be signed. */
  allows(bodySha256: string): boolean {
    return this.#byBody.get(bodySha256)?.some(({ outcome }) => outcome === 'allow') ?? false;
  }

  get size(): number {
    return this.#all.length;
  }

  #read(): string[] {
    return this.#withReader((reader) => {
      const from = this.#all.length;
      const { ok, fault, to } = reader.checkLog({ from });
      for (const { index, entry } of reader.entries({ from, to })) this.#add(index, entry);
      return ok ? [] : [`the log does not check: ${fault?.reason}`];
    });
  }

  #withReader<T>(use: (reader: LedgerReader) => T): T {
    const reader = openLedgerReader(this.#dataDir);
    try {
      return use(reader);
    } finally {
      reader.close();
    }
  }

  #add(index: number, entry: Uint8Array): void {
    const decision = decisionIn(index, entry);
    this.#all.push(decision);
    if (decision === undefined) return;
    const { bodySha256 } = decision;
    this.#byBody.set(bodySha256, [...(this.#byBody.get(bodySha256) ?? []), decision]);
  }

  #faultsOf({ request, answer }: Exchange): readonly string[] {
    const faults: string[] = [];
    const fault = (text: string): unknown => faults.push(`${request.bodySha256}: ${text}`);
    const receipt = answer.headers['x-countersign-receipt']?.toString();
    const entry = receipt === undefined ? undefined : this.#named(receipt);
    if (receipt !== undefined && entry?.bodySha256 !== request.bodySha256) {
      fault(`the log has nothing under its receipt ${receipt}`);
    }
    if (answer.status !== 200) return faults;
    if (entry?.outcome !== 'allow') fault('signed, but the log does not allow it');
    if (entry?.messageHash !== answer.json.messageHash)
      fault('signed, but the log has another hash');
    return faults;
  }

  /** The entry a receipt id means, unless it is another one by now. */
  #named(receipt: string): LoggedDecision | undefined {
    const [index, leafHash = ''] = receipt.split('-');
    const entry = this.#all[Number(index)];
    return entry?.leafHash.startsWith(leafHash) === true ? entry : undefined;
  }
}

/** Why an answer is not one a client may get while the signer is being replaced. */
export function outageFault({ request, answer }: Exchange): string | undefined {
  const code = codeOf(answer);
  if (answer.status === 200) return undefined;
  if (answer.status === 503 && code === 'ERR_SIGNER_UNAVAILABLE') return undefined;
  return `${request.bodySha256}: answered ${answer.status} ${code}`;
}

function decisionIn(index: number, bytes: Uint8Array): LoggedDecision | undefined {
  const entry = JSON.parse(Buffer.from(bytes).toString('utf8'));
  if (entry.type !== 'decision') return undefined;
  return {
    index,
    leafHash: Buffer.from(hashLeaf(bytes)).toString('hex'),
    outcome: entry.outcome,
    bodySha256: entry.request.bodySha256,
    messageHash: entry.message?.messageHash,
  };
}
