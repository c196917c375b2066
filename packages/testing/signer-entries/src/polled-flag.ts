/**
 * The flag of the entry `polled-flag-signer`.
 *
 * @module
 */

/** In the data directory; while it exists nothing is signed, as soon as that is noticed. */
export const POLLED_FLAG_FILE = 'stop.flag';
/** Pause between two looks, milliseconds. */
export const POLLED_FLAG_MS = 50;
