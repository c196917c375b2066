/**
 * `countersign up` with a narrow policy, a bridge that holds the keys, and few places.
 *
 * @module
 */

import { type DfnsBridge, startDfnsBridge } from '@countersign/testing-dfns-bridge';
import { startBoundary } from '@countersign/testing-keyring-process';
import { publicKeyOf } from '../wire/client/genuine.ts';
import { SESSION_KEY } from '../wire/client/settings.ts';
import { ETH } from '../wire/client/sign-request.ts';
import { createWireClient, type WireClient } from '../wire/client/wire-client.ts';

export interface GuardedBoundary {
  readonly url: string;
  readonly port: number;
  /** May sign `transferRequest()` as it is, and not much more. */
  readonly client: WireClient;
  readonly bridge: DfnsBridge;
  stop(): Promise<void>;
}

/** A key that only another client may use. */
export const FOREIGN_KEY_ID = 'treasury';
export const MAX_CONNECTIONS = 24;
export const MAX_REQUESTS = 6;

const CLIENT_ID = 'agent';
const KEY_ID = 'trading';
const SECRETS = {
  AGENT: 'error-test-secret-0001',
  OTHER: 'error-test-secret-0002',
  BRIDGE: 'error-test-secret-0003',
};

export async function startGuardedBoundary(): Promise<GuardedBoundary> {
  const bridge = await startDfnsBridge({
    privateKeys: { [KEY_ID]: SESSION_KEY, default: SESSION_KEY },
    authToken: SECRETS.BRIDGE,
    userActionSignature: SECRETS.BRIDGE,
  });
  const boundary = await startBoundary({ config: configFor(bridge.url), env: SECRETS });
  const { url, port } = boundary;
  const client = createWireClient({ url, secret: SECRETS.AGENT, clientId: CLIENT_ID });
  return {
    url,
    port,
    client,
    bridge,
    async stop() {
      client.close();
      await boundary.stop();
      await bridge.close();
    },
  };
}

function configFor(bridgeUrl: string): Record<string, unknown> {
  const key = {
    custody: 'dfns',
    publicKey: `0x${publicKeyOf(SESSION_KEY).toString(16)}`,
    targets: [ETH],
    recipients: ['0x123'],
    caps: [{ token: ETH, maxPerCall: '10000000000000000', maxPerRequest: '10000000000000000' }],
  };
  return {
    clients: [
      { id: CLIENT_ID, secrets: [{ env: 'AGENT' }], keys: [KEY_ID], accounts: ['0xacc0'] },
      { id: 'other', secrets: [{ env: 'OTHER' }], keys: [FOREIGN_KEY_ID], accounts: 'all' },
    ],
    keys: [
      { id: KEY_ID, ...key },
      { id: FOREIGN_KEY_ID, ...key },
    ],
    policy: { chains: ['SN_SEPOLIA'], maxValiditySec: 3_600 },
    bridge: {
      url: bridgeUrl,
      authToken: { env: 'BRIDGE' },
      userActionSignature: { env: 'BRIDGE' },
    },
    limits: { connectionsPerAddress: MAX_CONNECTIONS, requestsInFlight: MAX_REQUESTS },
  };
}
