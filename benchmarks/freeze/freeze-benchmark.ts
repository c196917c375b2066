/**
 * How long signatures keep coming after somebody said stop: the freeze beside a flag that is polled.
 *
 * Both sides are the same boundary with the same load. Ours is told over HTTP; the peer's signer looks
 * every 50 ms whether a file exists. They take turns, one freeze each, so that what else the machine
 * does falls on both. Measured is the time from sending the command to the last signature that arrives.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { commitName, type Measured, machineName, type Report, type Row } from '../report.ts';
import { type Hammer, startHammer } from './hammer.ts';
import { type FreezeSide, startOurs, startPeer } from './sides.ts';

const CLIENTS = 32;
const FREEZES = 60;
const WARM_UP_MS = 2_000;
/** Signatures seen before the command is sent, so that all clients are in the middle of something. */
const BEFORE = 2 * CLIENTS;
/** How long nothing signed must arrive for the last one to be the last; above the peer's pause. */
const SILENCE_MS = 250;

interface Samples {
  readonly lagsMs: number[];
  signatures: number;
  seconds: number;
  cpuMs: number;
}

export async function runFreezeBenchmark(progress: (text: string) => void): Promise<Report> {
  progress('starting both sides');
  const [ours, peer] = [await startOurs(), await startPeer()];
  try {
    const samples = [newSamples(), newSamples()] as const;
    for (const side of [ours, peer]) await warmUp(side);
    for (let round = 1; round <= FREEZES; round++) {
      if (round % 10 === 0) progress(`freeze ${round} of ${FREEZES}`);
      await freezeOnce(ours, round, samples[0]);
      await freezeOnce(peer, round, samples[1]);
    }
    const rows = [rowOf(measured(samples[0]), measured(samples[1]))];
    return { name: 'freeze', machine: machineName(), commit: commitName(), rows };
  } finally {
    await Promise.all([ours.stop(), peer.stop()]);
  }
}

async function warmUp(side: FreezeSide): Promise<void> {
  const hammer = startHammer(side.port, CLIENTS, '0xbeef');
  await sleep(WARM_UP_MS);
  await hammer.stop();
}

async function freezeOnce(side: FreezeSide, round: number, samples: Samples): Promise<void> {
  const account = `0xf${round.toString(16)}`;
  const cpuBefore = side.cpuMs();
  const startedAtMs = performance.now();
  const hammer = startHammer(side.port, CLIENTS, account);
  await hammer.signed(BEFORE);
  samples.seconds += (performance.now() - startedAtMs) / 1_000;
  samples.cpuMs += side.cpuMs() - cpuBefore;
  samples.signatures += hammer.count();
  // Not always at the same distance from the peer's next look.
  await sleep(Math.random() * 50);
  const sentAtMs = performance.now();
  await side.freeze(account);
  samples.lagsMs.push(Math.max(0, (await lastSignature(hammer)) - sentAtMs));
  await hammer.stop();
  await side.unfreeze();
}

async function lastSignature(hammer: Hammer): Promise<number> {
  for (;;) {
    const silentMs = performance.now() - hammer.lastAtMs();
    if (silentMs >= SILENCE_MS) return hammer.lastAtMs();
    await sleep(SILENCE_MS - silentMs);
  }
}

function newSamples(): Samples {
  return { lagsMs: [], signatures: 0, seconds: 0, cpuMs: 0 };
}

function measured({ lagsMs, signatures, seconds, cpuMs }: Samples): Measured {
  const sorted = lagsMs.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return {
    ratePerSec: signatures / seconds,
    cpuMsPerRequest: cpuMs / signatures,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
}

/** The rates are those of the load before the command: they show that both sides did the same. */
function rowOf(ours: Measured, peer: Measured): Row {
  return {
    case: `last signature after a freeze, ${CLIENTS} clients, ${FREEZES} freezes`,
    ours,
    peer,
    ratio: ours.ratePerSec / peer.ratePerSec,
    cpuRatio: peer.cpuMsPerRequest / ours.cpuMsPerRequest,
  };
}
