/**
 * `countersign up`: clients, keys, targets, recipients and caps of the native configuration, and what
 * a reload changes.
 *
 * @module
 */

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Boundary,
  eventually,
  runCountersign,
  startBoundary,
  temporaryDirectory,
} from '@countersign/testing-keyring-process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectGenuine } from './client/genuine.ts';
import { startLoad } from './client/load.ts';
import { expectRefusal, type Refusal } from './client/refusals.ts';
import { OTHER_SESSION_KEY, SESSION_KEY } from './client/settings.ts';
import {
  type Call,
  ETH,
  SEPOLIA,
  type SignRequest,
  transferCall,
  transferRequest,
} from './client/sign-request.ts';
import { START_TIMEOUT_MS } from './client/test-keyring.ts';
import {
  type Answer,
  createWireClient,
  freshNonce,
  type WireClient,
} from './client/wire-client.ts';

const DEX = '0xde0';
const SECRETS = {
  ALPHA: 'wire-native-secret-01',
  ALPHA_NEXT: 'wire-native-secret-02',
  BETA: 'wire-native-secret-03',
  GAMMA: 'wire-native-secret-04',
  DELTA: 'wire-native-secret-05',
};

const ALPHA = { id: 'alpha', secrets: [{ env: 'ALPHA' }, { env: 'ALPHA_NEXT' }] };
const CONFIG = {
  clients: [
    { ...ALPHA, keys: ['trading', 'closed'], accounts: ['0xacc0'] },
    { id: 'beta', secrets: [{ env: 'BETA' }], keys: 'all', accounts: 'all' },
    { id: 'gamma', secrets: [{ env: 'GAMMA' }] },
    { id: 'delta', secrets: [{ env: 'DELTA' }], keys: 'all', accounts: [] },
  ],
  keys: [
    {
      id: 'trading',
      targets: [ETH, DEX],
      recipients: ['0x123', '0x0124'],
      caps: [{ token: ETH, maxPerCall: '1000', maxPerRequest: '1500' }],
    },
    {
      id: 'open',
      targets: 'all',
      recipients: 'all',
      messageKinds: ['invoke-v2', 'outside-v2'],
    },
    { id: 'closed' },
  ],
  policy: { chains: ['SN_SEPOLIA'], maxValiditySec: 3_600 },
};

const denied = (error: string): Refusal => ({
  status: 422,
  error,
  errorCode: 'POLICY_CALL_NOT_ALLOWED',
});
const TARGET = denied('call target is not allowed for this key');
const RECIPIENT = denied('recipient is not allowed for this key');
const LIMIT = denied('amount exceeds the limit of this key');
const UNDECODABLE = denied('call to a limited token is not allowed: not decodable');

let boundary: Boundary;
const clients: WireClient[] = [];

beforeAll(async () => {
  const directory = temporaryDirectory();
  await fillKeystore(join(directory, 'data'));
  boundary = await startBoundary({ config: CONFIG, env: SECRETS, directory });
}, START_TIMEOUT_MS);
afterAll(async () => {
  for (const client of clients) client.close();
  await boundary.stop();
});

/** Imports the keys with the command made for it. */
async function fillKeystore(dataDir: string): Promise<void> {
  mkdirSync(dataDir, { mode: 0o700 });
  const keys = [
    ['trading', SESSION_KEY, 'invoke-v2'],
    ['open', OTHER_SESSION_KEY, 'invoke-v2,outside-v2'],
    ['closed', '0x5ec4e9', 'invoke-v2'],
  ] as const;
  for (const [keyId, privateKey, kinds] of keys) {
    const options = ['--plain', '--from-env', 'KEY', '--message-kinds', kinds];
    const ended = await runCountersign({
      args: ['keys', 'add', keyId, '--data-dir', dataDir, ...options],
      env: { KEY: privateKey },
    });
    expect(ended).toMatchObject({ status: 0 });
    expect(ended.stdout + ended.stderr).not.toContain(privateKey);
  }
}

