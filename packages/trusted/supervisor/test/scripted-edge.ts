/**
 * Entry: an edge that plays the part its settings name, see `settings.ts`.
 *
 * @module
 */

interface Control {
  readonly op: string;
  readonly settings?: { readonly clients: readonly { readonly clientId: string }[] };
}

let part = '';
let pipes = 0;
let timesConfigured = 0;

function say(event: object, then: () => void = () => undefined): void {
  process.send?.(event, then);
}

function configure(wanted: string): void {
  part = wanted;
  timesConfigured += 1;
  if (wanted === 'fails') {
    const details = { host: '127.0.0.1', reason: 'EADDRINUSE' };
    const event = { event: 'fatal', code: 'ERR_LISTEN_FAILED', details, reload: false };
    say(event, () => process.exit(0));
    return;
  }
  if (wanted === 'warns') say({ event: 'warning', text: 'the sun is low' });
  tellReady();
}

/** Ready once there are settings and a pipe, and again for each further one. */
function tellReady(): void {
  if (part === '' || pipes === 0) return;
  const model = process.permission;
  const rights = ['net', 'child', 'worker', 'addon', 'fs.read', 'fs.write'] as const;
  say({
    event: 'ready',
    inForce: {
      address: 'http://edge.example',
      pid: String(process.pid),
      pipes: String(pipes),
      timesConfigured: String(timesConfigured),
      arguments: JSON.stringify([...process.execArgv, ...process.argv]),
      variables: JSON.stringify(process.env),
      rights: rights.filter((right) => model?.has(right)).join(' '),
    },
  });
}

process.on('message', (message, handle) => {
  const { op, settings } = message as Control;
  if (op === 'configure') configure(settings?.clients[0]?.clientId ?? '');
  else if (op === 'signer') {
    if (handle !== undefined) pipes += 1;
    tellReady();
  } else if (part !== 'stubborn') process.exit(0);
});
process.on('disconnect', () => process.exit(0));
