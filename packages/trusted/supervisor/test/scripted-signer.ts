/**
 * Entry: a signer that plays the part its settings name, see `settings.ts`.
 *
 * It reads and writes frames by hand: without the protocol package it starts in a fraction of the time.
 *
 * @module
 */

import { Socket } from 'node:net';

interface Control {
  readonly op: string;
  readonly settings?: { readonly clients: readonly { readonly clientId: string }[] };
}

const pipe = new Socket({ fd: 3, readable: true, writable: true });
let part = '';

function say(event: object): void {
  const head = Buffer.from(JSON.stringify(event));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(head.length + 4, 0);
  lengths.writeUInt32BE(head.length, 4);
  process.stdout.write(Buffer.concat([lengths, head]));
}

function configure(wanted: string): void {
  if (wanted === 'ends') process.exit(3);
  if (wanted === 'silent') return;
  if (wanted === 'refuses' || wanted === 'fails') {
    const details = { field: 'part', next: 'choose another part' };
    say({ event: 'fatal', code: 'ERR_KEYSTORE_LOCKED', details, reload: part !== '' });
    if (part === '') process.exit(1);
    return;
  }
  part = wanted;
  say({ event: 'ready', inForce: facts() });
}

/** What this process was given, as it sees it. */
function facts(): Record<string, string> {
  const model = process.permission;
  const rights = ['net', 'child', 'worker', 'addon', 'fs.read', 'fs.write'] as const;
  return {
    part,
    pid: String(process.pid),
    cwd: process.cwd(),
    arguments: JSON.stringify([...process.execArgv, ...process.argv]),
    variables: JSON.stringify(process.env),
    rights: rights.filter((right) => model?.has(right)).join(' '),
    writesItsDirectory: String(model?.has('fs.write', process.cwd())),
  };
}

function obey({ op, settings }: Control): void {
  if (op === 'configure') configure(settings?.clients[0]?.clientId ?? '');
  else if (part !== 'stubborn') process.exit(0);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

let pending = Buffer.alloc(0);
process.stdin.on('data', (chunk: Buffer) => {
  pending = Buffer.concat([pending, chunk]);
  while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32BE(0)) {
    const end = 4 + pending.readUInt32BE(0);
    obey(JSON.parse(pending.toString('utf8', 8, end)) as Control);
    pending = pending.subarray(end);
  }
});
pipe.on('error', () => undefined);
// Something that stays, so that only an order ends it.
setInterval(() => undefined, 60_000);