function as(clientId: string, secret: string): WireClient {
  const client = createWireClient({ url: boundary.url, clientId, secret });
  clients.push(client);
  return client;
}

const alpha = (changes: Partial<SignRequest> = {}): Promise<Answer> =>
  as('alpha', SECRETS.ALPHA).sign(paying(changes));
const beta = (changes: Partial<SignRequest> = {}): Promise<Answer> =>
  as('beta', SECRETS.BETA).sign(transferRequest({ keyId: 'open', ...changes }));

/** A transfer within everything the key `trading` may do. */
function paying(changes: Partial<SignRequest> = {}): SignRequest {
  return transferRequest({ calls: [transfer('0x123', '1000')], ...changes });
}

function transfer(recipient: string, low: string, high = '0', contractAddress = ETH): Call {
  return transferCall({ contractAddress, calldata: [recipient, low, high] });
}

function call(entrypoint: string, ...calldata: readonly string[]): Call {
  return transferCall({ entrypoint, calldata });
}

function expectSigned(request: SignRequest, answer: Answer): void {
  expectGenuine(answer, request, { privateKey: SESSION_KEY });
}

describe('targets', () => {
  it('are signed for when they are listed, however they are written', async () => {
    const padded = `0x${'de0'.padStart(64, '0')}`;
    for (const contractAddress of [DEX, '0xDE0', padded]) {
      const request = paying({ calls: [transferCall({ contractAddress, entrypoint: 'swap' })] });
      expectSigned(request, await alpha(request));
    }
  });

  it('are denied when they are not listed, wherever they stand', async () => {
    const other = transferCall({ contractAddress: '0xdeb', entrypoint: 'swap' });
    expectRefusal('superset', await alpha({ calls: [other] }), TARGET);
    const last = await alpha({ calls: [...paying().calls, other] });
    expectRefusal('superset', last, TARGET);
    expect(last.json).toMatchObject({ rule: 'key.targets', details: { call: 1 } });
  });

  it('of a key without a list are none at all', async () => {
    expectRefusal('superset', await alpha({ keyId: 'closed' }), TARGET);
  });

  it('of a key for all are all', async () => {
    for (const contractAddress of ['0x1', DEX, ETH, '0xfffff']) {
      const calls = [transferCall({ contractAddress, entrypoint: 'anything' })];
      expect((await beta({ calls })).status).toBe(200);
    }
  });
});

describe('recipients', () => {
  it.each([
    transfer('0x123', '1'),
    transfer('0x124', '1'),
    transfer('291', '1'),
    call('approve', '0x0123', '1', '0'),
    call('transfer_from', '0x999', '0x123', '1', '0'),
    call('transferFrom', '0x999', '0x124', '1', '0'),
    call('increase_allowance', '0x123', '1', '0'),
    call('increaseAllowance', '0x123', '1', '0'),
    transfer('0x123', '7', '7', DEX),
  ])('are paid when they are listed: %j', async (item) => {
    const request = paying({ calls: [item] });
    expectSigned(request, await alpha(request));
  });

  it.each([
    transfer('0x125', '1'),
    transfer('0x0', '0'),
    call('approve', '0xdeb', '1', '0'),
    call('transfer_from', '0x123', '0xdeb', '1', '0'),
    call('transferFrom', '0x123', '0xdeb', '1', '0'),
    call('increase_allowance', '0xdeb', '1', '0'),
    call('increaseAllowance', '0xdeb', '1', '0'),
    call('0x83afd3f4caedc6eebf44246fe54e38c95e3179a5ec9ea81740eca5b482d12e', '0xdeb', '1', '0'),
    transfer('0xdeb', '1', '0', DEX),
  ])('are denied when they are not listed: %j', async (item) => {
    expectRefusal('superset', await alpha({ calls: [item] }), RECIPIENT);
    expectRefusal('superset', await alpha({ calls: [transfer('0x123', '1'), item] }), RECIPIENT);
  });
});

