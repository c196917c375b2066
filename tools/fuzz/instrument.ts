/**
 * Loads the project's sources with branch counters in them. Preload with `--import`.
 *
 * @module
 */

import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { createInstrumenter } from 'istanbul-lib-instrument';

const OURS = /\/packages\/[a-z-]+\/[a-z-]+\/src\/(?!.*\.test\.ts$).*\.ts$/;

const instrumenter = createInstrumenter({
  esModules: true,
  compact: true,
  coverageVariable: '__fuzz_coverage__',
});

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith('file:') || !OURS.test(url)) return nextLoad(url, context);
    const { source } = nextLoad(url, { ...context, format: 'module-typescript' });
    const code = stripTypeScriptTypes(String(source), { mode: 'strip' });
    const instrumented = instrumenter.instrumentSync(code, fileURLToPath(url));
    return { format: 'module', source: instrumented, shortCircuit: true };
  },
});
