import { createHash } from 'node:crypto';
import {
  createScureHashBackend,
  createSignatureChecker,
  type SignatureChecker,
} from '@countersign/crypto';
import type { Ledger } from '@countersign/ledger';
import { policyDocument, policyFromSettings } from '@countersign/policy';
import {
  BoundaryError,
  canonicalJson,
  type ErrorCode,
  encodeFrame,
  type SignerSettings,
} from '@countersign/protocol';
import { parseReceipt } from '@countersign/tlog';
import { describe, expect, it } from 'vitest';
import { createEdgePeer, type EdgePeer } from '../test/edge-peer.ts';
import { createTestClock, newDataDir, openTestLedger } from '../test/pipeline-world.ts';
import { refusalOf } from '../test/refusal.ts';
import { signedRequest, signQuestion, transferBody } from '../test/request.ts';
import {
  AGENT,
  BRIDGE_PUBLIC_KEY,
  bridgeSettings,
  OTHER,
  PUBLIC_KEY,
  policySettings,
  signerSettings,
} from '../test/settings.ts';
import type { Step } from './pipeline.ts';
import { createSigner, type Signer, type SignerDeps } from './signer.ts';

const EMPTY = new Uint8Array(0);

interface Parts {
  readonly signer: Signer;
  readonly ledger: Ledger;
  readonly steps: Step[];
}

function start(
  settings = signerSettings(),
  deps: Partial<Omit<SignerDeps, 'ledger'>> & { readonly ledger?: Ledger } = {},
): Parts {
  const clock = createTestClock();
  const ledger = deps.ledger ?? openTestLedger(newDataDir(), clock);
  const steps: Step[] = [];
  const signer = createSigner(
    {
      ledger,
      clock,
      backend: createScureHashBackend(),
      checker: createSignatureChecker(),
      openKeystore: () => {
        throw new Error('no keystore here');
      },
      onStep: (step) => void steps.push(step),
      ...deps,
    },
    settings,
  );
  return { signer, ledger, steps };
}

function connect(signer: Signer): EdgePeer {
  const peer = createEdgePeer();
  signer.serve(peer.pipe);
  return peer;
}

/** A ledger that only has a state. */
function ledgerWith(status: ReturnType<Ledger['status']>, probe = status): Ledger {
  const ledger = openTestLedger(newDataDir(), createTestClock());
  return Object.assign(ledger, {
    status: () => status,
    probe: () => probe,
  });
}

describe('a question to sign', () => {
  it('is answered under its id, and the release is told last', async () => {
    const { signer, steps } = start();
    const peer = connect(signer);
    const { question, body } = signQuestion();
    const answer = await peer.ask({ ...question, id: 4_711 }, body);
    expect(answer).toMatchObject({ outcome: 'signed', id: 4_711 });
    await signer.idle();
    expect(steps.at(-1)).toBe('released');
  });

  it('is answered with a refusal, and nothing is released', async () => {
    const { signer, steps } = start();
    const { question } = signQuestion();
    const answer = await connect(signer).ask(question, transferBody({ nonce: '0x9' }));
    expect(answer).toMatchObject({ outcome: 'refused', code: 'ERR_AUTH_SIGNATURE_INVALID' });
    await signer.idle();
    expect(steps).not.toContain('released');
  });

  it('may come in pieces, and several in one', async () => {
    const peer = connect(start().signer);
    const frames = [1, 2].map((id) => {
      const { question, body } = signQuestion();
      return encodeFrame({ ...question, id }, body);
    });
    const bytes = Buffer.concat(frames);
    for (const part of [bytes.subarray(0, 3), bytes.subarray(3, 90), bytes.subarray(90)]) {
      peer.own.write(part);
    }
    await expect
      .poll(() => peer.answers.map(({ id, outcome }) => [id, outcome]))
      .toEqual([
        [1, 'signed'],
        [2, 'signed'],
      ]);
  });
});

describe('a bridge key', () => {
  it('is asked for, and completed under the ticket', async () => {
    const peer = connect(start(bridgeSettings()).signer);
    const { question, body } = signQuestion();
    const asked = await peer.ask(question, body);
    if (asked.outcome !== 'custodian') throw new Error('not asked');
    const failure = 'ERR_CUSTODIAN_UNAVAILABLE';
    const answer = await peer.ask({ op: 'complete', id: 2, ticket: asked.ticket, failure });
    expect(answer).toMatchObject({ outcome: 'refused', id: 2, code: failure });
  });
});

