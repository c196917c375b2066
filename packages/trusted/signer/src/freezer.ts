/**
 * Freezing: what an operator or a rule stops, and the question whether something is stopped.
 *
 * INVARIANT: when a freeze is answered it is on disk, and the answer follows every signature that was
 * released before it through the same pipe. Held by `integration/freeze`.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import type { AwaitableLedger } from '@countersign/ledger';
import {
  accountScope,
  BoundaryError,
  canonicalJson,
  clientScope,
  type FreezeCause,
  freezeEntryBytes,
  keyScope,
  parseFreezeRequest,
  parseStrictJson,
  SCOPE_ALL,
  type SignerAnswer,
  type SignerQuestion,
  type SignerSettings,
} from '@countersign/protocol';
import type { OperatorDoor } from './operator-door.ts';
import type { Document } from './receipts.ts';

export type FreezeQuestion = Extract<SignerQuestion, { op: 'freeze' }>;
export type FreezesQuestion = Extract<SignerQuestion, { op: 'freezes' }>;

export interface FreezerDeps {
  readonly ledger: Pick<AwaitableLedger, 'freeze' | 'frozen'>;
  readonly clock: { nowMs(): number };
  readonly door: OperatorDoor;
  /** Name of an entry in answers. */
  readonly receiptId: (appended: { index: number; leafHash: Uint8Array }) => string;
}

export interface Freezer {
  configure(settings: SignerSettings): void;
  /**
   * Freezes what an operator names.
   *
   * @throws BoundaryError what the door throws; ERR_BODY_MALFORMED; ERR_REQUEST_INVALID for a scope
   *   nothing here could be in; what the ledger throws.
   */
  freeze(question: FreezeQuestion, body: Uint8Array): Promise<SignerAnswer>;
  /** Freezes without being asked. Answers whether it was not frozen before. */
  freezeBecause(scope: string, cause: FreezeCause): Promise<boolean>;
  /** Every freeze, for an operator. */
  list(question: FreezesQuestion, body: Uint8Array): Promise<Document>;
}

/** What a freeze can name of a request. */
export function scopesOfRequest(
  clientId: string,
  keyId: string,
  accountAddress: bigint,
): readonly string[] {
  return [SCOPE_ALL, clientScope(clientId), keyScope(keyId), accountScope(accountAddress)];
}

export function createFreezer(deps: FreezerDeps, settings: SignerSettings): Freezer {
  return new LedgerFreezer(deps, settings);
}

class LedgerFreezer implements Freezer {
  readonly #deps: FreezerDeps;
  #settings: SignerSettings;

  constructor(deps: FreezerDeps, settings: SignerSettings) {
    this.#deps = deps;
    this.#settings = settings;
  }

  configure(settings: SignerSettings): void {
    this.#settings = settings;
  }

  async freeze({ id, request }: FreezeQuestion, body: Uint8Array): Promise<SignerAnswer> {
    const { ledger, clock, receiptId } = this.#deps;
    const timeMs = clock.nowMs();
    this.#deps.door.admit(request, body, timeMs, 'POST /v1/freeze');
    const { scope, reason } = parseFreezeRequest(parseStrictJson(body));
    requireKnown(scope, this.#settings);
    const cause = operatorCause(request.operatorId, reason);
    const entry = freezeEntryBytes({ timeMs, action: 'freeze', scope, cause });
    const appended = await ledger.freeze(scope, entry);
    const frozen = (await ledger.frozen()).find((one) => one.scope === scope);
    if (frozen === undefined) throw new BoundaryError('ERR_INTERNAL');
    const receipt = appended === undefined ? {} : { receipt: receiptId(appended) };
    return { outcome: 'frozen', id, scope, sinceMs: frozen.sinceMs, ...receipt };
  }

  async freezeBecause(scope: string, cause: FreezeCause): Promise<boolean> {
    const timeMs = this.#deps.clock.nowMs();
    const entry = freezeEntryBytes({ timeMs, action: 'freeze', scope, cause });
    return (await this.#deps.ledger.freeze(scope, entry)) !== undefined;
  }

  async list({ id, request }: FreezesQuestion, body: Uint8Array): Promise<Document> {
    this.#deps.door.admit(request, body, this.#deps.clock.nowMs(), 'GET /v1/freezes');
    const frozen = await this.#deps.ledger.frozen();
    const freezes = frozen.map(({ scope, sinceMs }) => ({
      scope,
      since: new Date(sinceMs).toISOString(),
    }));
    return {
      answer: { outcome: 'document', id },
      body: Buffer.from(canonicalJson({ freezes }), 'utf8'),
    };
  }
}

function operatorCause(operator: string, reason: string | undefined): FreezeCause {
  if (reason === undefined) return { type: 'operator', operator };
  const reasonSha256 = createHash('sha256').update(reason, 'utf8').digest('hex');
  return { type: 'operator', operator, reasonSha256 };
}

/** A misspelt name would stop nothing and look as if it had. */
function requireKnown(scope: string, { clients, keys }: SignerSettings): void {
  const known = [
    ...clients.map(({ clientId }) => clientScope(clientId)),
    ...keys.map(({ keyId }) => keyScope(keyId)),
  ];
  if (scope === SCOPE_ALL || scope.startsWith('account:') || known.includes(scope)) return;
  throw new BoundaryError('ERR_REQUEST_INVALID', {
    details: { field: 'scope', expected: 'a configured client or key' },
  });
}
