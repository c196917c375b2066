/**
 * What edge and signer do when the other one breaks the pipe between them, or the rules of it.
 *
 * @module
 */

import { openLedgerReader } from '@countersign/ledger';
import { encodeFrame } from '@countersign/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  entryFile,
  type Misbehaviour,
  misbehave,
  type Supervised,
  startSupervised,
} from '../../packages/testing/signer-entries/src/index.ts';
import { createWireClient, type WireClient } from '../wire/client/wire-client.ts';
import { boundarySettings, CLIENT_ID, freshDataDir, SECRET } from './boundary-settings.ts';
import { codeOf, freshRequest, send } from './exchange.ts';
import { startLoneSigner } from './lone-signer.ts';
import { beAPatientFile, eventually } from './patience.ts';

beAPatientFile();

const UNAVAILABLE = [503, 'ERR_SIGNER_UNAVAILABLE'];
const REFUSED = [422, 'ERR_POLICY_SELF_CALL'];

describe('an edge', () => {
  const start = async (): Promise<{
    readonly dataDir: string;
    readonly supervised: Supervised;
    readonly client: WireClient;
  }> => {
    const dataDir = freshDataDir();
    const supervised = await startSupervised({
      settings: boundarySettings({ dataDir }),
      entries: { signer: entryFile('broken-signer') },
    });
    const { url } = supervised;
    const client = createWireClient({ url, secret: SECRET, clientId: CLIENT_ID });
    onTestFinished(async () => {
      client.close();
      await supervised.stop();
    });
    return { dataDir, supervised, client };
  };

  const ask = async (client: WireClient) => {
    const { answer } = await send(client, freshRequest());
    expect(answer.json).not.toHaveProperty('signature');
    return [answer.status, codeOf(answer)];
  };

  it('answers 503 for what a broken signer leaves open, and goes on with its successor', async () => {
    const { dataDir, supervised, client } = await start();
    const breaking: readonly Misbehaviour[] = ['half-frame', 'garbage', 'no-answer'];
    for (const [i, how] of breaking.entries()) {
      misbehave(dataDir, how);
      expect(await Promise.all([ask(client), ask(client)])).toEqual([UNAVAILABLE, UNAVAILABLE]);
      await eventually(`the end of a signer: ${how}`, () => supervised.signerDeaths() > i);
      misbehave(dataDir, 'refusing');
      await eventually('its successor', async () => `${await ask(client)}` === `${REFUSED}`);
      expect(supervised.signerDeaths()).toBe(i + 1);
    }
  });

  it('releases nothing that it did not ask for, or was answered already', async () => {
    const { dataDir, supervised, client } = await start();
    for (const how of ['unknown-id', 'second-answer'] as const) {
      misbehave(dataDir, how);
      expect(await Promise.all([ask(client), ask(client)])).toEqual([REFUSED, REFUSED]);
    }
    expect(supervised.signerDeaths()).toBe(0);
  });

  it('answers 503 when the signer stays silent, and goes on when it speaks again', async () => {
    const { dataDir, supervised, client } = await start();
    misbehave(dataDir, 'silent');
    expect(await ask(client)).toEqual(UNAVAILABLE);
    misbehave(dataDir, 'refusing');
    expect(await ask(client)).toEqual(REFUSED);
    expect(supervised.signerDeaths()).toBe(0);
  });
});

describe('a signer', () => {
  const status = encodeFrame({ op: 'status', id: 1 });

  it.each([
    ['bytes that are no frame', Buffer.alloc(64, 0xff)],
    ['a frame beyond the limit', Buffer.from('7fffffff00000002', 'hex')],
    ['a head longer than its frame', Buffer.from('00000006000000ff7b7d', 'hex')],
    ['a question it does not know', encodeFrame({ op: 'export', id: 1 })],
    ['a question with a member too many', encodeFrame({ op: 'status', id: 1, more: true })],
    ['a question and then noise', Buffer.concat([status, Buffer.alloc(16, 0xff)])],
  ])('ends when its edge sends %s', async (_, bytes) => {
    const { signer, dataDir } = await startSigner();
    signer.pipe.write(bytes);
    expect(await signer.ended).toBe('status 0');
    expect(signer.events).toContainEqual(
      expect.objectContaining({ event: 'warning', code: 'ERR_FRAME_MALFORMED' }),
    );
    expect(sizeOf(dataDir)).toBe(0);
  });

  it('ends when the pipe closes in the middle of a frame', async () => {
    const { signer, dataDir } = await startSigner();
    signer.pipe.end(status.subarray(0, status.length >> 1));
    expect(await signer.ended).toBe('status 0');
    expect(sizeOf(dataDir)).toBe(0);
  });

  async function startSigner() {
    const dataDir = freshDataDir();
    const signer = startLoneSigner(boundarySettings({ dataDir }));
    onTestFinished(() => signer.kill());
    expect(await signer.firstEvent).toMatchObject({ event: 'ready' });
    return { signer, dataDir };
  }

  function sizeOf(dataDir: string): number {
    const reader = openLedgerReader(dataDir);
    try {
      return reader.size();
    } finally {
      reader.close();
    }
  }
});
