/**
 * Fuzzes one target in a process of its own and prints the result as JSON.
 *
 * @module
 */

import { fuzz } from './fuzzer.ts';
import { TARGETS } from './targets.ts';

const [name = '', executions = '', seed = ''] = process.argv.slice(2);
const load = Object.hasOwn(TARGETS, name) ? TARGETS[name] : undefined;
if (load === undefined) throw new Error(`no target ${name}`);

const result = fuzz(await load(), {
  executions: Number(executions),
  seed: Number(seed),
  onProgress: (done) => process.stderr.write(`\r  ${name.padEnd(18)} ${done}`),
});
const { finding, ...figures } = result;
process.stdout.write(
  JSON.stringify({
    ...figures,
    ...(finding === undefined
      ? {}
      : { finding: { inputBase64: finding.input.toString('base64'), reason: finding.reason } }),
  }),
);
