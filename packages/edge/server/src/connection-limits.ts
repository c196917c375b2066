/**
 * How many connections may be open, and how many requests may be under way.
 *
 * @module
 */

import { BoundaryError } from '@countersign/protocol';
import { addressGroup } from './address-group.ts';

/** A place that was taken, or the reason why there is none. */
export type Admission =
  | {
      readonly admitted: true;
      /** Gives the place back; further calls do nothing. */
      readonly release: () => void;
    }
  | { readonly admitted: false; readonly error: BoundaryError };

export interface ConnectionLimits {
  /**
   * Takes a place for a connection of an address (IPv6: of its /64).
   *
   * @returns Refused with ERR_CONNECTION_LIMIT when the address has too many, with ERR_OVERLOADED when
   *   all addresses together have.
   */
  openConnection(address: string): Admission;

  /** Takes a place for a request. Refused with ERR_OVERLOADED when too many are under way. */
  beginRequest(): Admission;

  /** Takes a place that is kept for operators, whatever else is under way. Refused likewise. */
  beginUrgent(): Admission;

  /** Connections open, addresses they come from, and requests under way, urgent ones not counted. */
  counts(): { readonly connections: number; readonly addresses: number; readonly requests: number };
}

export interface ConnectionLimitsOptions {
  /** Open connections of one address. Default 1,024: far above what a pool of one client opens. */
  readonly maxConnectionsPerAddress?: number;
  /** Open connections altogether. Default 8,192. */
  readonly maxConnections?: number;
  /** Requests under way altogether. Default 1,024: 256 MiB should all of them carry the longest body. */
  readonly maxInFlight?: number;
  /** Requests of operators under way. Default 64. */
  readonly maxUrgent?: number;
}

/** Creates counters at zero. Loopback addresses are counted like all others. */
export function createConnectionLimits(options: ConnectionLimitsOptions = {}): ConnectionLimits {
  const { maxConnectionsPerAddress = 1_024, maxConnections = 8_192 } = options;
  const { maxInFlight = 1_024, maxUrgent = 64 } = options;
  const perAddress = new Map<string, number>();
  let connections = 0;
  let requests = 0;
  let urgent = 0;
  return {
    openConnection(address) {
      const group = addressGroup(address);
      const open = perAddress.get(group) ?? 0;
      if (open >= maxConnectionsPerAddress) return refused('ERR_CONNECTION_LIMIT');
      if (connections >= maxConnections) return refused('ERR_OVERLOADED');
      connections += 1;
      perAddress.set(group, open + 1);
      return admitted(() => {
        connections -= 1;
        const left = (perAddress.get(group) ?? 1) - 1;
        if (left > 0) perAddress.set(group, left);
        else perAddress.delete(group);
      });
    },
    beginRequest() {
      if (requests >= maxInFlight) return refused('ERR_OVERLOADED');
      requests += 1;
      return admitted(() => {
        requests -= 1;
      });
    },
    beginUrgent() {
      if (urgent >= maxUrgent) return refused('ERR_OVERLOADED');
      urgent += 1;
      return admitted(() => {
        urgent -= 1;
      });
    },
    counts: () => ({ connections, addresses: perAddress.size, requests }),
  };
}

function refused(code: 'ERR_CONNECTION_LIMIT' | 'ERR_OVERLOADED'): Admission {
  return { admitted: false, error: new BoundaryError(code) };
}

function admitted(giveBack: () => void): Admission {
  let held = true;
  return {
    admitted: true,
    release() {
      if (held) giveBack();
      held = false;
    },
  };
}
