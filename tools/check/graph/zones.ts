/**
 * Who may import whom, by zone. The first folder below `packages/` is the zone.
 *
 * Arrows point inward: clients → shared ← edge → trusted → shared. `operator` holds the command
 * that puts the parts together, `testing` programs that stand in for the world.
 *
 * @module
 */

/** Zone to the zones it may import. */
const MAY_IMPORT = {
  shared: ['shared'],
  trusted: ['trusted', 'shared'],
  edge: ['edge', 'trusted', 'shared'],
  clients: ['shared'],
  operator: ['operator', 'edge', 'trusted', 'shared'],
  testing: ['testing', 'edge', 'trusted', 'shared'],
} as const satisfies Record<string, readonly string[]>;

export type Zone = keyof typeof MAY_IMPORT;

/** The one client package other clients build on. */
const CLIENT_LIBRARY = 'packages/clients/sdk';

/** What of one import decides whether an arrow between two packages may exist. */
export interface Arrow {
  /** Folder of the importing package, e.g. `packages/edge/server`. */
  readonly from: string;
  /** Folder of the imported package. */
  readonly to: string;
  readonly isTest: boolean;
  /** Whether it is an `import()`, loaded only when it is called. */
  readonly isDynamic: boolean;
}

/** The zone of a path below `packages/`; undefined for a folder that is no zone. */
export function zoneOf(path: string): Zone | undefined {
  const name = /^packages\/([^/]+)\//.exec(`${path}/`)?.[1];
  return isZone(name) ? name : undefined;
}

function isZone(name: string | undefined): name is Zone {
  return name !== undefined && Object.hasOwn(MAY_IMPORT, name);
}

/** Whether the importing package may have this arrow. A package may always import itself. */
export function isArrowAllowed({ from, to, isTest, isDynamic }: Arrow): boolean {
  const [source, target] = [zoneOf(from), zoneOf(to)];
  if (source === undefined || target === undefined) return false;
  if (from === to) return true;
  if (target === 'testing' && source !== 'testing') {
    return isTest || (source === 'operator' && isDynamic);
  }
  if (source === 'clients' && to === CLIENT_LIBRARY) return true;
  return (MAY_IMPORT[source] as readonly Zone[]).includes(target);
}
