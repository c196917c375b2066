/**
 * What a test and the supervisor it started say to each other.
 *
 * @module
 */

import type { RestartPauses, Settings } from '@countersign/supervisor';

export type ChildName = 'edge' | 'signer';

/** Process ids, as far as they are known. */
export type ChildPids = { readonly [name in ChildName]?: number | undefined };

/** Entry modules of the two processes, absolute paths. */
export interface Entries {
  readonly signer: string;
  readonly edge: string;
}

export type SupervisorCommand =
  | {
      readonly op: 'start';
      readonly settings: Settings;
      readonly entries: Entries;
      readonly restart: RestartPauses;
    }
  | { readonly op: 'reload'; readonly settings: Settings }
  | { readonly op: 'signal'; readonly child: ChildName; readonly name: NodeJS.Signals }
  | { readonly op: 'stop' };

export type SupervisorEvent =
  | { readonly event: 'ready'; readonly url: string; readonly pids: ChildPids }
  | { readonly event: 'failed'; readonly code: unknown }
  | { readonly event: 'in-force'; readonly name: ChildName; readonly pids: ChildPids }
  | { readonly event: 'warning'; readonly text: string };
