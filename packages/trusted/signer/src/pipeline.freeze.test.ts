/**
 * What is frozen is not signed, whatever the policy says.
 *
 * @module
 */

import { freezeEntryBytes } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { createWorld, entriesOf, type World } from '../test/pipeline-world.ts';
import { freshNonce, signQuestion, transferBody, type Wish } from '../test/request.ts';
import { AGENT, NOW_MS, NOW_SEC, OTHER } from '../test/settings.ts';

const freeze = (world: World, scope: string) =>
  world.ledger.freeze(scope, freezeEntryBytes({ timeMs: NOW_MS, action: 'freeze', scope }));

const sign = (world: World, wish: Wish = {}) => {
  const { question, body } = signQuestion(wish);
  return world.pipeline.sign(question, body);
};

describe('a freeze', () => {
  it.each(['all', `client:${AGENT.clientId}`, 'key:default', 'account:0xacc0'])(
    'of %s refuses, uses up the request nonce and leaves an entry that says what was asked',
    async (scope) => {
      const world = createWorld();
      freeze(world, scope);
      const requestNonce = freshNonce();
      const answer = await sign(world, { requestNonce });
      expect(answer).toMatchObject({
        outcome: 'refused',
        code: 'ERR_FROZEN',
        receipt: expect.stringMatching(/^1-/),
      });
      expect(world.timesSigned()).toBe(0);
      expect(entriesOf(world.ledger)[1]).toMatchObject({
        outcome: 'deny',
        code: 'ERR_FROZEN',
        asked: { account: '0xacc0' },
      });
      expect(entriesOf(world.ledger)[1]).not.toHaveProperty('message');
      world.ledger.unfreeze(scope, Buffer.from('{}'));
      expect(await sign(world, { requestNonce })).toMatchObject({ code: 'ERR_REQUEST_NONCE_USED' });
      expect((await sign(world)).outcome).toBe('signed');
    },
  );

  it.each([`client:${OTHER.clientId}`, 'key:another', 'account:0xacc1'])(
    'of %s lets others pass',
    async (scope) => {
      const world = createWorld();
      freeze(world, scope);
      expect((await sign(world)).outcome).toBe('signed');
    },
  );

  it('does not hide why something would be denied anyway', async () => {
    const world = createWorld();
    freeze(world, 'all');
    const answer = await sign(world, { body: transferBody({ validUntil: NOW_SEC }) });
    expect(answer).toMatchObject({ code: 'ERR_POLICY_VALIDITY_EXPIRED' });
  });

  it('between judging and writing still counts', async () => {
    const world = createWorld();
    const answer = sign(world);
    freeze(world, 'all');
    expect(await answer).toMatchObject({ code: 'ERR_FROZEN' });
    expect(world.timesSigned()).toBe(0);
  });
});
