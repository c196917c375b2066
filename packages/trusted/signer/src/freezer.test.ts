import {
  computeRequestMac,
  isBoundaryError,
  Secret,
  type SignerSettings,
} from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { createTestClock, entriesOf, newDataDir, openTestLedger } from '../test/pipeline-world.ts';
import { freshNonce } from '../test/request.ts';
import { AGENT, MAX_SKEW_MS, NOW_MS, signerSettings } from '../test/settings.ts';
import { receiptId } from './decision-parts.ts';
import { createFreezer, type FreezeQuestion, type Freezer } from './freezer.ts';
import { createOperatorDoor, type OperatorDoor } from './operator-door.ts';

const OPERATOR = { operatorId: 'ops', secret: 'operator-secret-0123456789' };
const OPERATORS = [{ operatorId: OPERATOR.operatorId, secrets: [OPERATOR.secret] }];

interface FreezeWorld {
  readonly freezer: Freezer;
  readonly door: OperatorDoor;
  readonly ledger: ReturnType<typeof openTestLedger>;
  readonly clock: ReturnType<typeof createTestClock>;
}

function newWorld(changes: Partial<SignerSettings> = {}): FreezeWorld {
  const clock = createTestClock();
  const ledger = openTestLedger(newDataDir(), clock);
  const settings = signerSettings({ operators: OPERATORS, ...changes });
  const door = createOperatorDoor(settings);
  return {
    freezer: createFreezer({ ledger, clock, door, receiptId }, settings),
    door,
    ledger,
    clock,
  };
}

interface Wish {
  readonly body?: string;
  readonly sentBody?: string;
  readonly secret?: string;
  readonly operatorId?: string;
  readonly method?: string;
  readonly target?: string;
  readonly sentTarget?: string;
  readonly requestNonce?: string;
  readonly timestampMs?: number;
}

function question(wish: Wish = {}): { readonly asked: FreezeQuestion; readonly body: Buffer } {
  const { body = '{"scope":"all"}', target = '/v1/freeze' } = wish;
  const input = {
    timestamp: String(wish.timestampMs ?? NOW_MS),
    requestNonce: wish.requestNonce ?? freshNonce(),
    method: wish.method ?? 'POST',
    target,
    body: Buffer.from(body, 'utf8'),
  };
  const signature = computeRequestMac(new Secret(wish.secret ?? OPERATOR.secret), input);
  const { body: _signed, ...line } = input;
  const request = {
    ...line,
    target: wish.sentTarget ?? target,
    operatorId: wish.operatorId ?? OPERATOR.operatorId,
    signature,
    requestId: 'r',
  };
  return {
    asked: { op: 'freeze', id: 1, request },
    body: Buffer.from(wish.sentBody ?? body, 'utf8'),
  };
}

async function attempt(
  { freezer }: Pick<FreezeWorld, 'freezer'>,
  wish: Wish = {},
): Promise<unknown> {
  const { asked, body } = question(wish);
  try {
    return await freezer.freeze(asked, body);
  } catch (error) {
    return isBoundaryError(error) ? error.code : error;
  }
}

