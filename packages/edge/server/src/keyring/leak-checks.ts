/**
 * Secrets on their way in or out: reported, and stopped where the settings say so.
 *
 * @module
 */

import { BoundaryError, type EdgeSettings, type JsonValue } from '@countersign/protocol';
import type { EventLog } from '../event-log.ts';
import type { Exchange } from '../http/exchange.ts';
import type { LeakScanner } from '../leak-scan/leak-scanner.ts';

export interface LeakDeps {
  readonly settings: EdgeSettings;
  readonly leakScanner: LeakScanner | undefined;
  readonly events: EventLog;
}

/** @throws BoundaryError ERR_LEAK_INBOUND when the body holds what looks like a secret. */
export function scanInbound(
  deps: LeakDeps,
  exchange: Exchange,
  body: Uint8Array,
  parsed: JsonValue,
): void {
  const patterns = deps.leakScanner?.scan(Buffer.from(body).toString('utf8'), parsed) ?? [];
  if (patterns.length === 0) return;
  const action = deps.settings.leakScan;
  forgetSecrets(deps, exchange);
  deps.events.emit('security.leak_pattern_detected', exchange, {
    direction: 'inbound',
    action,
    patternIds: patterns,
  });
  if (action !== 'block') return;
  throw new BoundaryError('ERR_LEAK_INBOUND', { details: { patterns: [...patterns] } });
}

/** What looks like a secret must not come back in an answer or stand in a log. */
function forgetSecrets({ leakScanner, settings }: LeakDeps, exchange: Exchange): void {
  const { requestId, ownRequestId, clientId } = exchange;
  const leaky = (leakScanner?.scan(requestId, requestId) ?? []).length > 0;
  if (settings.leakScan === 'block' || leaky) exchange.requestId = ownRequestId;
  if (settings.leakScan === 'block') exchange.quoted = { clientId };
}

/** @throws BoundaryError ERR_LEAK_OUTBOUND when an answer holds what looks like a secret. */
export function scanOutbound(deps: LeakDeps, exchange: Exchange, text: string): void {
  const patterns = deps.leakScanner?.scan(text, undefined) ?? [];
  if (patterns.length === 0) return;
  const action = deps.settings.leakScan;
  deps.events.emit('security.leak_pattern_detected', exchange, {
    direction: 'outbound',
    action,
    patternIds: patterns,
  });
  if (action === 'block') throw new BoundaryError('ERR_LEAK_OUTBOUND');
}
