/**
 * `countersign demo`: a signing boundary, an agent, a hijacking, a crash and a proof, in a minute.
 *
 * @module
 */

import type { Command } from 'commander';
import { tellApproval } from '../demo/approval-chapter.ts';
import { tellCaps, tellFreeze } from '../demo/caps-chapters.ts';
import {
  type Memory,
  tellAllowed,
  tellCrash,
  tellHijacked,
  tellProof,
  tellStart,
} from '../demo/chapters.ts';
import { createStory, decisionTable, type Story } from '../demo/story.ts';
import { createWorld, type World } from '../demo/world.ts';
import { EXIT_FAILED, EXIT_OK } from '../exit-status.ts';
import { ending } from '../fault.ts';
import { paint, say } from '../terminal/paint.ts';

interface DemoFlags {
  readonly json?: boolean;
  readonly keep?: boolean;
}

const EXAMPLE = `
Example:
  $ countersign demo --json | jq .ok
`;

export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('start a boundary with throw-away keys and watch it work')
    .option('--json', 'print one JSON object on standard output')
    .option('--keep', 'leave it running and say how to call it')
    .addHelpText('after', EXAMPLE)
    .action(async (flags: DemoFlags) => {
      process.exitCode = await ending(flags, () => demo(flags));
    });
}

async function demo(flags: DemoFlags): Promise<number> {
  const quiet = flags.json === true;
  const story = createStory(quiet);
  if (!quiet) say('Making a throw-away key and starting the boundary…');
  const world = await createWorld((text) => {
    if (!quiet) say(`   ${paint('dim', text)}`);
  });
  try {
    await tell(story, world);
    if (quiet) print(story);
    else close(story);
    if (flags.keep === true) await keep(world);
  } finally {
    await world.end();
  }
  return story.ok ? EXIT_OK : EXIT_FAILED;
}

async function tell(story: Story, world: World): Promise<void> {
  const memory: Memory = {};
  await tellStart(story, world);
  await tellAllowed(story, world, memory);
  await tellHijacked(story, world, memory);
  await tellCrash(story, world, memory);
  await tellProof(story, world, memory);
  await tellApproval(story, world);
  await tellCaps(story, world);
  await tellFreeze(story, world);
}

function print(story: Story): void {
  process.stdout.write(`${JSON.stringify({ ok: story.ok, chapters: story.chapters })}\n`);
}

function close(story: Story): void {
  say(`\n${decisionTable(story.decisions)}\n`);
  say(
    story.ok
      ? `   ${paint('green', 'Everything went as expected.')} Next: countersign.sample.yaml, then countersign up`
      : `   ${paint('red', 'Something differed from what was expected; see the lines with ✘ above.')}`,
  );
}

/** Waits for Ctrl-C with the boundary up. */
function keep(world: World): Promise<void> {
  say(`
   The boundary is still up at ${paint('bold', world.url)}; its files are in ${world.dir}.
   Call it from another terminal:

${callExample(world)}

   Read its log:    countersign log tail --data-dir ${world.dataDir}
   Ctrl-C ends it and removes the files.`);
  return new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}

/** A shell session that signs a request with nothing but openssl and curl. */
function callExample({ url, dir }: World): string {
  const lines = [
    `cd ${dir}`,
    'path=/v1/sign/session-transaction ts=$(date +%s%3N) nonce=$(openssl rand -hex 16)',
    `body='{"accountAddress":"0x1","chainId":"0x1","nonce":"0x0","validUntil":'$(($(date +%s)+60))',"calls":[{"contractAddress":"0x2","entrypoint":"transfer","calldata":[]}]}'`,
    'digest=$(printf %s "$body" | openssl dgst -sha256 -r | cut -c1-64)',
    'mac=$(printf %s "$ts.$nonce.POST.$path.$digest" | openssl dgst -sha256 -hmac "$(cat agent.secret)" -r | cut -c1-64)',
    `curl -s ${url}$path -H 'content-type: application/json' -H 'x-keyring-client-id: rent-bot' \\`,
    `  -H "x-keyring-timestamp: $ts" -H "x-keyring-nonce: $nonce" -H "x-keyring-signature: $mac" -d "$body"`,
  ];
  return lines.map((line) => `     ${line}`).join('\n');
}
