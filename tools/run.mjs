/**
 * The one door for every command of the workspace: `node tools/run.mjs <command> [-- args]`.
 *
 * Runs on Node 20 or newer with npm and nothing else installed: it installs the locked
 * dependencies and the pinned runtime when they are missing, then hands the command over to that
 * runtime. This file must parse on older Nodes too, so that they get a sentence and not a stack.
 *
 * @module
 */

const OLDEST_MAJOR = 20;
const major = Number(process.versions.node.split('.')[0]);

if (major < OLDEST_MAJOR) {
  process.stderr.write(
    `countersign needs Node ${OLDEST_MAJOR} or newer to start; this is Node ${process.versions.node}\n` +
      'install a current Node, then run the same command again\n',
  );
  process.exitCode = 2;
} else {
  const { main } = await import('./bootstrap/main.mjs');
  process.exitCode = await main(process.argv.slice(2));
}
