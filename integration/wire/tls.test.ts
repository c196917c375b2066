/**
 * HTTPS and client certificates over real connections.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { connect, type TLSSocket } from 'node:tls';
import { createTestAuthority } from '@countersign/testing-dfns-bridge';
import {
  type Boundary,
  type ServingProcess,
  startBoundary,
  startKeyring,
} from '@countersign/testing-keyring-process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectGenuine } from './client/genuine.ts';
import { startLoad } from './client/load.ts';
import { createMcpClient } from './client/mcp-client.ts';
import { exchangeRaw } from './client/raw-connection.ts';
import { expectRefusal, PROFILES, type Profile, type Refusal } from './client/refusals.ts';
import { FREE_CLIENT, SESSION_KEY, TIED_CLIENT, TWO_CLIENTS } from './client/settings.ts';
import { transferRequest } from './client/sign-request.ts';
import { START_TIMEOUT_MS } from './client/test-keyring.ts';
import { createTlsFiles } from './client/tls-files.ts';
import {
  authHeaders,
  bodyBytes,
  type ClientTls,
  createWireClient,
  SIGN_PATH,
  type WireClient,
} from './client/wire-client.ts';

const MISMATCH: Refusal = {
  status: 403,
  error: 'client certificate does not belong to this client id',
  errorCode: 'AUTH_MTLS_REQUIRED',
};
const REQUIRED: Refusal = { ...MISMATCH, error: 'client certificate required' };

const files = createTlsFiles();
const stranger = createTestAuthority('another authority');
/** Bears the name of the trusted one, and nothing else of it. */
const namesake = createTestAuthority();
const CERTIFICATES = {
  free: files.clientOf('free'),
  tied: files.clientOf('tied'),
  neutral: files.clientOf('an agent'),
  none: { ca: files.authority.certPem },
  untrusted: files.clientOf('free', stranger),
  expired: expired(),
} as const satisfies Record<string, ClientTls>;

function expired(): ClientTls {
  const { certPem, keyPem } = files.authority.issue({ commonName: 'free', validDays: -1 });
  return { ca: files.authority.certPem, cert: certPem, key: keyPem };
}

const open: WireClient[] = [];
/** A client of `server` that shows a certificate. */
function clientOf(
  server: ServingProcess,
  tls: ClientTls,
  credentials: { clientId: string; secret: string } = FREE_CLIENT,
): WireClient {
  const client = createWireClient({ url: server.url, tls, ...credentials });
  open.push(client);
  return client;
}

const servers: ServingProcess[] = [];
async function started<T extends ServingProcess>(starting: Promise<T>): Promise<T> {
  const server = await starting;
  servers.push(server);
  return server;
}

afterAll(async () => {
  for (const client of open) client.close();
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(files.directory, { recursive: true });
});

