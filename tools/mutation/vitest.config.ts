/**
 * Tests as mutants meet them: those of one package, without the ones that draw hundreds of thousands
 * of cases, start processes or wait for them. A mutant that lives here is not known to live there.
 *
 * @module
 */

import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Relative to the directory of the package, which Stryker passes on.
    include: ['src/**/*.test.ts'],
    exclude: [...configDefaults.exclude, '**/*.property.test.ts', '**/crash.test.ts'],
    testTimeout: 30_000,
  },
});
