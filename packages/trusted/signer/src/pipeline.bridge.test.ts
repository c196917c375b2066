import { createScureHashBackend, signHash, verifySignature } from '@countersign/crypto';
import { CURVE_ORDER, type SignerAnswer, type SignerSettings, toHex } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { createWorld, entriesOf, type World, type WorldOptions } from '../test/pipeline-world.ts';
import { signQuestion } from '../test/request.ts';
import {
  BRIDGE_PRIVATE_KEY,
  BRIDGE_PUBLIC_KEY,
  bridgeSettings,
  PRIVATE_KEY,
  PUBLIC_KEY,
  signerSettings,
} from '../test/settings.ts';
import type { CompleteQuestion } from './pipeline.ts';

const EMPTY = new Uint8Array(0);
const TICKET_LIFE_MS = 120_000;

interface Asked {
  readonly world: World;
  readonly ticket: string;
  /** What the bridge must sign, as the log has it. */
  readonly message: {
    readonly domainHash: string;
    readonly messageHash: string;
    readonly publicKey: string;
  };
  readonly validUntil: string;
}

/** A world in which the bridge has just been asked. */
async function ask(options: WorldOptions = {}): Promise<Asked> {
  const world = createWorld({ settings: bridgeSettings(), ...options });
  const { question, body } = signQuestion();
  const answer = await world.pipeline.sign(question, body);
  if (answer.outcome !== 'custodian') throw new Error(`not asked: ${JSON.stringify(answer)}`);
  const [entry] = entriesOf(world.ledger);
  const { asked, message } = entry as { readonly asked: object; readonly message: object };
  return {
    world,
    ticket: answer.ticket,
    message: message as Asked['message'],
    validUntil: (asked as Pick<Asked, 'validUntil'>).validUntil,
  };
}

/** What an honest bridge answers. */
function bridgeAnswer({ message, validUntil }: Asked): Record<string, unknown> {
  const { r, s } = signHash(BigInt(message.messageHash), BRIDGE_PRIVATE_KEY);
  const publicKey = toHex(BRIDGE_PUBLIC_KEY);
  return {
    signatureMode: 'v2_snip12',
    signatureKind: 'Snip12',
    domainHash: message.domainHash,
    messageHash: message.messageHash,
    sessionPublicKey: publicKey,
    signature: [publicKey, toHex(r), toHex(s), toHex(BigInt(validUntil))],
  };
}

function complete(
  { world, ticket }: Asked,
  document: unknown,
  question: Partial<CompleteQuestion> = {},
): Promise<SignerAnswer> {
  const body = document === undefined ? EMPTY : Buffer.from(JSON.stringify(document));
  return world.pipeline.complete({ op: 'complete', id: 2, ticket, ...question }, body);
}

/** Both keys are the same one: pinned at the bridge and held here. */
function fallbackSettings(changes: Partial<SignerSettings> = {}): SignerSettings {
  return signerSettings({
    keys: [
      { keyId: 'default', source: 'bridge', publicKey: toHex(PUBLIC_KEY) },
      { keyId: 'default', source: 'inline', privateKey: PRIVATE_KEY },
    ],
    bridgeFallback: true,
    ...changes,
  });
}