describe('caps', () => {
  it.each([
    ['the most of one call', [transfer('0x123', '1000')]],
    ['the same in hex', [transfer('0x123', '0x3e8', '0x0')]],
    ['the most of one request', [transfer('0x123', '1000'), transfer('0x124', '500')]],
    ['nothing', [transfer('0x123', '0')]],
    ['what gives nothing away', [call('balanceOf', '0x1'), call('decrease_allowance', '0x1', '9')]],
    ['another token', [transfer('0x123', '0', '0xffff', DEX)]],
  ] as const)('allow %s', async (_name, calls) => {
    const request = paying({ calls });
    expectSigned(request, await alpha(request));
  });

  it.each([
    ['one more in a call', [transfer('0x123', '1001')]],
    ['one more in hex', [transfer('0x123', '0x3e9')]],
    ['one more in a request', [transfer('0x123', '1000'), transfer('0x124', '501')]],
    ['a sum of many small ones', Array.from({ length: 16 }, () => transfer('0x123', '100'))],
    ['an amount in the high half', [transfer('0x123', '0', '1')]],
    ['an approval', [call('approve', '0x123', '1001', '0')]],
    ['an allowance', [call('increase_allowance', '0x123', '1001', '0')]],
    ['an allowance by its other name', [call('increaseAllowance', '0x123', '1001', '0')]],
    ['a transfer of others', [call('transfer_from', '0x9', '0x123', '1001', '0')]],
    ['a transfer of others by its other name', [call('transferFrom', '0x9', '0x123', '1001', '0')]],
    [
      'approvals and transfers together',
      [call('approve', '0x123', '1000', '0'), transfer('0x123', '501')],
    ],
    [
      'a token by another spelling of its address',
      [transfer('0x123', '1001', '0', `0x0${ETH.slice(2).toUpperCase()}`)],
    ],
  ] as const)('deny %s', async (_name, calls) => {
    expectRefusal('superset', await alpha({ calls }), LIMIT);
  });

  it.each([
    ['one felt more', [call('transfer', '0x123', '1', '0', '0')]],
    ['one felt less', [call('transfer', '0x123', '1')]],
    ['no felts', [call('transfer')]],
    ['a low half of 2^128', [transfer('0x123', (2n ** 128n).toString(), '0')]],
    ['a high half of 2^128', [transfer('0x123', '0', `0x1${'0'.repeat(32)}`)]],
    ['a felt more in an approval', [call('approve', '0x123', '1', '0', '0')]],
    ['a felt less in a transfer of others', [call('transferFrom', '0x9', '0x123', '1')]],
    ['an entrypoint that cannot be read', [call('permit', '0x123', '1', '0')]],
    ['an entrypoint nobody knows', [call('sweep', '0x123')]],
    ['an entrypoint nobody knows, by number', [call('0x1234', '0x123')]],
  ] as const)('deny what cannot be decoded: %s', async (_name, calls) => {
    expectRefusal('superset', await alpha({ calls }), UNDECODABLE);
  });
});