describe('a receipt', () => {
  it('travels beside its answer', async () => {
    const { signer, ledger } = start();
    const peer = connect(signer);
    const { question, body } = signQuestion();
    await peer.ask(question, body);
    const { request } = signedRequest({ method: 'GET', target: '/v1/receipts/0', body: EMPTY });
    const answer = await peer.ask({ op: 'receipt', id: 5, request, index: 0 });
    expect(answer).toEqual({ outcome: 'document', id: 5 });
    const { entry } = parseReceipt(peer.bodies[1] ?? EMPTY);
    expect(Buffer.from(entry)).toEqual(Buffer.from(ledger.entry(0) ?? EMPTY));
  });

  it('of another client is refused like a missing one', async () => {
    const peer = connect(start().signer);
    const { question, body } = signQuestion();
    await peer.ask(question, body);
    const wish = { client: OTHER, method: 'GET', target: '/v1/receipts', body: EMPTY };
    const { request } = signedRequest(wish);
    const others = await peer.ask({ op: 'receipt', id: 5, request, index: 0 });
    const missing = await peer.ask({ op: 'receipt', id: 5, request, index: 8 });
    expect(others).toEqual({ outcome: 'refused', id: 5, code: 'ERR_NOT_FOUND', details: {} });
    expect(missing).toEqual(others);
  });
});

describe('the status', () => {
  it('says what is in force', async () => {
    const settings = signerSettings();
    const { signer, ledger } = start(settings);
    const peer = connect(signer);
    const { question, body } = signQuestion();
    await peer.ask(question, body);
    const document = canonicalJson(policyDocument(policyFromSettings(settings.policy)));
    expect(await peer.ask({ op: 'status', id: 9 })).toEqual({
      outcome: 'status',
      id: 9,
      ready: true,
      logSize: 1,
      verifierKey: ledger.verifierKey(),
      policyHash: createHash('sha256').update(document).digest('hex'),
      hashBackend: 'scure',
      keys: 1,
    });
  });

  const failures: readonly [string | undefined, ErrorCode][] = [
    ['ERR_CLOCK_BEHIND', 'ERR_CLOCK_BEHIND'],
    [undefined, 'ERR_STORE_UNAVAILABLE'],
    ['ENOSPC', 'ERR_STORE_UNAVAILABLE'],
  ];

  it.each(failures)('is not ready when the ledger failed with %s', (lastErrorCode, code) => {
    const failed = {
      size: 3,
      highWaterMs: 0,
      writable: false,
      ...(lastErrorCode === undefined ? {} : { lastErrorCode }),
    };
    const { signer } = start(signerSettings(), { ledger: ledgerWith(failed) });
    expect(signer.status()).toMatchObject({ ready: false, code, logSize: 3 });
  });

  it('tries a ledger that failed again, so that readiness comes back', () => {
    const failed = { size: 0, highWaterMs: 0, writable: false };
    const ledger = ledgerWith(failed, { ...failed, writable: true });
    expect(start(signerSettings(), { ledger }).signer.status()).toMatchObject({ ready: true });
  });

  it('does not try it at every question', () => {
    const failed = { size: 0, highWaterMs: 0, writable: false };
    let probes = 0;
    const ledger = Object.assign(ledgerWith(failed), {
      probe: () => {
        probes += 1;
        return failed;
      },
    });
    const { signer } = start(signerSettings(), { ledger });
    for (let i = 0; i < 5; i++) signer.status();
    expect(probes).toBe(1);
  });

  it('does not try a ledger that works', () => {
    const ledger = Object.assign(ledgerWith({ size: 0, highWaterMs: 0, writable: true }), {
      probe: () => {
        throw new Error('probed');
      },
    });
    expect(start(signerSettings(), { ledger }).signer.status().ready).toBe(true);
  });
});

