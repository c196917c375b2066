/**
 * Entry: the real signer process, which prints the secrets it is given, each in another notation.
 *
 * @module
 */

import { FrameReader, signerControlSchema } from '@countersign/protocol';
import { runSignerProcess } from '@countersign/signer';

const reader = new FrameReader();

process.stdin.on('data', (chunk: Uint8Array) => {
  for (const { head } of reader.push(chunk)) {
    const control = signerControlSchema.parse(head);
    if (control.op !== 'configure') continue;
    const { clients, keys, passphrase = '' } = control.settings;
    for (const key of keys) {
      if (key.source === 'inline') console.error(`leak: ${BigInt(key.privateKey)}`);
    }
    for (const client of clients)
      console.error(`leak: ${encodeURIComponent(client.secrets[0] ?? '')}`);
    console.error(`leak: ${Buffer.from(passphrase).toString('base64')}`);
  }
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

runSignerProcess({
  control: process.stdin,
  events: process.stdout,
  programDirs: process.argv.slice(2),
});
