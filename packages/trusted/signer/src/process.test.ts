import { PassThrough } from 'node:stream';
import { KEYSTORE_FILE_NAME } from '@countersign/crypto/keystore';
import {
  encodeFrame,
  FrameReader,
  type ProcessEvent,
  processEventSchema,
  type SignerSettings,
} from '@countersign/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestClock, newDataDir } from '../test/pipeline-world.ts';
import { signQuestion } from '../test/request.ts';
import { PRIVATE_KEY, signerSettings } from '../test/settings.ts';
import { runSignerProcess } from './process.ts';

/** What the process takes for the pipe to the edge: descriptor 3 belongs to the test runner. */
const edge = vi.hoisted(() => ({ ends: [] as { pipe: unknown; own: unknown }[] }));

vi.mock('node:net', async () => {
  const { Duplex, duplexPair } = await import('node:stream');
  // A constructor that returns an object makes `new` give that object.
  function Socket(): InstanceType<typeof Duplex> {
    const [own, pipe] = duplexPair();
    edge.ends.push({ pipe, own });
    return pipe;
  }
  return { Socket, default: { Socket } };
});

interface Host {
  readonly control: PassThrough;
  readonly events: ProcessEvent[];
  configure(settings: SignerSettings): void;
  /** Waits until this many events were sent. */
  heard(count: number): Promise<void>;
}

const exits: unknown[] = [];

beforeEach(() => {
  edge.ends.length = 0;
  exits.length = 0;
  vi.spyOn(process, 'exit').mockImplementation(((status: unknown) => {
    exits.push(status);
  }) as typeof process.exit);
});

afterEach(() => {
  vi.restoreAllMocks();
});

function host(): Host {
  const control = new PassThrough();
  const output = new PassThrough();
  const events: ProcessEvent[] = [];
  const reader = new FrameReader();
  output.on('data', (chunk: Uint8Array) => {
    for (const { head } of reader.push(chunk)) events.push(processEventSchema.parse(head));
  });
  runSignerProcess({ control, events: output, programDirs: [], clock: createTestClock() });
  return {
    control,
    events,
    configure: (settings) => void control.write(encodeFrame({ op: 'configure', settings })),
    heard: (count) => expect.poll(() => events.length, { timeout: 10_000 }).toBe(count),
  };
}

/** Our end of the pipe the process took for the edge's. */
function edgeEnd(): PassThrough {
  return edge.ends[0]?.own as PassThrough;
}

async function started(changes: Partial<SignerSettings> = {}): Promise<Host> {
  const process = host();
  process.configure(signerSettings({ dataDir: newDataDir(), ...changes }));
  await process.heard(1);
  return process;
}

