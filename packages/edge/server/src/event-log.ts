/**
 * The edge's event log: JSON lines on standard output, for operators. It is not the audit log: that
 * one is the signer's, and holds every decision.
 *
 * Lines look like `{"level":"info","ts":"…","event":"…","request_id":"…","details":{…}}`.
 *
 * @module
 */

import { destination, type Level, pino } from 'pino';
import { type Exchange, headerRequestId } from './http/exchange.ts';

export interface EventLog {
  /** Writes one event of a request. `details` must hold nothing secret. */
  emit(event: string, exchange: Exchange | undefined, details: object): void;
  /** Writes what is still buffered. */
  flush(): void;
}

export type EventLevel = 'debug' | 'info' | 'warn' | 'error';

// Everything else is informational.
const LEVELS: Readonly<Record<string, Level>> = {
  'auth.refused': 'warn',
  'auth.replay_nonce': 'warn',
  'security.leak_pattern_detected': 'warn',
  'rate_limit.blocked': 'warn',
  'operator.frozen': 'warn',
  'redis.down': 'error',
  'sign.session_transaction.policy_denied': 'warn',
  'sign.session_transaction.error': 'error',
  'sign.session_transaction.signer_unavailable': 'error',
  'request.error': 'error',
};

const FLUSH_MS = 50;

/** @param descriptor - File descriptor to write to; 1 in production. */
export function createEventLog(level: EventLevel, descriptor: number): EventLog {
  // Buffered, so that a slow reader of the log never stalls a request.
  const sink = destination({ dest: descriptor, sync: false, minLength: 4_096 });
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"ts":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    sink,
  );
  setInterval(() => sink.flush(), FLUSH_MS).unref();
  return {
    emit(event, exchange, details) {
      const request_id = exchange === undefined ? undefined : headerRequestId(exchange);
      const clientId = exchange?.clientId;
      logger[LEVELS[event] ?? 'info']({ event, request_id, details: { clientId, ...details } });
    },
    flush: () => sink.flushSync(),
  };
}
