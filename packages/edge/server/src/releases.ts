/**
 * Signatures on their way out of this process.
 *
 * A freeze may be answered only when every signature that came before it through the pipe has left:
 * afterwards nothing signed may appear anywhere.
 *
 * @module
 */

import type { ServerResponse } from 'node:http';

export interface Releases {
  /** Called in the moment a signature arrives, before anything else can. */
  begin(outgoing: ServerResponse | undefined): void;
  /**
   * Resolves when every release begun before this call has been handed to the system, or has failed.
   * A connection that does not take its answer within a second is cut.
   */
  settled(): Promise<void>;
}

/** Time a release may take once somebody waits for it, milliseconds. */
const PATIENCE_MS = 1_000;

export function createReleases(patienceMs: number = PATIENCE_MS): Releases {
  const open = new Map<ServerResponse, PromiseWithResolvers<void>>();
  return {
    begin(outgoing) {
      if (outgoing === undefined || open.has(outgoing) || isOver(outgoing)) return;
      const end = Promise.withResolvers<void>();
      open.set(outgoing, end);
      const over = (): void => {
        open.delete(outgoing);
        end.resolve();
      };
      outgoing.once('finish', over);
      outgoing.once('close', over);
    },
    settled() {
      const waiting = [...open].map(([outgoing, end]) => ({ outgoing, end: end.promise }));
      const cut = setTimeout(() => {
        for (const { outgoing } of waiting) if (!isOver(outgoing)) cutOff(outgoing);
      }, patienceMs);
      return Promise.all(waiting.map(({ end }) => end)).then(() => clearTimeout(cut));
    },
  };
}

function isOver(outgoing: ServerResponse): boolean {
  return outgoing.writableFinished || outgoing.destroyed;
}

/** What is still in our hands is thrown away with the connection. */
function cutOff(outgoing: ServerResponse): void {
  outgoing.socket?.destroy();
  outgoing.destroy();
}
