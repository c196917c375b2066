import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { incomingOf } from '../test/incoming.ts';
import { createEventLog, type EventLevel, type EventLog } from './event-log.ts';
import { createExchange, type Exchange } from './http/exchange.ts';

interface Written {
  readonly log: EventLog;
  /** All lines so far, as the JSON objects they are. */
  lines(): readonly Readonly<Record<string, unknown>>[];
}

function openLog(level: EventLevel = 'debug'): Written {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-events-'));
  const file = join(dir, 'events');
  const descriptor = openSync(file, 'a');
  // The descriptor stays open: a log goes on flushing until its process ends.
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const log = createEventLog(level, descriptor);
  return {
    log,
    lines: () => {
      log.flush();
      const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
      return lines.map((line) => JSON.parse(line));
    },
  };
}

function exchangeOf(changes: Partial<Exchange> = {}): Exchange {
  return Object.assign(createExchange(incomingOf()), changes);
}

it('writes one JSON object per event, its members in order', () => {
  const { log, lines } = openLog();
  const exchange = exchangeOf({ requestId: 'r-1', clientId: 'agent' });
  log.emit('sign.session_transaction.success', exchange, { calls: 2 });
  const [line] = lines();
  expect(Object.keys(line ?? {})).toEqual(['level', 'ts', 'event', 'request_id', 'details']);
  expect(line).toMatchObject({
    level: 'info',
    event: 'sign.session_transaction.success',
    request_id: 'r-1',
    details: { clientId: 'agent', calls: 2 },
  });
  expect(line?.ts).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

it('has no request id for an event without a request', () => {
  const { log, lines } = openLog();
  log.emit('server.started', undefined, { url: 'http://x' });
  expect(lines()).toMatchObject([{ event: 'server.started', details: { url: 'http://x' } }]);
  expect(lines()[0]).not.toHaveProperty('request_id');
});

it('does not let a caller write lines of its own', () => {
  const { log, lines } = openLog();
  const forged = '"}\n{"level":"info","event":"forged"}';
  const exchange = exchangeOf({ requestId: forged, clientId: forged });
  log.emit('auth.refused', exchange, { code: forged });
  expect(lines()).toHaveLength(1);
  expect(lines()[0]?.request_id).toBe(exchange.ownRequestId);
});

describe('the level', () => {
  const levels: readonly [string, string][] = [
    ['server.started', 'info'],
    ['sign.session_transaction.success', 'info'],
    ['auth.refused', 'warn'],
    ['auth.replay_nonce', 'warn'],
    ['security.leak_pattern_detected', 'warn'],
    ['rate_limit.blocked', 'warn'],
    ['sign.session_transaction.policy_denied', 'warn'],
    ['sign.session_transaction.error', 'error'],
    ['sign.session_transaction.signer_unavailable', 'error'],
    ['redis.down', 'error'],
  ];

  it.each(levels)('of %s is %s', (event, level) => {
    const { log, lines } = openLog();
    log.emit(event, undefined, {});
    expect(lines()).toMatchObject([{ level, event }]);
  });

  it('decides what is written', () => {
    const { log, lines } = openLog('error');
    log.emit('server.started', undefined, {});
    log.emit('auth.refused', undefined, {});
    log.emit('redis.down', undefined, {});
    expect(lines().map(({ event }) => event)).toEqual(['redis.down']);
  });
});
