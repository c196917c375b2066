/**
 * Files by which a test and a confined signer talk, in the data directory.
 *
 * @module
 */

/** What to aim at, JSON, written before the first request. */
export const TARGETS_FILE = 'targets.json';
/** How the attempts went, JSON, there when all are over. */
export const OUTCOMES_FILE = 'outcomes.json';
