import { describe, expect, it } from 'vitest';
import { RedisFault } from '../redis-connection.ts';
import { createRedisRequestNonceStore } from './redis-request-nonce-store.ts';
import { requestNonceKey } from './request-nonce-store.ts';

const NOW_MS = 1_795_160_160_000;

function answering(reply: unknown) {
  const sent: (readonly string[])[] = [];
  const send = async (args: readonly string[]): Promise<unknown> => {
    sent.push(args);
    if (reply instanceof Error) throw reply;
    return reply;
  };
  return { store: createRedisRequestNonceStore({ redis: { send }, ttlMs: 120_000 }), sent };
}

describe('the Redis nonce store', () => {
  it('sends the command of the wire contract, once', async () => {
    const { store, sent } = answering('OK');
    expect(await store.consume('client', 'nonce-valid-0001', NOW_MS)).toBe(true);
    expect(sent).toEqual([
      [
        'SET',
        'starknet-keyring-proxy:nonce:["client","nonce-valid-0001"]',
        '1795160160000',
        'PX',
        '120000',
        'NX',
      ],
    ]);
  });

  it('takes nil for used', async () => {
    expect(await answering(null).store.consume('client', 'n', NOW_MS)).toBe(false);
  });

  it.each([
    ['a fault', new RedisFault('offline')],
    ['another fault', new Error('surprise')],
    ['undefined', undefined],
    ['another word', 'QUEUED'],
    ['a number', 1],
    ['true', true],
    ['an empty text', ''],
  ])('is closed on %s', async (_name, reply) => {
    await expect(answering(reply).store.consume('client', 'n', NOW_MS)).rejects.toMatchObject({
      name: 'BoundaryError',
      code: 'ERR_NONCE_STORE_UNAVAILABLE',
      details: {},
    });
  });
});

describe('requestNonceKey', () => {
  it('is JSON of client id and nonce', () => {
    expect(requestNonceKey('a"b', 'é')).toBe('["a\\"b","é"]');
  });
});