describe('a request for a key of the bridge', () => {
  it('is written down before the bridge is asked', async () => {
    const { world } = await ask();
    expect(world.happened).toEqual([
      'received',
      'judged',
      'commit starts',
      'commit is durable',
      'committed',
      'custodian-asked',
    ]);
    expect(entriesOf(world.ledger)).toMatchObject([
      { outcome: 'allow', message: { custodian: 'dfns', publicKey: toHex(BRIDGE_PUBLIC_KEY) } },
    ]);
  });

  it('is answered with the signature of the bridge once that verifies', async () => {
    const asked = await ask();
    const answer = await complete(asked, bridgeAnswer(asked));
    expect(answer).toMatchObject({ outcome: 'signed', id: 2, signed: { custodian: 'dfns' } });
    expect(asked.world.happened.slice(-2)).toEqual(['custodian-answered', 'signature checked']);
    expect(asked.world.timesSigned()).toBe(0);
    expect(asked.world.ledger.size()).toBe(1);
  });

  it('gets s in the lower half', async () => {
    const asked = await ask();
    const answer = bridgeAnswer(asked);
    const { r, s } = signHash(BigInt(asked.message.messageHash), BRIDGE_PRIVATE_KEY);
    const [publicKey, , , validUntil] = answer.signature as string[];
    const high = [publicKey, toHex(r), toHex(CURVE_ORDER - s), validUntil];
    const released = await complete(asked, { ...answer, signature: high });
    if (released.outcome !== 'signed') throw new Error('not signed');
    const given = BigInt(released.signed.signature[2]);
    expect(given).toBe(s);
    expect(
      verifySignature(BigInt(asked.message.messageHash), { r, s: given }, BRIDGE_PUBLIC_KEY),
    ).toBe(true);
  });
});

describe('a ticket', () => {
  it('works once', async () => {
    const asked = await ask();
    const document = bridgeAnswer(asked);
    expect((await complete(asked, document)).outcome).toBe('signed');
    expect(await complete(asked, document)).toMatchObject({ code: 'ERR_SIGNER_UNAVAILABLE' });
  });

  it('is used up by a wrong answer: nobody tries until it fits', async () => {
    const asked = await ask();
    await complete(asked, {});
    expect(await complete(asked, bridgeAnswer(asked))).toMatchObject({ outcome: 'refused' });
  });

  it('expires', async () => {
    const asked = await ask();
    asked.world.clock.advance(TICKET_LIFE_MS);
    expect(await complete(asked, bridgeAnswer(asked))).toEqual({
      outcome: 'refused',
      id: 2,
      code: 'ERR_SIGNER_UNAVAILABLE',
      details: {},
    });
  });

  it('of another request does not fit', async () => {
    const [one, other] = [await ask(), await ask()];
    const answer = await complete(other, bridgeAnswer(one), { ticket: one.ticket });
    expect(answer).toMatchObject({ code: 'ERR_SIGNER_UNAVAILABLE' });
  });
});

describe('a wrong answer of the bridge', () => {
  const felt = '0x1234';
  const wrong: readonly [string, (asked: Asked) => Record<string, unknown>][] = [
    ['domain hash', () => ({ domainHash: felt })],
    ['message hash', () => ({ messageHash: felt })],
    ['key', () => ({ sessionPublicKey: felt })],
    ['validity', (asked) => ({ signature: withFelt(asked, 3, felt) })],
    ['signature', (asked) => ({ signature: withFelt(asked, 1, felt) })],
  ];

  function withFelt(asked: Asked, index: number, value: string): string[] {
    return (bridgeAnswer(asked).signature as string[]).with(index, value);
  }

  it.each(wrong)('with another %s releases nothing and is noted', async (_, change) => {
    const asked = await ask();
    const answer = await complete(asked, { ...bridgeAnswer(asked), ...change(asked) });
    expect(answer).toMatchObject({ outcome: 'refused', code: 'ERR_CUSTODIAN_MISMATCH' });
    expect(entriesOf(asked.world.ledger)[1]).toMatchObject({
      type: 'outcome',
      decidedAt: 0,
      code: 'ERR_CUSTODIAN_MISMATCH',
    });
  });

  it.each(wrong)('with another %s is not replaced by the local key', async (_, change) => {
    const asked = await ask({ settings: fallbackSettings() });
    const answer = await complete(asked, { ...bridgeAnswer(asked), ...change(asked) });
    expect(answer).toMatchObject({ code: 'ERR_CUSTODIAN_MISMATCH' });
    expect(asked.world.timesSigned()).toBe(0);
  });

  it('that nobody can read is not replaced by the local key either', async () => {
    const asked = await ask({ settings: fallbackSettings() });
    expect(await complete(asked, { hello: 1 })).toMatchObject({
      code: 'ERR_CUSTODIAN_UNAVAILABLE',
    });
    expect(asked.world.timesSigned()).toBe(0);
  });

  it('is withheld although nothing more can be written', async () => {
    const append = (): never => {
      throw new Error('disk full');
    };
    const asked = await ask({ ledgerParts: () => ({ append }) });
    expect(await complete(asked, {})).toMatchObject({ outcome: 'refused' });
    expect(asked.world.ledger.size()).toBe(1);
  });
});