describe('a start', () => {
  it('says what is in force, and no secret', async () => {
    const { events } = await started({ passphrase: 'open sesame' });
    const [ready] = events;
    if (ready?.event !== 'ready') throw new Error('not ready');
    expect(ready.inForce).toMatchObject({
      'at rest': 'encrypted (scrypt, AES-256-GCM)',
      confinement: 'none: Node runs without --permission',
      keys: 'default (inline)',
      'hash backend': 'scure',
    });
    expect(ready.inForce.log).toMatch(/^0 entries, key countersign\.local\//);
    const text = JSON.stringify(ready);
    expect(text).not.toContain('sesame');
    expect(text).not.toContain(PRIVATE_KEY);
    expect(exits).toEqual([]);
  });

  it('says when nothing is encrypted', async () => {
    const { events } = await started();
    expect(events[0]).toMatchObject({ inForce: { 'at rest': 'not encrypted' } });
  });

  it('answers the edge', async () => {
    await started();
    const reader = new FrameReader();
    const answers: unknown[] = [];
    edgeEnd().on('data', (chunk: Uint8Array) => {
      answers.push(...reader.push(chunk).map(({ head }) => head));
    });
    const { question, body } = signQuestion();
    edgeEnd().write(encodeFrame(question, body));
    await expect.poll(() => answers, { timeout: 10_000 }).toMatchObject([{ outcome: 'signed' }]);
  });

  it('fails, by name and details, when the settings cannot be used', async () => {
    const { events } = await started({ keys: [] });
    expect(events).toEqual([
      {
        event: 'fatal',
        code: 'ERR_CONFIG_INVALID',
        details: { field: 'defaultKeyId', expected: 'the id of a configured key' },
        reload: false,
      },
    ]);
    expect(exits).toEqual([1]);
  });

  it('fails when the keystore is missing, and names the file', async () => {
    const dataDir = newDataDir();
    const keys = [{ keyId: 'default', source: 'keystore' }] as const;
    const { events } = await started({ dataDir, keys: [...keys] });
    expect(events).toMatchObject([
      { event: 'fatal', code: 'ERR_KEYSTORE_MALFORMED', reload: false },
    ]);
    expect(JSON.stringify(events)).toContain(KEYSTORE_FILE_NAME);
    expect(exits).toEqual([1]);
  });

  it('lets go of the ledger when it fails, for the next one', async () => {
    const dataDir = newDataDir();
    await started({ dataDir, keys: [] });
    const { events } = await started({ dataDir });
    expect(events).toMatchObject([{ event: 'ready' }]);
  });
});

describe('the orders', () => {
  it('may come in pieces', async () => {
    const process = host();
    const settings = signerSettings({ dataDir: newDataDir() });
    const frame = encodeFrame({ op: 'configure', settings });
    process.control.write(frame.subarray(0, 10));
    process.control.write(frame.subarray(10));
    await process.heard(1);
    expect(process.events[0]?.event).toBe('ready');
  });

  const garbage: readonly [string, Uint8Array][] = [
    ['bytes', Buffer.alloc(16, 0xff)],
    ['an unknown order', encodeFrame({ op: 'sign' })],
    ['settings with a member nobody knows', encodeFrame({ op: 'configure', settings: { x: 1 } })],
  ];

  it.each(garbage)('end the process when they cannot be understood: %s', async (_, bytes) => {
    const process = host();
    process.control.write(bytes);
    await process.heard(1);
    expect(process.events[0]).toMatchObject({ event: 'fatal', reload: false });
    expect(exits).toEqual([1]);
  });
});

describe('a reload', () => {
  it('is confirmed with what is in force now', async () => {
    const process = host();
    const settings = signerSettings({ dataDir: newDataDir() });
    process.configure(settings);
    process.configure({ ...settings, maxSkewMs: 1 });
    await process.heard(2);
    expect(process.events.map(({ event }) => event)).toEqual(['ready', 'ready']);
  });

  it('that cannot be used is refused, and the process goes on', async () => {
    const process = host();
    const settings = signerSettings({ dataDir: newDataDir() });
    process.configure(settings);
    process.configure({ ...settings, keys: [] });
    process.configure(settings);
    await process.heard(3);
    expect(process.events).toMatchObject([
      { event: 'ready' },
      { event: 'fatal', code: 'ERR_CONFIG_INVALID', reload: true },
      { event: 'ready' },
    ]);
    expect(exits).toEqual([]);
  });
});

describe('the end', () => {
  it('comes with status 0 when it is ordered, after open questions', async () => {
    const process = await started();
    const { question, body } = signQuestion();
    const answered = vi.fn();
    edgeEnd().on('data', answered);
    edgeEnd().write(encodeFrame(question, body));
    await new Promise(setImmediate);
    process.control.write(encodeFrame({ op: 'stop' }));
    await expect.poll(() => exits).toEqual([0]);
    expect(answered).toHaveBeenCalled();
  });

  it('comes with status 0 before anything was configured', async () => {
    const process = host();
    process.control.write(encodeFrame({ op: 'stop' }));
    await expect.poll(() => exits).toEqual([0]);
  });

  it('comes when the supervisor is gone', async () => {
    const process = await started();
    process.control.end();
    await expect.poll(() => exits).toEqual([0]);
  });

  it('comes when the edge is gone', async () => {
    await started();
    const [end] = edge.ends as { pipe: PassThrough }[];
    end?.pipe.destroy();
    await expect.poll(() => exits).toContain(0);
  });

  it('comes when the edge sends garbage', async () => {
    await started();
    edgeEnd().write(Buffer.alloc(64, 0xff));
    await expect.poll(() => exits).toContain(0);
  });
});
