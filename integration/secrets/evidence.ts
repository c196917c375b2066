/**
 * Everything that came out of a run, to be searched at its end.
 *
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findSecrets, type Planted } from './notations.ts';

export class Evidence {
  readonly #pieces = new Map<string, (string | Uint8Array)[]>();

  /** Keeps a piece. @param place - Where it was found; several pieces may share a place. */
  add(place: string, piece: string | Uint8Array): void {
    this.#pieces.set(place, [...(this.#pieces.get(place) ?? []), piece]);
  }

  /** Keeps the content of every file in a directory, and the names. */
  addDirectory(place: string, directory: string): void {
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      this.add(place, entry.name);
      if (entry.isFile()) {
        this.add(`${place}/${entry.name}`, readFileSync(join(entry.parentPath, entry.name)));
      }
    }
  }

  /** Keeps what the system tells everybody about a process. */
  addProcess(place: string, pid: number | undefined): void {
    if (pid === undefined) throw new Error(`no process: ${place}`);
    this.add(`${place} arguments`, readFileSync(`/proc/${pid}/cmdline`));
    this.add(`${place} environment`, readFileSync(`/proc/${pid}/environ`));
  }

  /** Secrets by the place they were found in, one line each. */
  search(secrets: readonly Planted[]): readonly string[] {
    const found = [...this.#pieces].flatMap(([place, pieces]) =>
      pieces.flatMap((piece) => findSecrets(piece, secrets).map((what) => `${place}: ${what}`)),
    );
    return [...new Set(found)];
  }

  /** Places something was kept from. */
  places(): readonly string[] {
    return [...this.#pieces.keys()];
  }

  /** Pieces of a place. */
  of(place: string): readonly (string | Uint8Array)[] {
    return this.#pieces.get(place) ?? [];
  }
}
