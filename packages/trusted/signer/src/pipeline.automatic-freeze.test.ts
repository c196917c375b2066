/**
 * What freezes by itself, and what a freeze does to a request that waits for its custodian.
 *
 * @module
 */

import { createScureHashBackend, createSignatureChecker, signHash } from '@countersign/crypto';
import {
  freezeEntryBytes,
  type SignerAnswer,
  type SignerSettings,
  toHex,
} from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { createEdgePeer } from '../test/edge-peer.ts';
import { createTestClock, entriesOf, newDataDir, openTestLedger } from '../test/pipeline-world.ts';
import { signQuestion, transferBody } from '../test/request.ts';
import {
  BRIDGE_PRIVATE_KEY,
  BRIDGE_PUBLIC_KEY,
  bridgeSettings,
  NOW_MS,
  NOW_SEC,
  signerSettings,
} from '../test/settings.ts';
import { createSigner } from './signer.ts';

const DENIED = transferBody({ validUntil: NOW_SEC - 1 });
const RULES: NonNullable<SignerSettings['freeze']> = {
  unfreeze: { required: 1, approvers: ['alice'], expiresInSec: 60 },
  automatic: [
    { when: 'denials', count: 3, windowSec: 60, scope: 'key' },
    { when: 'custodian-mismatch', scope: 'key' },
  ],
};

function newWorld(settings: SignerSettings) {
  const clock = createTestClock();
  const ledger = openTestLedger(newDataDir(), clock);
  const warnings: string[] = [];
  const signer = createSigner(
    {
      ledger,
      clock,
      backend: createScureHashBackend(),
      checker: createSignatureChecker(),
      openKeystore: () => {
        throw new Error('no keystore here');
      },
      onWarning: (text) => warnings.push(text),
    },
    settings,
  );
  const peer = createEdgePeer();
  signer.serve(peer.pipe);
  const sign = (body?: Uint8Array): Promise<SignerAnswer> => {
    const asked = signQuestion(body === undefined ? {} : { body });
    return peer.ask(asked.question, asked.body);
  };
  return { ledger, warnings, peer, sign };
}

type World = ReturnType<typeof newWorld>;

const frozen = ({ ledger }: World): readonly string[] => ledger.frozen().map(({ scope }) => scope);

/** Asks for a signature of the bridge and gives its honest answer, with members replaced. */
async function askBridge(
  world: World,
): Promise<{ ticket: string; answer: Record<string, unknown> }> {
  const answer = await world.sign();
  if (answer.outcome !== 'custodian') throw new Error(`not asked: ${JSON.stringify(answer)}`);
  const entry = entriesOf(world.ledger).at(-1) as {
    readonly asked: { readonly validUntil: string };
    readonly message: { readonly domainHash: string; readonly messageHash: string };
  };
  const { domainHash, messageHash } = entry.message;
  const { r, s } = signHash(BigInt(messageHash), BRIDGE_PRIVATE_KEY);
  const publicKey = toHex(BRIDGE_PUBLIC_KEY);
  const validUntil = toHex(BigInt(entry.asked.validUntil));
  return {
    ticket: answer.ticket,
    answer: {
      signatureMode: 'v2_snip12',
      signatureKind: 'Snip12',
      domainHash,
      messageHash,
      sessionPublicKey: publicKey,
      signature: [publicKey, toHex(r), toHex(s), validUntil],
    },
  };
}

const complete = (world: World, ticket: string, answer: object): Promise<SignerAnswer> =>
  world.peer.ask({ op: 'complete', id: 9, ticket }, Buffer.from(JSON.stringify(answer)));

describe('denials', () => {
  it('freeze what they are about, in the log, and the operator hears of it', async () => {
    const world = newWorld(signerSettings({ freeze: RULES }));
    for (let i = 0; i < 3; i++) {
      expect(await world.sign(DENIED)).toMatchObject({ code: 'ERR_POLICY_VALIDITY_EXPIRED' });
    }
    expect(frozen(world)).toEqual(['key:default']);
    expect(entriesOf(world.ledger)[3]).toMatchObject({
      type: 'freeze',
      scope: 'key:default',
      cause: { type: 'denials', count: 3, seconds: 60 },
    });
    expect(world.warnings).toHaveLength(1);
    expect(await world.sign()).toMatchObject({ outcome: 'refused', code: 'ERR_FROZEN' });
  });

  it('of strangers freeze nothing', async () => {
    const world = newWorld(signerSettings({ freeze: RULES }));
    for (let i = 0; i < 5; i++) {
      const { question, body } = signQuestion({ client: { clientId: 'agent', secret: 'wrong' } });
      await world.peer.ask(question, body);
    }
    expect(frozen(world)).toEqual([]);
  });

  it('of a key that is only named freeze nothing', async () => {
    const world = newWorld(signerSettings({ freeze: RULES }));
    for (let i = 0; i < 5; i++) await world.sign(transferBody({ keyId: 'unheard-of' }));
    expect(frozen(world)).toEqual([]);
  });
});

describe('a request that waits for its custodian', () => {
  it('is refused when a freeze comes first', async () => {
    const world = newWorld(bridgeSettings({ freeze: RULES }));
    const { ticket, answer } = await askBridge(world);
    const scope = 'key:default';
    world.ledger.freeze(scope, freezeEntryBytes({ timeMs: NOW_MS, action: 'freeze', scope }));
    expect(await complete(world, ticket, answer)).toMatchObject({
      outcome: 'refused',
      code: 'ERR_FROZEN',
    });
    expect(entriesOf(world.ledger).at(-1)).toMatchObject({ type: 'outcome', code: 'ERR_FROZEN' });
  });

  it('is signed when something else is frozen', async () => {
    const world = newWorld(bridgeSettings({ freeze: RULES }));
    const { ticket, answer } = await askBridge(world);
    const scope = 'key:other';
    world.ledger.freeze(scope, freezeEntryBytes({ timeMs: NOW_MS, action: 'freeze', scope }));
    expect((await complete(world, ticket, answer)).outcome).toBe('signed');
  });

  it('freezes its key when the custodian answers with something else', async () => {
    const world = newWorld(bridgeSettings({ freeze: RULES }));
    const { ticket, answer } = await askBridge(world);
    expect(await complete(world, ticket, { ...answer, messageHash: '0x1' })).toMatchObject({
      code: 'ERR_CUSTODIAN_MISMATCH',
    });
    expect(frozen(world)).toEqual(['key:default']);
    expect(entriesOf(world.ledger).at(-1)).toMatchObject({
      cause: { type: 'custodian-mismatch' },
    });
  });
});