describe('a freeze is refused, and nothing is written', () => {
  it.each<[string, Wish, string]>([
    ['with another secret', { secret: 'another' }, 'ERR_AUTH_SIGNATURE_INVALID'],
    ['with the secret of a client', { secret: AGENT.secret }, 'ERR_AUTH_SIGNATURE_INVALID'],
    [
      'in the name of a client, with its secret',
      { operatorId: AGENT.clientId, secret: AGENT.secret },
      'ERR_AUTH_SIGNATURE_INVALID',
    ],
    ['of an unknown operator', { operatorId: 'nobody' }, 'ERR_AUTH_SIGNATURE_INVALID'],
    [
      'with another body than signed',
      { sentBody: '{"scope":"key:default"}' },
      'ERR_AUTH_SIGNATURE_INVALID',
    ],
    [
      'of another path than signed',
      { target: '/v1/freezes', sentTarget: '/v1/freeze' },
      'ERR_AUTH_SIGNATURE_INVALID',
    ],
    ['that was signed to unfreeze', { target: '/v1/unfreeze' }, 'ERR_AUTH_SIGNATURE_INVALID'],
    ['that was signed to list', { method: 'GET' }, 'ERR_AUTH_SIGNATURE_INVALID'],
    ['that is too old', { timestampMs: NOW_MS - MAX_SKEW_MS - 1 }, 'ERR_AUTH_TIMESTAMP_SKEW'],
    ['with a body that is no JSON', { body: '{' }, 'ERR_BODY_MALFORMED'],
    ['without a scope', { body: '{}' }, 'ERR_REQUEST_INVALID'],
    ['of a client nobody knows', { body: '{"scope":"client:nobody"}' }, 'ERR_REQUEST_INVALID'],
    ['of a key nobody has', { body: '{"scope":"key:nobody"}' }, 'ERR_REQUEST_INVALID'],
  ])('%s', async (_name, wish, code) => {
    const world = newWorld();
    expect(await attempt(world, wish)).toBe(code);
    expect(world.ledger.size()).toBe(0);
    expect(world.ledger.frozen()).toEqual([]);
  });

  it('where there are no operators', async () => {
    expect(await attempt(newWorld({ operators: [] }))).toBe('ERR_AUTH_SIGNATURE_INVALID');
  });

  it('a second time with the same nonce, also under new settings', async () => {
    const world = newWorld();
    const requestNonce = freshNonce();
    expect(await attempt(world, { requestNonce })).toMatchObject({ outcome: 'frozen' });
    world.door.configure(signerSettings({ operators: OPERATORS, nonceTtlMs: 200_000 }));
    expect(await attempt(world, { requestNonce })).toBe('ERR_REQUEST_NONCE_USED');
  });

  it('once the operator is gone from the settings', async () => {
    const world = newWorld();
    world.door.configure(signerSettings());
    expect(await attempt(world)).toBe('ERR_AUTH_SIGNATURE_INVALID');
  });
});

describe('a freeze', () => {
  it.each(['all', `client:${AGENT.clientId}`, 'key:default', 'account:0x1'])(
    'of %s is on disk when it is answered',
    async (scope) => {
      const world = newWorld();
      expect(
        await attempt(world, { body: JSON.stringify({ scope, reason: 'odd transfers' }) }),
      ).toEqual({
        outcome: 'frozen',
        id: 1,
        scope,
        sinceMs: NOW_MS,
        receipt: expect.stringMatching(/^0-[0-9a-f]{16}$/),
      });
      expect(world.ledger.frozen()).toEqual([{ scope, sinceMs: NOW_MS }]);
      expect(entriesOf(world.ledger)).toEqual([
        {
          format: 'countersign-entry/v1',
          type: 'freeze',
          time: new Date(NOW_MS).toISOString(),
          scope,
          cause: {
            type: 'operator',
            operator: 'ops',
            // SHA-256 of the reason; the reason itself stands nowhere.
            reasonSha256: 'fb78cd56726900a2ad48e500751f5c6e66e8478800d4a7ba33166f0bc2b19969',
          },
        },
      ]);
    },
  );

  it('says since when, the second time', async () => {
    const world = newWorld();
    await attempt(world);
    world.clock.advance(5_000);
    expect(await attempt(world)).toEqual({
      outcome: 'frozen',
      id: 1,
      scope: 'all',
      sinceMs: NOW_MS,
    });
    expect(world.ledger.size()).toBe(1);
  });

  it('is listed', async () => {
    const world = newWorld();
    await attempt(world);
    const { asked, body } = question({ body: '', target: '/v1/freezes', method: 'GET' });
    const document = await world.freezer.list({ ...asked, op: 'freezes' }, body);
    expect(JSON.parse(Buffer.from(document.body).toString('utf8'))).toEqual({
      freezes: [{ scope: 'all', since: new Date(NOW_MS).toISOString() }],
    });
  });
});
