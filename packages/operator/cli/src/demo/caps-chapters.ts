/**
 * Chapters about what holds over many requests: caps under a race, and the switch that stops everything.
 *
 * @module
 */

import { type Answer, operatorRequest, SIGN_TARGET, send, signRequest } from './agent.ts';
import type { Story } from './story.ts';
import { CAP, CAST, PICTURE, type Wish, type World, wishBody } from './world.ts';

const RACERS = 16;
/** Of a cap of one token three fit, and a fourth does not. */
const PURCHASE = (CAP * 3n) / 10n;
const FIT = 3;

export async function tellCaps(story: Story, world: World): Promise<void> {
  story.chapter(
    'A cap holds',
    'The written policy of another key: one token an hour, whatever happens at the same time.',
  );
  await story.step(
    `${RACERS} purchases of 0.3 token at once`,
    `${FIT} signed, the rest refused`,
    async () => {
      const answers = await Promise.all(
        Array.from({ length: RACERS }, (_, i) => shop(world, { accountNonce: BigInt(i) })),
      );
      const signed = answers.filter(({ status }) => status === 200).length;
      const refused = answers.filter(({ body }) => body.rule === 'hourly').length;
      return signed + refused === RACERS ? `${signed} signed, the rest refused` : 'something else';
    },
  );
  story.decided({
    asked: `${RACERS} purchases at once`,
    decided: 'signed',
    why: `${FIT} of them, up to the cap`,
  });
  await story.step('what is left, and no more', 'signed', async () => {
    const rest = CAP - PICTURE - PURCHASE * BigInt(FIT);
    return codeOf(await shop(world, { amount: rest, accountNonce: 100n }));
  });
  await story.step('one base unit', 'ERR_POLICY_LIMIT_EXCEEDED by hourly', async () =>
    codeOf(await shop(world, { amount: 1n, accountNonce: 101n })),
  );
  story.decided({ asked: 'one base unit more', decided: 'refused', why: 'limit hourly' });
}

export async function tellFreeze(story: Story, world: World): Promise<void> {
  story.chapter('Somebody pulls the plug', 'One switch, durable before it is acknowledged.');
  await story.step('the operator freezes the key', 'frozen', async () => {
    const body = JSON.stringify({ scope: 'key:rent' });
    const answer = await send(world.url, operatorRequest(world.operator, '/v1/freeze', body));
    return answer.status === 200 ? 'frozen' : codeOf(answer);
  });
  await story.step('rent is due', 'ERR_FROZEN', async () =>
    codeOf(await send(world.url, signRequest(world.agent, SIGN_TARGET, wishBody()))),
  );
  story.decided({ asked: 'rent after the freeze', decided: 'refused', why: 'key frozen' });
}

/** Pays the shop with the key that has a written policy. */
function shop(world: World, wish: Wish): Promise<Answer> {
  const body = wishBody({ keyId: 'shopping', recipient: CAST.shop, amount: PURCHASE, ...wish });
  return send(world.url, signRequest(world.agent, SIGN_TARGET, body));
}

function codeOf({ status, code, body }: Answer): string {
  if (status === 200) return 'signed';
  const said = code ?? `status ${status}`;
  return typeof body.rule === 'string' ? `${said} by ${body.rule}` : said;
}
