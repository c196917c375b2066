/**
 * What the variables of the older signer allow and deny, and in which words, in all three profiles.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DENIED_SELECTORS } from './client/denied-selectors.ts';
import { expectGenuine, publicKeyOf } from './client/genuine.ts';
import {
  type ProfileKeyrings,
  startTwoClientsPerProfile,
  stopAll,
} from './client/profile-keyrings.ts';
import { expectRefusal, PROFILES, type Refusal } from './client/refusals.ts';
import {
  FREE_CLIENT,
  OTHER_SESSION_KEY,
  SESSION_KEY,
  TIED_ACCOUNT,
  TIED_CLIENT,
  TWO_CLIENTS,
} from './client/settings.ts';
import {
  ETH,
  MAINNET,
  nowSec,
  SEPOLIA,
  type SignRequest,
  transferCall,
  transferRequest,
} from './client/sign-request.ts';
import { START_TIMEOUT_MS, type TestKeyring } from './client/test-keyring.ts';
import { type Answer, freshNonce, type WireClient } from './client/wire-client.ts';

/** Clients whose ids and request nonces could be glued together in two ways. */
const AMBIGUOUS = ['a', 'a:b', 'a","b', 'a,b', 'a|b', 'a b', 'NONE', 'UNTIED'];
const SECRET = 'wire-test-secret-0004';

const CLIENTS = [
  ...(JSON.parse(TWO_CLIENTS.KEYRING_AUTH_CLIENTS_JSON ?? '') as readonly object[]),
  ...AMBIGUOUS.map((clientId) => ({
    clientId,
    hmacSecret: SECRET,
    ...(clientId === 'NONE' ? { allowedKeyIds: [] } : {}),
    ...(clientId === 'UNTIED' ? { allowedAccountAddresses: [] } : {}),
  })),
];

const denied = (error: string | RegExp): Refusal => ({
  status: 422,
  error,
  errorCode: 'POLICY_CALL_NOT_ALLOWED',
});
const deniedSelector = (entrypoint: string): Refusal => ({
  status: 422,
  error: `denied selector: ${entrypoint}`,
  errorCode: 'POLICY_SELECTOR_DENIED',
});
const SELF_CALL = denied('self-call is denied for session signing');
const EXPIRED = denied('validUntil is already expired');
const TOO_LONG = denied('validUntil exceeds maximum allowed future window');

let keyrings: ProfileKeyrings<TestKeyring & { readonly tied: WireClient }>;
beforeAll(async () => {
  keyrings = await startTwoClientsPerProfile({
    env: {
      KEYRING_AUTH_CLIENTS_JSON: JSON.stringify(CLIENTS),
      // Sepolia in hex with a leading zero, Mainnet in decimal.
      KEYRING_ALLOWED_CHAIN_IDS: ` 0x0${SEPOLIA.slice(2).toUpperCase()} ,${BigInt(MAINNET)},`,
      KEYRING_MAX_VALIDITY_WINDOW_SEC: '3600',
    },
  });
}, START_TIMEOUT_MS);
afterAll(() => stopAll(keyrings));

const withCalls = (...changes: readonly Parameters<typeof transferCall>[0][]): SignRequest =>
  transferRequest({ calls: changes.map((change) => transferCall(change)) });