describe('clients', () => {
  it('may sign with every one of their secrets', async () => {
    for (const secret of [SECRETS.ALPHA, SECRETS.ALPHA_NEXT]) {
      const request = paying();
      expectSigned(request, await as('alpha', secret).sign(request));
    }
    const answer = await as('alpha', SECRETS.BETA).sign(paying());
    expect([answer.status, answer.json.error]).toEqual([401, 'invalid signature']);
  });

  it('without lists may do nothing', async () => {
    const gamma = await as('gamma', SECRETS.GAMMA).sign(paying());
    expectRefusal('superset', gamma, denied('client gamma is not allowed to use keyId trading'));
    const delta = await as('delta', SECRETS.DELTA).sign(paying());
    const text = 'client delta is not allowed to sign for account 0xacc0';
    expectRefusal('superset', delta, denied(text));
  });

  it('may use what is listed and nothing else', async () => {
    const key = await alpha({ keyId: 'open' });
    expectRefusal('superset', key, denied('client alpha is not allowed to use keyId open'));
    const account = await alpha({ accountAddress: '0xacc9' });
    const text = 'client alpha is not allowed to sign for account 0xacc9';
    expectRefusal('superset', account, denied(text));
  });

  it('must name themselves when nobody is the default', async () => {
    const { clientId: _none, ...nameless } = {
      clientId: '',
      url: boundary.url,
      secret: SECRETS.BETA,
    };
    const client = createWireClient(nameless);
    clients.push(client);
    const answer = await client.sign(paying());
    expect([answer.status, answer.json.error]).toEqual([401, 'missing authentication headers']);
  });

  it('may ask for the kinds of message of the key', async () => {
    const request = transferRequest({ keyId: 'open', messageKind: 'outside-v2', caller: '0x5' });
    expectGenuine(await beta(request), request, {
      kind: 'outside-v2',
      privateKey: OTHER_SESSION_KEY,
    });
    expect((await alpha({ messageKind: 'outside-v2' })).status).toBe(422);
    expect((await beta({ messageKind: 'invoke-v1' })).status).toBe(422);
  });

  it('are held to chain and validity', async () => {
    expect((await beta({ chainId: '0x534e5f4d41494e' })).status).toBe(422);
    expect((await beta({ validUntil: 9_000_000_000 })).status).toBe(422);
    expect((await beta({ chainId: BigInt(SEPOLIA).toString() })).status).toBe(200);
  });

  it('get receipts of what they asked, and of nothing else', async () => {
    const [signed, refused] = [await alpha(), await alpha({ calls: [call('sweep', '0x1')] })];
    for (const answer of [signed, refused]) {
      const id = String(answer.headers['x-countersign-receipt']);
      const receipt = await as('alpha', SECRETS.ALPHA).call({ path: `/v1/receipts/${id}` });
      expect(receipt.status).toBe(200);
      expect(receipt.json).toMatchObject({ entry: expect.any(String), proof: expect.any(String) });
      const foreign = await as('beta', SECRETS.BETA).call({ path: `/v1/receipts/${id}` });
      expect([foreign.status, foreign.json.error]).toEqual([404, 'not found']);
    }
  });
});

