import { isBoundaryError, Secret } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { parseStoreAddress } from './store-address.ts';

const parse = (url: string, caPem?: string) => parseStoreAddress(new Secret(url), caPem);

const PASSWORD = 'secret';

describe('a store is spoken to', () => {
  it.each([
    ['on another machine, with its certificate checked', 'db.example', true],
    ['at another address, with its certificate checked', '10.0.0.1', true],
    ['on a name that only looks like this machine', 'localhost.example', true],
    ['on another machine in plain text when that is written out', 'db.example?disable', false],
    ['on this machine in plain text', '127.0.0.1', false],
    ['on this machine by name in plain text', 'localhost', false],
    ['on this machine over IPv6 in plain text', '[::1]', false],
    [
      'on this machine with its certificate checked when that is written out',
      'localhost?verify-full',
      true,
    ],
  ])('%s', (_name, where, isChecked) => {
    const [host, mode] = where.split('?');
    const query = mode === undefined ? '' : `?sslmode=${mode}`;
    const { tls } = parse(`postgres://signer:${PASSWORD}@${host}/ledger${query}`, 'PEM');
    const serverName = host?.replace(/[[\]]/g, '');
    expect(tls).toEqual(isChecked ? { serverName, caPem: 'PEM' } : undefined);
  });

  it('through a socket of this machine', () => {
    expect(parse('postgres://signer@localhost/ledger?host=/run/postgresql')).toMatchObject({
      host: undefined,
      socketPath: '/run/postgresql/.s.PGSQL.5432',
      tls: undefined,
    });
  });
});

it('reads all parts, percent signs undone', () => {
  const address = parse('postgresql://si%40gner:p%3Ass%2F@db.example:6543/led%20ger');
  expect(address).toMatchObject({
    host: 'db.example',
    port: 6_543,
    database: 'led ger',
    user: 'si@gner',
  });
  expect(address.password.reveal()).toBe('p:ss/');
  expect(JSON.stringify(address)).not.toContain('p:ss');
});

it.each(['require', 'prefer', 'allow', 'verify-ca', ''])('refuses sslmode=%s', (mode) => {
  try {
    parse(`postgres://signer:5ec4e7@db.example/ledger?sslmode=${mode}`);
    expect.unreachable();
  } catch (error) {
    expect(isBoundaryError(error) && error.code).toBe('ERR_CONFIG_INVALID');
    expect(JSON.stringify(error)).not.toContain('5ec4e7');
  }
});
