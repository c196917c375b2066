/**
 * The error of the bootstrap: a sentence for a person, and the exit code that goes with it.
 *
 * @module
 */

/** Exit codes: 2 the command or this machine is wrong, 3 installing failed. */
export const EXIT = { usage: 2, install: 3 };

export class BootstrapFailure extends Error {
  /**
   * @param {string} message - What happened, one line, lower-case start.
   * @param {{ exitCode: number, next: string, log?: string }} facts - `next`: what to do about it;
   *   `log`: output of the program that failed, shown as it is.
   */
  constructor(message, { exitCode, next, log = '' }) {
    super(message);
    this.name = 'BootstrapFailure';
    this.exitCode = exitCode;
    this.next = next;
    this.log = log;
  }
}
