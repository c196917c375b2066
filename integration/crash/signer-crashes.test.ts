/**
 * Two hundred deaths of the signer under load: at every step of a request, inside the transaction of
 * the ledger, at any moment, and while it starts.
 *
 * @module
 */

import { toHex } from '@countersign/protocol';
import {
  bridgePublicKey,
  type DfnsBridge,
  startDfnsBridge,
} from '@countersign/testing-dfns-bridge';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BRIDGE_KEY_ID, type BridgeKey } from './boundary-settings.ts';
import { type Aftermath, CrashRun, type Death } from './crash-run.ts';
import { beAPatientFile } from './patience.ts';

beAPatientFile();

const DEATHS: readonly Death[] = [
  'received',
  'judged',
  'committing',
  'durable',
  'committed',
  'signed',
  'verified',
  'released',
  'custodian-asked',
  'custodian-answered',
  'any-moment',
  'any-moment',
  'while-starting',
];
const TIMES = 200;
/** Boundaries at a time, each with its own data directory. */
const BOUNDARIES = 2;
const BRIDGE_PRIVATE_KEY = '0x5ec4e9';

let bridge: DfnsBridge;
let key: BridgeKey;

beforeAll(async () => {
  const authToken = 'crash-test-token';
  const userActionSignature = 'crash-test-action';
  bridge = await startDfnsBridge({
    privateKeys: { [BRIDGE_KEY_ID]: BRIDGE_PRIVATE_KEY },
    authToken,
    userActionSignature,
  });
  key = {
    publicKey: toHex(bridgePublicKey(BRIDGE_PRIVATE_KEY)),
    settings: {
      url: bridge.url,
      authToken,
      userActionSignature,
      timeoutMs: 5_000,
      preflightTimeoutMs: 1_000,
      preflightOnStart: false,
    },
  };
});

afterAll(() => bridge.close());

it('loses no promise, releases nothing unwritten, and recovers by itself', async () => {
  const numbers = Array.from({ length: TIMES }, (_, number) => number);
  const faults: string[] = [];
  const aftermaths = new Map<Death, Aftermath[]>();

  async function runBoundary(): Promise<number> {
    const run = await CrashRun.start(key);
    for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
      const death = DEATHS[number % DEATHS.length] ?? 'any-moment';
      const result = await run.die(death, number);
      faults.push(...result.faults);
      aftermaths.set(death, [...(aftermaths.get(death) ?? []), result.aftermath]);
    }
    const end = await run.finish();
    faults.push(...end.faults);
    return end.entries;
  }

  const entries = await Promise.all(Array.from({ length: BOUNDARIES }, runBoundary));
  expect(faults.slice(0, 20)).toEqual([]);
  expect(Math.min(...entries)).toBeGreaterThan(1_000);
  expect(seen(aftermaths)).toEqual(EXPECTED);
}, 1_200_000);

/** What each death must have shown at least once; otherwise the run proved nothing about it. */
const EXPECTED = {
  'nothing is logged before the transaction': ['received', 'judged', 'committing'],
  'what is logged is kept without its signature': [
    'durable',
    'committed',
    'signed',
    'verified',
    'custodian-asked',
    'custodian-answered',
  ],
};

function seen(aftermaths: ReadonlyMap<Death, readonly Aftermath[]>): typeof EXPECTED {
  const shows = (death: string, part: keyof Aftermath): boolean =>
    aftermaths.get(death as Death)?.some((aftermath) => aftermath[part] > 0) ?? false;
  const { 'nothing is logged before the transaction': before, ...rest } = EXPECTED;
  const after = rest['what is logged is kept without its signature'];
  return {
    'nothing is logged before the transaction': before.filter((death) => shows(death, 'unheard')),
    'what is logged is kept without its signature': after.filter((death) =>
      shows(death, 'forgotten'),
    ),
  };
}