describe('silence of the bridge', () => {
  const silence = { failure: 'ERR_CUSTODIAN_UNAVAILABLE' } as const;

  it('is noted and refused when nothing may stand in', async () => {
    const asked = await ask();
    expect(await complete(asked, undefined, silence)).toMatchObject({
      outcome: 'refused',
      code: 'ERR_CUSTODIAN_UNAVAILABLE',
      receipt: expect.stringMatching(/^0-/),
    });
    expect(entriesOf(asked.world.ledger)[1]).toMatchObject({ code: 'ERR_CUSTODIAN_UNAVAILABLE' });
  });

  it('is replaced by the same key where the configuration wants it', async () => {
    const asked = await ask({ settings: fallbackSettings() });
    const answer = await complete(asked, undefined, silence);
    expect(answer).toMatchObject({
      outcome: 'signed',
      signed: { publicKey: toHex(PUBLIC_KEY), custodian: 'local' },
    });
    expect(asked.world.happened.slice(-4)).toEqual([
      'key used',
      'signed',
      'signature checked',
      'verified',
    ]);
  });

  it('is not replaced where the configuration does not say so', async () => {
    const asked = await ask({ settings: fallbackSettings({ bridgeFallback: false }) });
    expect(await complete(asked, undefined, silence)).toMatchObject({ outcome: 'refused' });
    expect(asked.world.timesSigned()).toBe(0);
  });

  it('is not replaced by another key', async () => {
    const keys: SignerSettings['keys'] = [
      { keyId: 'default', source: 'bridge', publicKey: toHex(BRIDGE_PUBLIC_KEY) },
      { keyId: 'default', source: 'inline', privateKey: PRIVATE_KEY },
    ];
    const asked = await ask({ settings: fallbackSettings({ keys }) });
    expect(await complete(asked, undefined, silence)).toMatchObject({
      code: 'ERR_CUSTODIAN_UNAVAILABLE',
    });
    expect(asked.world.timesSigned()).toBe(0);
  });

  it('is not replaced when the stand-in does not verify', async () => {
    const asked = await ask({ settings: fallbackSettings(), verify: () => false });
    expect(await complete(asked, undefined, silence)).toMatchObject({
      code: 'ERR_SIGNATURE_CHECK_FAILED',
    });
  });
});

describe('a refusal of the bridge', () => {
  it('stands, also where a local key could stand in', async () => {
    const asked = await ask({ settings: fallbackSettings() });
    const failure = 'ERR_POLICY_CUSTODIAN_DENIED';
    expect(await complete(asked, undefined, { failure })).toMatchObject({ code: failure });
    expect(asked.world.timesSigned()).toBe(0);
    expect(entriesOf(asked.world.ledger)[1]).toMatchObject({ type: 'outcome', code: failure });
  });
});

it('refuses and notes a request when too many wait for the bridge', async () => {
  // What is hashed does not matter here; hashing a thousand messages takes seconds.
  const backend = { ...createScureHashBackend(), hashMany: () => 1n };
  const world = createWorld({ settings: bridgeSettings(), backend });
  const answers = await Promise.all(
    Array.from({ length: 1_025 }, () => {
      const { question, body } = signQuestion();
      return world.pipeline.sign(question, body);
    }),
  );
  expect(answers.slice(0, 1_024).every((answer) => answer.outcome === 'custodian')).toBe(true);
  expect(answers[1_024]).toMatchObject({ outcome: 'refused', code: 'ERR_OVERLOADED' });
  expect(entriesOf(world.ledger).at(-1)).toMatchObject({ type: 'outcome', decidedAt: 1_024 });
});