describe.each(PROFILES)('in profile %s', (profile) => {
  const sign = (changes: Partial<SignRequest> = {}): Promise<Answer> =>
    keyrings[profile].client.sign(transferRequest(changes));
  const tied = (changes: Partial<SignRequest> = {}): Promise<Answer> =>
    keyrings[profile].tied.sign(
      transferRequest({ accountAddress: TIED_ACCOUNT, keyId: 'other', ...changes }),
    );

  it.each(DENIED_SELECTORS)('denies %s by name and by number', async (name, selector) => {
    const padded = `0x${selector.slice(2).padStart(64, '0')}`;
    for (const entrypoint of [name, selector, selector.toUpperCase().replace('X', 'x'), padded]) {
      expectRefusal(profile, await sign(withCalls({ entrypoint })), deniedSelector(entrypoint));
    }
  });

  it('denies a denied selector wherever it stands among the calls', async () => {
    for (const place of [0, 1, 63]) {
      const calls = Array.from({ length: 64 }, (_, i) =>
        transferCall({ entrypoint: i === place ? 'upgrade' : 'tick', calldata: [] }),
      );
      expectRefusal(profile, await sign({ calls }), deniedSelector('upgrade'));
    }
  });

  it.each(['Upgrade', 'upgrade_', 'setPublickey', '__execute', 'set_agent_id2'])(
    'signs %s, which only looks like one',
    async (entrypoint) => {
      const request = withCalls({ entrypoint });
      expectGenuine(await sign(request), request, { privateKey: SESSION_KEY });
    },
  );

  it.each(['0xacc0', '0xACC0', '0x00acc0', `0x${'acc0'.padStart(64, '0')}`])(
    'denies a call of the account to itself, written %s',
    async (contractAddress) => {
      expectRefusal(profile, await sign(withCalls({ contractAddress })), SELF_CALL);
      expectRefusal(profile, await sign(withCalls({}, { contractAddress })), SELF_CALL);
    },
  );

  it('denies what has expired', async () => {
    for (const validUntil of [1, nowSec() - 3_600, nowSec() - 1]) {
      expectRefusal(profile, await sign({ validUntil }), EXPIRED);
    }
  });

  it('denies what lies beyond the horizon', async () => {
    for (const validUntil of [nowSec() + 3_700, 4_102_444_800, Number.MAX_SAFE_INTEGER]) {
      expectRefusal(profile, await sign({ validUntil }), TOO_LONG);
    }
    expect((await sign({ validUntil: nowSec() + 3_500 })).status).toBe(200);
  });

  it.each([
    SEPOLIA,
    MAINNET,
    BigInt(SEPOLIA).toString(),
    BigInt(MAINNET).toString(),
    `0x000${MAINNET.slice(2)}`,
    MAINNET.toUpperCase().replace('X', 'x'),
  ])('signs for the listed chain %s', async (chainId) => {
    expect((await sign({ chainId })).status).toBe(200);
  });

  it.each(['0x1', '0', '0x534e5f474f45524c49', `${BigInt(SEPOLIA) + 1n}`])(
    'denies the chain %s, in the words it came in',
    async (chainId) => {
      expectRefusal(profile, await sign({ chainId }), denied(`chainId ${chainId} is not allowed`));
    },
  );

  it('signs with the key that is named, and without a name with the default one', async () => {
    const other = await sign({ keyId: 'other' });
    expect(BigInt(String(other.json.sessionPublicKey))).toBe(publicKeyOf(OTHER_SESSION_KEY));
    for (const answer of [await sign(), await sign({ keyId: 'default' })]) {
      expect(BigInt(String(answer.json.sessionPublicKey))).toBe(publicKeyOf(SESSION_KEY));
    }
    if (profile === 'legacy') return;
    expect(other.json.audit).toMatchObject({ keyId: 'other' });
  });

  it.each(['nobody', 'Default', 'default ', '__proto__', 'toString', 'k'.repeat(64)])(
    'denies the unknown key %s',
    async (keyId) => {
      expectRefusal(profile, await sign({ keyId }), denied(`Unknown keyId: ${keyId}`));
    },
  );

  it('ties a client to its key', async () => {
    expect((await tied()).status).toBe(200);
    const notAllowed = (keyId: string): Refusal =>
      denied(`client ${TIED_CLIENT.clientId} is not allowed to use keyId ${keyId}`);
    expectRefusal(profile, await tied({ keyId: 'default' }), notAllowed('default'));
    // Whether a key exists that it may not use is not its business.
    expectRefusal(profile, await tied({ keyId: 'nobody' }), notAllowed('nobody'));
    const unnamed = transferRequest({ accountAddress: TIED_ACCOUNT });
    expectRefusal(profile, await keyrings[profile].tied.sign(unnamed), notAllowed('default'));
  });

  it('ties a client to its account, however it is written', async () => {
    for (const accountAddress of ['0xACC1', '0x0acc1', `0x${'acc1'.padStart(64, '0')}`]) {
      expect((await tied({ accountAddress })).status).toBe(200);
    }
    const accountAddress = '0x0ACC2';
    expectRefusal(
      profile,
      await tied({ accountAddress }),
      denied(`client ${TIED_CLIENT.clientId} is not allowed to sign for account ${accountAddress}`),
    );
    const free = await sign({ accountAddress });
    expect(free.status).toBe(200);
  });

  it('takes an empty list of a client for nothing, not for everything', async () => {
    const none = keyrings[profile].client.as({ clientId: 'NONE', secret: SECRET });
    const untied = keyrings[profile].client.as({ clientId: 'UNTIED', secret: SECRET });
    expectRefusal(
      profile,
      await none.sign(transferRequest()),
      denied('client NONE is not allowed to use keyId default'),
    );
    expectRefusal(
      profile,
      await untied.sign(transferRequest()),
      denied('client UNTIED is not allowed to sign for account 0xacc0'),
    );
    none.close();
    untied.close();
  });

  it('names the first thing that is wrong, in the order of the contract', async () => {
    const wrong = {
      validUntil: 1,
      chainId: '0x1',
      keyId: 'nobody',
      calls: [transferCall({ contractAddress: '0xacc0', entrypoint: 'upgrade' })],
    };
    const { validUntil: _expired, ...second } = wrong;
    const { chainId: _chain, ...third } = second;
    const { calls: _calls, ...fourth } = third;
    expectRefusal(profile, await sign(wrong), EXPIRED);
    expectRefusal(profile, await sign({ ...second, validUntil: nowSec() + 9_999 }), TOO_LONG);
    expectRefusal(profile, await sign(second), denied('chainId 0x1 is not allowed'));
    expectRefusal(profile, await sign(third), SELF_CALL);
    const byCall = { ...third, calls: [transferCall({ entrypoint: 'upgrade' }), ...third.calls] };
    expectRefusal(profile, await sign(byCall), deniedSelector('upgrade'));
    expectRefusal(profile, await sign(fourth), denied('Unknown keyId: nobody'));
  });

  it.each(['invoke-v1', 'outside-v2'])('does not sign %s unless it was allowed', async (kind) => {
    const answer = await sign({ messageKind: kind });
    expectRefusal(profile, answer, denied('message kind is not allowed for this key'));
  });

  it('says which fields of an outside execution it did not sign', async () => {
    const request = transferRequest({ caller: '0x1', executeAfter: '0' });
    const answer = await keyrings[profile].client.sign(request);
    expectGenuine(answer, request, { privateKey: SESSION_KEY });
    expect(answer.headers['x-countersign-ignored']).toBe('caller, executeAfter');
    expect(answer.headers['x-countersign-message-kind']).toBe('invoke-v2');
  });

  it('quotes what was asked without being led astray by it', async () => {
    const keyId = '"}\r\n<b>é🔑';
    expectRefusal(profile, await sign({ keyId }), denied(`Unknown keyId: ${keyId}`));
  });

  it('keeps the request nonces of clients apart', async () => {
    const nonce = freshNonce();
    for (const client of [keyrings[profile].client, keyrings[profile].tied]) {
      const request = { accountAddress: TIED_ACCOUNT, keyId: 'other' };
      const answer = await client.sign(transferRequest(request), { nonce });
      expect(answer.status).toBe(200);
    }
  });

  it('keeps them apart when ids and nonces can be cut in two ways', async () => {
    const tail = freshNonce();
    const pairs: readonly (readonly [clientId: string, nonce: string])[] = [
      ['a', `b:${tail}`],
      ['a:b', tail],
      ['a', `:b:${tail}`],
      ['a', `","b","${tail}`],
      ['a","b', tail],
      ['a,b', tail],
      ['a', `b,${tail}`],
      ['a|b', tail],
      ['a', `b|${tail}`],
      ['a b', tail],
      ['a', `b ${tail}`],
    ];
    for (const [clientId, nonce] of pairs) {
      const client = keyrings[profile].client.as({ clientId, secret: SECRET });
      expect((await client.sign(transferRequest(), { nonce })).status).toBe(200);
      client.close();
    }
  });

  it('does not accept one client with the secret of another', async () => {
    const mixed = keyrings[profile].client.as({ ...TIED_CLIENT, clientId: FREE_CLIENT.clientId });
    expectRefusal(profile, await mixed.sign(transferRequest()), {
      status: 401,
      error: 'invalid signature',
      errorCode: 'AUTH_INVALID_HMAC',
    });
    mixed.close();
  });

  it('signs a batch for many targets, each call as it stands', async () => {
    const calls = ['transfer', '0x7', 'approve', 'multi_route_swap'].map((entrypoint, i) =>
      transferCall({
        entrypoint,
        contractAddress: i % 2 === 0 ? ETH : `0x${i}`,
        calldata: [`${i}`],
      }),
    );
    const request = transferRequest({ calls });
    expectGenuine(await keyrings[profile].client.sign(request), request, {
      privateKey: SESSION_KEY,
    });
  });
});
