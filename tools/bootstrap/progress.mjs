/**
 * Shows that a long step is alive: a spinner with elapsed time on a terminal, plain lines elsewhere.
 *
 * Everything goes to stderr, so that stdout carries only what the command itself prints.
 *
 * @module
 */

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const SPIN_MS = 120;
const PLAIN_MS = 10_000;

/**
 * Runs `work` and reports its start, that it goes on, and its end.
 *
 * @template T
 * @param {string} label - What is being done, e.g. `installing dependencies`.
 * @param {() => Promise<T>} work
 * @returns {Promise<T>} What `work` returns; its rejection passes through.
 */
export async function withProgress(label, work) {
  const startedMs = Date.now();
  const elapsed = () => `${((Date.now() - startedMs) / 1000).toFixed(0)} s`;
  const timer = process.stderr.isTTY ? spin(label, elapsed) : tell(label, elapsed);
  try {
    const result = await work();
    finish(`✓ ${label} (${elapsed()})`);
    return result;
  } catch (error) {
    finish(`✗ ${label} (${elapsed()})`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** @param {string} label @param {() => string} elapsed */
function spin(label, elapsed) {
  let frame = 0;
  return setInterval(() => {
    frame = (frame + 1) % FRAMES.length;
    process.stderr.write(`\r${FRAMES[frame]} ${label} ${elapsed()}`);
  }, SPIN_MS);
}

/** @param {string} label @param {() => string} elapsed */
function tell(label, elapsed) {
  process.stderr.write(`… ${label}\n`);
  return setInterval(() => process.stderr.write(`… ${label}, ${elapsed()}\n`), PLAIN_MS);
}

/** @param {string} line */
function finish(line) {
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}\n` : `${line}\n`);
}
