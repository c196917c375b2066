/**
 * The existing clients, each with its own demands, against one server.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMcpClient } from './client/mcp-client.ts';
import { askAsMobile } from './client/mobile-client.ts';
import {
  type ProfileKeyrings,
  startTwoClientsPerProfile,
  stopAll,
} from './client/profile-keyrings.ts';
import { PROFILES } from './client/refusals.ts';
import { TIED_CLIENT } from './client/settings.ts';
import { nowSec, transferCall, transferRequest } from './client/sign-request.ts';
import { START_TIMEOUT_MS, type TestKeyring } from './client/test-keyring.ts';
import { freshNonce, SIGN_PATH, type WireClient } from './client/wire-client.ts';

const MODERN = PROFILES.filter((profile) => profile !== 'legacy');
const TOLERANT = PROFILES.filter((profile) => profile !== 'strict');

let keyrings: ProfileKeyrings<TestKeyring & { readonly tied: WireClient }>;
beforeAll(async () => {
  const env = { KEYRING_MAX_VALIDITY_WINDOW_SEC: '31536000' };
  keyrings = await startTwoClientsPerProfile({ env });
}, START_TIMEOUT_MS);
afterAll(() => stopAll(keyrings));

describe.each(MODERN)('the MCP client, in profile %s', (profile) => {
  it('is content with every answer', async () => {
    const client = createMcpClient(keyrings[profile].client);
    for (let round = 0; round < 5; round += 1) await client.sign();
    await createMcpClient(keyrings[profile].client).sign('other');
  });

  it('notices when the key changes under it', async () => {
    const client = createMcpClient(keyrings[profile].client);
    await client.sign();
    await expect(client.sign('other')).rejects.toThrow('another key');
  });

  it('shows a denial in the words of the server', async () => {
    const client = createMcpClient(keyrings[profile].tied);
    await expect(client.sign('default')).rejects.toThrow(
      `Keyring proxy error (422): client ${TIED_CLIENT.clientId} is not allowed to use keyId default`,
    );
  });

  it('signs many requests at once', async () => {
    const client = createMcpClient(keyrings[profile].client);
    await Promise.all(Array.from({ length: 50 }, () => client.sign('other')));
  });
});

it('the MCP client refuses the answers of the older contract', async () => {
  await expect(createMcpClient(keyrings.legacy.client).sign()).rejects.toThrow('requestId');
});

describe.each(TOLERANT)('the mobile client, in profile %s', (profile) => {
  const client = (): WireClient => keyrings[profile].client;
  const soon = (): number => nowSec() + 300;

  it('is content with the answer, also far ahead', async () => {
    expect(await askAsMobile(client(), { validUntil: soon() })).toBe('SIGNED');
    expect(await askAsMobile(client(), { validUntil: nowSec() + 30_000_000 })).toBe('SIGNED');
  });

  it('asks for the same account nonce three times, as its fee estimation does', async () => {
    const validUntil = soon();
    for (let round = 0; round < 3; round += 1) {
      expect(await askAsMobile(client(), { validUntil, nonce: '0x99' })).toBe('SIGNED');
    }
  });

  it('tells a replay from everything else that is not authentic', async () => {
    const nonce = freshNonce();
    expect(await askAsMobile(client(), { validUntil: soon() }, { nonce })).toBe('SIGNED');
    expect(await askAsMobile(client(), { validUntil: soon() }, { nonce })).toBe('AUTH_REPLAY');
    const invalid = [
      { signature: '0'.repeat(64) },
      { signature: 'none' },
      { nonce: 'a.b' },
      { nonce: 'n'.repeat(129) },
      { timestamp: '1' },
      { timestamp: 'x' },
      { headers: { 'x-keyring-nonce': undefined } },
      { headers: { 'x-keyring-client-id': 'nonce' } },
    ];
    for (const call of invalid) {
      expect(await askAsMobile(client(), { validUntil: soon() }, call)).toBe('AUTH_INVALID');
    }
  });

  it('reads denials as denials', async () => {
    const denied = [
      { validUntil: 1 },
      { validUntil: soon(), keyId: 'nobody' },
      { validUntil: soon(), calls: [transferCall({ entrypoint: 'upgrade' })] },
      { validUntil: soon(), calls: [transferCall({ contractAddress: '0x111' })] },
    ];
    for (const changes of denied) {
      expect(await askAsMobile(client(), changes)).toBe('POLICY_DENIED');
    }
    const origin = { headers: { origin: 'https://app.example' } };
    expect(await askAsMobile(client(), { validUntil: soon() }, origin)).toBe('POLICY_DENIED');
  });
});

describe.each(TOLERANT)('the demonstration of the older signer, in profile %s', (profile) => {
  it('sees a signature, a replay and a denied selector', async () => {
    const { client } = keyrings[profile];
    const request = transferRequest();
    const replayed = { nonce: 'demo-happy-1', timestamp: String(Date.now()) };
    expect((await client.sign(request, replayed)).status).toBe(200);
    const replay = await client.sign(request, replayed);
    expect([replay.status, replay.json.error]).toEqual([401, 'replayed nonce']);
    const denied = await client.sign(
      transferRequest({ calls: [transferCall({ entrypoint: 'set_agent_id', calldata: ['0x1'] })] }),
      { nonce: 'demo-deny-1' },
    );
    expect([denied.status, denied.json.error]).toEqual([422, 'denied selector: set_agent_id']);
  });
});

describe.each(PROFILES)('fetch, in profile %s', (profile) => {
  it('gets a signature, and 413 for a body of 300 kB', async () => {
    const { url } = keyrings[profile].process;
    const ask = (body: string): Promise<Response> =>
      fetch(`${url}${SIGN_PATH}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
    for (let round = 0; round < 10; round += 1) {
      expect((await ask(JSON.stringify({ reason: 'a'.repeat(300_000) }))).status).toBe(413);
      expect((await ask(JSON.stringify(transferRequest()))).status).toBe(401);
    }
  });
});