describe.each(PROFILES)('with client certificates, in profile %s', (profile) => {
  let server: ServingProcess;
  beforeAll(async () => {
    server = await started(startMutual(profile));
  }, START_TIMEOUT_MS);

  it.each(['free', 'neutral'] as const)('signs behind the certificate: %s', async (name) => {
    const request = transferRequest();
    const client = clientOf(server, CERTIFICATES[name]);
    expectGenuine(await client.sign(request), request, { privateKey: SESSION_KEY });
    expect((await client.sign(request, { chunked: true })).status).toBe(200);
    if (profile !== 'legacy') await createMcpClient(client).sign();
  });

  it('does not let a certificate of one client speak for another', async () => {
    const client = clientOf(server, CERTIFICATES.tied);
    expectRefusal(profile, await client.sign(transferRequest()), MISMATCH);
    const wrongToo = clientOf(server, CERTIFICATES.free, TIED_CLIENT);
    expectRefusal(profile, await wrongToo.sign(transferRequest()), MISMATCH);
  });

  it('remembers the certificate in a resumed session', async () => {
    const { session } = await handshake(server, CERTIFICATES.tied, undefined);
    const resumed = await handshake(server, CERTIFICATES.tied, session);
    expect(resumed.reused).toBe(true);
    expect(resumed.status).toBe(403);
    const own = await handshake(server, CERTIFICATES.free, undefined);
    const again = await handshake(server, CERTIFICATES.free, own.session);
    expect([again.reused, again.status]).toEqual([true, 200]);
  });

  it.each(['none', 'untrusted', 'expired'] as const)(
    'does not sign behind the certificate: %s',
    async (name) => {
      const client = clientOf(server, CERTIFICATES[name]);
      if (profile !== 'strict') {
        await expect(client.sign(transferRequest())).rejects.toThrow();
        await expect(client.call({ path: '/health' })).rejects.toThrow();
        return;
      }
      expectRefusal(profile, await client.sign(transferRequest()), REQUIRED);
      const forged = await client.sign(transferRequest(), { signature: '0'.repeat(64) });
      expectRefusal(profile, forged, REQUIRED);
      const unknown = await client.sign(transferRequest(), {
        headers: { 'x-keyring-client-id': 'nobody' },
      });
      expectRefusal(profile, unknown, REQUIRED);
    },
  );

  it('does not fall for an authority of the same name', async () => {
    const client = clientOf(server, files.clientOf('free', namesake));
    const answer = await client.sign(transferRequest()).catch(() => ({ status: 0 }));
    // In profile strict the broken chain may end the connection as broken HTTP would.
    expect(profile === 'strict' ? [400, 403] : [0]).toContain(answer.status);
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('refuses %s', async (version) => {
    // OpenSSL offers these versions at its lowest level only.
    const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' };
    const client = clientOf(server, { ...CERTIFICATES.free, ...old });
    await expect(client.call({ path: '/health' })).rejects.toThrow(
      /PROTOCOL_VERSION|protocol version/,
    );
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('accepts %s', async (version) => {
    const tls = { ...CERTIFICATES.free, minVersion: version, maxVersion: version };
    expect((await clientOf(server, tls).sign(transferRequest())).status).toBe(200);
  });

  it('does not speak plain HTTP on the same port', async () => {
    const plain = `GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`;
    const responses = await exchangeRaw(server.url, plain);
    expect(responses.map(({ status }) => status)).not.toContain(200);
  });
});

describe('certificates that are listed in a configuration', () => {
  let server: Boundary;
  const alpha = files.clientOf('alpha workstation');
  const beta = files.clientOf('beta workstation');
  beforeAll(async () => {
    server = await started(
      startBoundary({
        config: listedConfig(),
        env: { ALPHA: FREE_CLIENT.secret, BETA: TIED_CLIENT.secret },
        tls: { ...CERTIFICATES.neutral },
      }),
    );
  }, START_TIMEOUT_MS);

  function listedConfig(): Record<string, unknown> {
    const client = (id: string, env: string, certificates: readonly object[]): object => ({
      id,
      secrets: [{ env }],
      keys: 'all',
      accounts: 'all',
      certificates,
    });
    return {
      listen: { tls: { cert: files.cert, key: files.key, clientCa: files.ca } },
      clients: [
        client('alpha', 'ALPHA', [{ name: 'alpha workstation' }, { name: 'alpha laptop' }]),
        client('beta', 'BETA', [{ sha256: sha256Of(beta.cert ?? '') }]),
      ],
      defaultClient: 'alpha',
      keys: [
        { id: 'bridge', custody: 'dfns', publicKey: '0x1', targets: 'all', recipients: 'all' },
      ],
      bridge: {
        url: 'http://127.0.0.1:9/sign',
        authToken: { env: 'ALPHA' },
        userActionSignature: { env: 'ALPHA' },
      },
      policy: { chains: 'all' },
    };
  }

  it.each([
    ['alpha', alpha, 'alpha', 503],
    ['alpha with a second one', files.clientOf('alpha laptop'), 'alpha', 503],
    ['beta, by fingerprint', beta, 'beta', 503],
    ['beta with a new one of the same name', files.clientOf('beta workstation'), 'beta', 403],
    ['alpha with that of beta', beta, 'alpha', 403],
    ['beta with that of alpha', alpha, 'beta', 403],
    ['alpha with an unlisted one', CERTIFICATES.neutral, 'alpha', 403],
    ['alpha with one of its own name', files.clientOf('alpha'), 'alpha', 403],
  ] as const)('are demanded: %s', async (_name, tls, clientId, status) => {
    const { secret } = clientId === 'alpha' ? FREE_CLIENT : TIED_CLIENT;
    const answer = await clientOf(server, tls, { clientId, secret }).sign(transferRequest());
    // Behind authentication waits a bridge that nobody can reach.
    expect(answer.status).toBe(status);
    if (status === 403) expectRefusal('superset', answer, MISMATCH);
  });
});

describe('certificates that are replaced while the server runs', () => {
  let server: ServingProcess;
  beforeAll(async () => {
    server = await started(
      startKeyring({ env: { ...TWO_CLIENTS, ...files.env(false) }, tls: CERTIFICATES.none }),
    );
  }, START_TIMEOUT_MS);

  it('need no client certificate when none is demanded', async () => {
    const request = transferRequest();
    const answer = await clientOf(server, CERTIFICATES.none).sign(request);
    expectGenuine(answer, request, { privateKey: SESSION_KEY });
  });

  it('are in force after SIGHUP, and no request is lost meanwhile', async () => {
    const load = startLoad(() => clientOf(server, CERTIFICATES.none));
    const before = await fingerprint(server);
    for (let round = 1; round <= 3; round += 1) {
      const next = files.authority.issue({ commonName: `server ${round}` });
      files.install(next);
      server.signal('SIGHUP');
      await server.printed('settings read again', round);
      await expect.poll(() => fingerprint(server)).toBe(sha256Of(next.certPem));
      await load.more(10);
    }
    const statuses = await load.stop();
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await fingerprint(server)).not.toBe(before);
  });

  it.each([
    ['no certificate', () => writeFileSync(files.cert, 'none'), 'KEYRING_TLS_CERT_PATH'],
    ['a key of another one', foreignKey, 'KEYRING_TLS_KEY_PATH'],
    ['nothing at all', () => rmSync(files.cert), 'KEYRING_TLS_CERT_PATH'],
  ])('stay as they are when the new file holds %s', async (_name, spoil, text) => {
    const good = files.authority.issue({ commonName: 'good' });
    const before = await fingerprint(server);
    spoil();
    const told = server.stderr().split('were not replaced').length;
    server.signal('SIGHUP');
    await server.printed('were not replaced', told);
    expect(server.stderr().split('were not replaced').at(-1)).toContain(text);
    expect(await fingerprint(server)).toBe(before);
    expect((await clientOf(server, CERTIFICATES.none).sign(transferRequest())).status).toBe(200);
    files.install(good);
  });

  function foreignKey(): void {
    writeFileSync(files.key, files.authority.issue({ commonName: 'other' }).keyPem);
  }
});

describe('an authority that is replaced while the server runs', () => {
  it('shuts out those it no longer vouches for, also in resumed sessions', async () => {
    const server = await started(startMutual('superset'));
    const { session, status } = await handshake(server, CERTIFICATES.free, undefined);
    expect(status).toBe(200);
    const next = createTestAuthority('next');
    writeFileSync(files.ca, next.certPem);
    server.signal('SIGHUP');
    await server.printed('settings read again');
    const newcomer = files.clientOf('free', next);
    await expect
      .poll(() =>
        clientOf(server, newcomer)
          .sign(transferRequest())
          .then(
            (answer) => answer.status,
            () => 0,
          ),
      )
      .toBe(200);
    await expect(handshake(server, CERTIFICATES.free, undefined)).rejects.toThrow();
    await expect(handshake(server, CERTIFICATES.free, session)).rejects.toThrow();
    writeFileSync(files.ca, files.authority.certPem);
  });
});

/** A server as production demands it. */
function startMutual(profile: Profile): Promise<ServingProcess> {
  return startKeyring({
    env: {
      ...TWO_CLIENTS,
      ...files.env(true),
      NODE_ENV: 'production',
      KEYRING_ALLOW_INSECURE_IN_PROCESS_KEYS_IN_PRODUCTION: 'yes',
    },
    args: ['--profile', profile],
    tls: CERTIFICATES.neutral,
  });
}

interface Handshake {
  readonly status: number;
  readonly reused: boolean;
  /** To resume with. */
  readonly session: Buffer | undefined;
}

/** One sign request of the client `free` on a connection of its own. */
async function handshake(
  server: ServingProcess,
  tls: ClientTls,
  session: Buffer | undefined,
): Promise<Handshake> {
  const socket = connect({
    host: '127.0.0.1',
    port: server.port,
    ...tls,
    ...(session && { session }),
  });
  let ticket: Buffer | undefined;
  socket.on('session', (latest: Buffer) => {
    ticket = latest;
  });
  await once(socket, 'secureConnect');
  const reused = socket.isSessionReused();
  socket.write(signedText());
  const status = await statusOf(socket);
  return { status, reused, session: ticket };
}

async function statusOf(socket: TLSSocket): Promise<number> {
  let text = '';
  for await (const chunk of socket as AsyncIterable<Buffer>) text += chunk.toString('latin1');
  const status = /^HTTP\/1\.1 ([0-9]{3})/.exec(text)?.[1];
  if (status === undefined) throw new Error('no answer');
  return Number(status);
}

function signedText(): string {
  const body = transferRequest();
  const headers = authHeaders({ method: 'POST', path: SIGN_PATH, body }, FREE_CLIENT);
  const text = Buffer.from(bodyBytes(body)).toString();
  const lines = [
    `POST ${SIGN_PATH} HTTP/1.1`,
    'host: 127.0.0.1',
    'connection: close',
    'content-type: application/json',
    `content-length: ${text.length}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${text}`;
}

/** SHA-256 of the certificate a new connection is shown. */
async function fingerprint(server: ServingProcess): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: server.port, ...CERTIFICATES.none });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256.replaceAll(':', '').toLowerCase();
}

function sha256Of(certPem: string): string {
  return new X509Certificate(certPem).fingerprint256.replaceAll(':', '').toLowerCase();
}
