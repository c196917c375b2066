import { format, inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from './secret.ts';

const TEXT = 'correct-horse-battery-staple';
const BYTES = Buffer.from(TEXT, 'utf8');
const NUMBER = 0x5ec4e7_5ec4e7_5ec4e7_5ec4e7n;

/** Every spelling under which a value could stand in an output. */
const TRACES = [
  TEXT,
  BYTES.toString('hex'),
  BYTES.toString('base64'),
  [...BYTES].join(','),
  String(NUMBER),
  NUMBER.toString(16),
];

const SECRETS: readonly (readonly [string, Secret<string | Uint8Array | bigint>])[] = [
  ['a text', new Secret(TEXT)],
  ['bytes', new Secret<Uint8Array>(BYTES)],
  ['a number', new Secret(NUMBER)],
];

const PRINTERS: readonly (readonly [string, (secret: object) => string])[] = [
  ['String', (secret) => String(secret)],
  ['a template', (secret) => `${secret}`],
  ['joining to a text', (secret) => `key=${secret}`],
  ['adding to a text', (secret) => 'key='.concat(secret as unknown as string)],
  ['Array.join', (secret) => [secret, secret].join()],
  ['toString', (secret) => secret.toString()],
  ['toLocaleString', (secret) => secret.toLocaleString()],
  ['JSON.stringify', (secret) => JSON.stringify(secret)],
  ['JSON.stringify of a member', (secret) => JSON.stringify({ deep: [{ secret }] })],
  ['JSON.stringify as a key', (secret) => JSON.stringify({ [secret as unknown as string]: 1 })],
  ['inspect', (secret) => inspect(secret)],
  [
    'inspect with everything on',
    (secret) => inspect(secret, { showHidden: true, depth: null, showProxy: true, getters: true }),
  ],
  ['inspect without custom inspection', (secret) => inspect(secret, { customInspect: false })],
  ['inspect of a member', (secret) => inspect({ deep: [new Map([['secret', secret]])] })],
  ['format %s', (secret) => format('%s', secret)],
  ['format %o', (secret) => format('%o', secret)],
  ['format %O', (secret) => format('%O', secret)],
  ['format %j', (secret) => format('%j', secret)],
  ['format %d', (secret) => format('%d', secret)],
  ['an error message', (secret) => inspect(new Error(`failed for ${secret}`))],
  ['an error cause', (secret) => inspect(new Error('failed', { cause: secret }))],
  ['its own members', (secret) => inspect(Object.getOwnPropertyDescriptors(secret))],
  ['its entries', (secret) => JSON.stringify(Object.entries(secret))],
  ['a copy', (secret) => JSON.stringify({ ...secret })],
  ['Object.assign', (secret) => inspect(Object.assign({}, secret))],
  ['structuredClone', (secret) => inspect(structuredClone(secret))],
  ['Reflect.ownKeys', (secret) => Reflect.ownKeys(secret).map(String).join()],
];

describe.each(SECRETS)('a secret of %s', (_kind, secret) => {
  it.each(PRINTERS)('does not print by %s', (_name, print) => {
    const printed = print(secret);
    for (const trace of TRACES) expect(printed).not.toContain(trace);
  });

  it('says that it was left out', () => {
    expect([String(secret), JSON.stringify(secret), inspect(secret)]).toEqual([
      '[redacted]',
      '"[redacted]"',
      '[redacted]',
    ]);
  });

  it('is no number either', () => {
    expect(Number(secret)).toBeNaN();
  });

  it('comes out by reveal only', () => {
    expect([TEXT, BYTES, NUMBER]).toContain(secret.reveal());
  });
});