describe('a reload', () => {
  const settingsRead = (): number => boundary.stderr().split('settings read again').length - 1;

  /** Puts another configuration in force. */
  async function reload(config: Record<string, unknown>): Promise<void> {
    boundary.configure(config);
    const before = settingsRead();
    boundary.signal('SIGHUP');
    await boundary.printed('settings read again', before + 1);
  }

  const [trading, ...others] = CONFIG.keys;
  const widened = { ...CONFIG, keys: [{ ...trading, targets: [ETH, DEX, '0xdeb'] }, ...others] };
  const newTarget = (): Promise<Answer> =>
    alpha({ calls: [transferCall({ contractAddress: '0xdeb', entrypoint: 'swap' })] });

  it('changes the policy and loses no request', async () => {
    const load = startLoad(
      () => createWireClient({ url: boundary.url, clientId: 'beta', secret: SECRETS.BETA }),
      () => transferRequest({ keyId: 'open' }),
    );
    await load.more(20);
    for (let round = 0; round < 3; round += 1) {
      await reload(widened);
      await eventually(
        'the wider policy is in force',
        async () => (await newTarget()).status === 200,
      );
      await reload(CONFIG);
      await eventually(
        'the old policy is in force',
        async () => (await newTarget()).status === 422,
      );
      await load.more(20);
    }
    const statuses = await load.stop();
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('takes a secret away, and brings it back', async () => {
    const [first, ...rest] = CONFIG.clients;
    const rotated = {
      ...CONFIG,
      clients: [{ ...first, secrets: [{ env: 'ALPHA_NEXT' }] }, ...rest],
    };
    await reload(rotated);
    const old = as('alpha', SECRETS.ALPHA);
    await eventually('the old secret is refused', async () => {
      return (await old.sign(paying())).status === 401;
    });
    expect((await as('alpha', SECRETS.ALPHA_NEXT).sign(paying())).status).toBe(200);
    await reload(CONFIG);
    await eventually('the old secret is accepted', async () => {
      return (await old.sign(paying())).status === 200;
    });
  });

  it('can be asked for by a command', async () => {
    boundary.configure(widened);
    const ended = await runCountersign({ args: ['reload', '--config', boundary.configFile] });
    expect(ended.status).toBe(0);
    await eventually(
      'the wider policy is in force',
      async () => (await newTarget()).status === 200,
    );
    await reload(CONFIG);
    await eventually('the old policy is in force', async () => (await newTarget()).status === 422);
  });

  it.each([
    ['an unknown word', { ...CONFIG, surprise: true }, 'were not replaced'],
    ['no clients', { ...CONFIG, clients: [] }, 'were not replaced'],
    [
      'a client with an unknown key',
      { ...CONFIG, clients: [{ ...ALPHA, keys: ['nobody'] }] },
      'were not replaced',
    ],
    [
      'a secret that is not there',
      { ...CONFIG, clients: [{ ...ALPHA, secrets: [{ env: 'NOBODY' }] }] },
      'were not replaced',
    ],
    [
      'a key that is not in the keystore',
      { ...CONFIG, keys: [...CONFIG.keys, { id: 'missing', targets: 'all' }] },
      'the old ones stay',
    ],
    [
      'a kind of message the keystore does not allow',
      { ...CONFIG, keys: [{ ...trading, messageKinds: ['invoke-v1'] }, ...others] },
      'the old ones stay',
    ],
  ])('of a configuration with %s changes nothing', async (_name, config, text) => {
    const before = boundary.stderr().split(text).length;
    boundary.configure(config);
    boundary.signal('SIGHUP');
    await boundary.printed(text, before);
    expect((await alpha()).status).toBe(200);
    expect((await newTarget()).status).toBe(422);
    expect((await beta()).status).toBe(200);
    boundary.configure(CONFIG);
  });

  it('that was refused is not what the next signer starts with', async () => {
    const before = boundary.stderr().split('the old ones stay').length;
    boundary.configure({ ...CONFIG, keys: [...CONFIG.keys, { id: 'missing', targets: 'all' }] });
    boundary.signal('SIGHUP');
    await boundary.printed('the old ones stay', before);
    const { signer } = boundary.children();
    if (signer === undefined) throw new Error('no signer');
    process.kill(signer, 'SIGKILL');
    await eventually('another signer signs', async () => (await alpha()).status === 200);
    expect((await newTarget()).status).toBe(422);
    await reload(CONFIG);
  });

  it('does not move to another data directory', async () => {
    const call = { nonce: freshNonce(), timestamp: String(Date.now()) };
    const client = as('alpha', SECRETS.ALPHA);
    expect((await client.sign(paying(), call)).status).toBe(200);
    boundary.configure({ ...CONFIG, dataDir: 'elsewhere' });
    boundary.signal('SIGHUP');
    await eventually('it was answered', () =>
      /elsewhere|settings read again/.test(boundary.stderr()),
    );
    const { signer } = boundary.children();
    if (signer !== undefined) process.kill(signer, 'SIGKILL');
    await eventually('another signer signs', async () => (await alpha()).status === 200);
    expect((await client.sign(paying(), call)).status).toBe(401);
    expect(existsSync(join(boundary.dataDir, '..', 'elsewhere', 'ledger.db'))).toBe(false);
    await reload(CONFIG);
  });
});
