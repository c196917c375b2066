/**
 * The freeze switch against a real boundary under load: once a freeze is acknowledged, nothing signed
 * arrives any more, whatever was under way.
 *
 * @module
 */

import { type Boundary, eventually } from '@countersign/testing-keyring-process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerIntent, shownIntent } from '../approvals/approver.ts';
import { beAPatientFile } from '../crash/patience.ts';
import { ALICE, ALPHA, BETA, OPERATOR, startFrozenBoundary } from './frozen-boundary.ts';
import { type Arrival, type Hammerer, startHammer } from './hammer.ts';
import { askAs, freeze } from './operator.ts';

beAPatientFile();

const CLIENTS = 32;
const FREEZES = 30;

let boundary: Boundary;

beforeAll(async () => {
  boundary = await startFrozenBoundary();
});
afterAll(() => boundary.stop());

const many = (hammerer: Hammerer, count: number = CLIENTS): readonly Hammerer[] =>
  Array.from({ length: count }, () => hammerer);
const isSigned = ({ status }: Arrival): boolean => status === 200;
const isFrozen = ({ code }: Arrival): boolean => code === 'ERR_FROZEN';

/** Signatures that arrived although the freeze had been acknowledged. */
function late(arrivals: readonly Arrival[], acknowledgedAtMs: number): readonly Arrival[] {
  return arrivals.filter((one) => isSigned(one) && one.headAtMs > acknowledgedAtMs);
}

/** Ends a freeze as it is meant to be ended. */
async function unfreeze(scope: string): Promise<void> {
  const question = { method: 'POST', path: '/v1/unfreeze', body: { scope } } as const;
  const asked = await askAs(boundary.url, OPERATOR, question);
  expect(asked.status).toBe(202);
  const answer = await answerIntent(boundary.url, ALICE, shownIntent(asked.json), 'approve');
  expect([answer.status, answer.json.status]).toEqual([200, 'executed']);
}

it(`releases nothing once one of ${FREEZES} freezes is acknowledged`, async () => {
  const hammer = startHammer(boundary.url, many(ALPHA));
  const between: (readonly [number, number])[] = [];
  for (let round = 0; round < FREEZES; round++) {
    await hammer.more(CLIENTS, isSigned);
    const answer = await freeze(boundary.url, OPERATOR, 'all');
    expect(answer.status).toBe(200);
    await hammer.more(2 * CLIENTS, isFrozen);
    between.push([answer.headAtMs, performance.now()]);
    await unfreeze('all');
  }
  await hammer.stop();
  const { arrivals } = hammer;
  const late = arrivals.filter(
    (one) =>
      isSigned(one) && between.some(([from, to]) => from < one.headAtMs && one.headAtMs < to),
  );
  expect(late).toEqual([]);
  expect(arrivals.filter((one) => !isSigned(one) && !isFrozen(one))).toEqual([]);
  expect(arrivals.filter(isSigned).length).toBeGreaterThan(FREEZES * CLIENTS);
});

describe('others go on', () => {
  it.each([
    ['account:0xd1', { ...ALPHA, accountAddress: '0xd1' }, { ...ALPHA, accountAddress: '0xd2' }],
    ['key:second', { ...ALPHA, keyId: 'second' }, { ...ALPHA, keyId: 'first' }],
    ['client:beta', BETA, ALPHA],
  ])('when %s is frozen', async (scope, frozen, other) => {
    const hammer = startHammer(boundary.url, [...many(frozen, 16), ...many(other, 16)]);
    await hammer.more(CLIENTS, isSigned);
    const answer = await freeze(boundary.url, OPERATOR, scope);
    expect(answer.status).toBe(200);
    await hammer.more(CLIENTS, isFrozen);
    await hammer.more(CLIENTS, isSigned);
    await hammer.stop();
    const ofFrozen = hammer.arrivals.filter(({ by }) => by === frozen);
    const ofOther = hammer.arrivals.filter(({ by }) => by === other);
    expect(late(ofFrozen, answer.headAtMs)).toEqual([]);
    expect(ofOther.every(isSigned)).toBe(true);
    expect(late(ofOther, answer.headAtMs).length).toBeGreaterThan(0);
  });
});

it('is idempotent, and listed', async () => {
  const first = await freeze(boundary.url, OPERATOR, 'account:0x0eE1');
  const second = await freeze(boundary.url, OPERATOR, 'account:0xee1');
  expect(first.json).toEqual({
    scope: 'account:0xee1',
    since: expect.stringMatching(/^20/),
    receipt: expect.stringMatching(/^[0-9]+-[0-9a-f]{16}$/),
  });
  expect(second.json).toEqual({ scope: first.json.scope, since: first.json.since });
  const list = await askAs(boundary.url, OPERATOR, { method: 'GET', path: '/v1/freezes' });
  expect(list.json.freezes).toContainEqual({ scope: first.json.scope, since: first.json.since });
});

it.each(['client:nobody', 'key:third', 'nothing', 'account:0xzz'])(
  'refuses %s, which would stop nothing',
  async (scope) => {
    const answer = await freeze(boundary.url, OPERATOR, scope);
    expect([answer.status, answer.code]).toEqual([400, 'ERR_REQUEST_INVALID']);
  },
);

it('takes a request once', async () => {
  const nonce = 'freeze-me-once';
  const question = {
    method: 'POST' as const,
    path: '/v1/freeze',
    body: { scope: 'account:0xee2' },
  };
  expect((await askAs(boundary.url, OPERATOR, { ...question, nonce })).status).toBe(200);
  expect(await askAs(boundary.url, OPERATOR, { ...question, nonce })).toMatchObject({
    status: 401,
    code: 'ERR_REQUEST_NONCE_USED',
  });
});

it('stays frozen when the signer is killed the moment it is acknowledged', async () => {
  const { signer: before } = boundary.children();
  const hammer = startHammer(boundary.url, many(ALPHA));
  await hammer.more(CLIENTS, isSigned);
  const answer = await freeze(boundary.url, OPERATOR, 'all');
  process.kill(before ?? 0, 'SIGKILL');
  expect(answer.status).toBe(200);
  await eventually('another signer', () => {
    const { signer } = boundary.children();
    return signer !== undefined && signer !== before;
  });
  await hammer.more(2 * CLIENTS, isFrozen);
  await hammer.stop();
  expect(late(hammer.arrivals, answer.headAtMs)).toEqual([]);
  const list = await askAs(boundary.url, OPERATOR, { method: 'GET', path: '/v1/freezes' });
  expect(list.json.freezes).toContainEqual({ scope: 'all', since: answer.json.since });
});
