/**
 * Prometheus metrics of the edge. Labels are routes and codes only: never clients, keys or accounts.
 *
 * @module
 */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  /** Counts one finished request. `code` is a code of the error table, or `ok`. */
  observe(route: string, status: number, code: string, seconds: number): void;
  /** Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** @param readInFlight - Requests being worked on now. */
export function createMetrics(readInFlight: () => number, isSignerUp: () => boolean): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'countersign_edge_' });
  const requests = new Counter({
    name: 'countersign_requests_total',
    help: 'Requests answered, by route, HTTP status and code of the error table.',
    labelNames: ['route', 'status', 'code'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'countersign_request_seconds',
    help: 'Time from the first header to the answer.',
    labelNames: ['route'],
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30],
    registers: [registry],
  });
  gauge(registry, 'countersign_requests_in_flight', 'Requests being worked on.', readInFlight);
  gauge(registry, 'countersign_signer_up', 'Whether a signer is connected.', () =>
    Number(isSignerUp()),
  );
  return {
    observe(route, status, code, duration) {
      requests.inc({ route, status: String(status), code });
      seconds.observe({ route }, duration);
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