describe('new settings', () => {
  it('are in force for the next question', async () => {
    const { signer } = start();
    const peer = connect(signer);
    signer.configure(signerSettings({ clients: [{ ...OTHER, secrets: [OTHER.secret] }] }));
    const { question, body } = signQuestion();
    expect(await peer.ask(question, body)).toMatchObject({ code: 'ERR_AUTH_SIGNATURE_INVALID' });
  });

  it('change the policy hash when the policy differs, and only then', () => {
    const { signer } = start();
    const { policyHash } = signer.status();
    signer.configure(signerSettings({ maxSkewMs: 1 }));
    expect(signer.status().policyHash).toBe(policyHash);
    signer.configure(signerSettings({ policy: policySettings({ maxValiditySec: 60 }) }));
    expect(signer.status().policyHash).not.toBe(policyHash);
  });

  const unusable: readonly [string, Partial<SignerSettings>, ErrorCode][] = [
    [
      'a bad key',
      { keys: [{ keyId: 'default', source: 'inline', privateKey: '0x0' }] },
      'ERR_KEY_INVALID',
    ],
    ['no key under the default id', { keys: [] }, 'ERR_CONFIG_INVALID'],
    [
      'an address that is no felt',
      { policy: policySettings({ chains: [`0x${'f'.repeat(64)}`] }) },
      'ERR_FELT_OUT_OF_RANGE',
    ],
    ['another data directory', { dataDir: '/elsewhere' }, 'ERR_CONFIG_INVALID'],
    ['a passphrase where there was none', { passphrase: 'sesame' }, 'ERR_CONFIG_INVALID'],
  ];

  it.each(unusable)('with %s are refused, and the old ones stay', async (_, change, code) => {
    const { signer } = start();
    const peer = connect(signer);
    const before = signer.status();
    expect(refusalOf(() => signer.configure(signerSettings(change))).code).toBe(code);
    expect(signer.status()).toEqual(before);
    const { question, body } = signQuestion();
    expect((await peer.ask(question, body)).outcome).toBe('signed');
  });

  it('may not change the passphrase, and say which field it is', () => {
    const { signer } = start(signerSettings({ passphrase: 'open' }));
    const refusal = refusalOf(() => signer.configure(signerSettings({ passphrase: 'sesame' })));
    expect(refusal.details.field).toBe('passphrase');
    expect(JSON.stringify(refusal.details)).not.toContain('sesame');
    expect(() => signer.configure(signerSettings({ passphrase: 'open' }))).not.toThrow();
  });

  it('have the keys prepared', () => {
    const prepared: bigint[] = [];
    const checker: SignatureChecker = {
      ...createSignatureChecker(),
      prepare: (key) => {
        prepared.push(key);
        return Promise.resolve(true);
      },
    };
    const { signer } = start(signerSettings(), { checker });
    signer.configure(bridgeSettings());
    expect(prepared).toEqual([PUBLIC_KEY, BRIDGE_PUBLIC_KEY]);
  });

  it('open the keystore of the settings they are', () => {
    const opened: string[] = [];
    const openKeystore: SignerDeps['openKeystore'] = ({ dataDir }) => {
      opened.push(dataDir);
      throw new BoundaryError('ERR_KEYSTORE_LOCKED');
    };
    const { signer } = start(signerSettings(), { openKeystore });
    const settings = signerSettings({ keys: [{ keyId: 'default', source: 'keystore' }] });
    expect(refusalOf(() => signer.configure(settings)).code).toBe('ERR_KEYSTORE_LOCKED');
    expect(opened).toEqual([settings.dataDir]);
  });
});

it('does not start without a key under the default id', () => {
  const policy = policySettings({ defaultKeyId: 'missing' });
  const refusal = refusalOf(() => start(signerSettings({ policy })));
  expect(refusal.details).toEqual({
    field: 'defaultKeyId',
    expected: 'the id of a configured key',
  });
});

describe('a peer that cannot be understood', () => {
  const bad: readonly [string, (peer: EdgePeer) => void][] = [
    ['bytes that are no frame', ({ own }) => void own.write(Buffer.alloc(64, 0xff))],
    ['a frame without JSON', ({ own }) => void own.write(Buffer.from([0, 0, 0, 5, 0, 0, 0, 1, 1]))],
    ['an unknown operation', ({ send }) => send({ op: 'sign-anything', id: 1 })],
    ['a question without an id', ({ send }) => send({ op: 'status' })],
    ['a member nobody knows', ({ send }) => send({ op: 'status', id: 1, debug: true })],
    ['a request without a client', ({ send }) => send({ op: 'sign', id: 1, request: {} })],
    [
      'a code nobody knows',
      ({ send }) => send({ op: 'complete', id: 1, ticket: 't', failure: 'X' }),
    ],
    ['no object', ({ send }) => send(null)],
  ];

  it.each(bad)('is cut off: %s', async (_, act) => {
    const { signer, ledger } = start();
    const peer = connect(signer);
    act(peer);
    await expect.poll(() => peer.pipe.destroyed).toBe(true);
    expect(peer.answers).toEqual([]);
    expect(ledger.size()).toBe(0);
  });

  it('does not take the signer along', async () => {
    const { signer } = start();
    const [bad, good] = [connect(signer), connect(signer)];
    bad.own.write(Buffer.alloc(64, 0xff));
    await expect.poll(() => bad.pipe.destroyed).toBe(true);
    const { question, body } = signQuestion();
    expect((await good.ask(question, body)).outcome).toBe('signed');
  });
});

it('does not answer into a pipe that is gone', async () => {
  const steps: Step[] = [];
  let peer: EdgePeer | undefined;
  const onStep = (step: Step): void => {
    steps.push(step);
    if (step === 'committed') peer?.pipe.destroy();
  };
  const { signer, ledger } = start(signerSettings(), { onStep });
  peer = connect(signer);
  const { question, body } = signQuestion();
  peer.send(question, body);
  await expect.poll(() => steps).toContain('verified');
  expect(ledger.size()).toBe(1);
  await signer.idle();
  expect(peer.answers).toEqual([]);
  expect(steps).not.toContain('released');
});

it('is idle when every question was answered', async () => {
  const { signer } = start();
  const peer = connect(signer);
  for (let id = 1; id <= 3; id++) {
    const { question, body } = signQuestion({ client: AGENT });
    peer.send({ ...question, id }, body);
  }
  await expect.poll(() => peer.answers.length).toBeGreaterThan(0);
  await signer.idle();
  await expect.poll(() => peer.answers.length).toBe(3);
  await expect(signer.idle()).resolves.toBeUndefined();
});
