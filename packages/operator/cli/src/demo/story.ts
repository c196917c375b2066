/**
 * How the demo is told: chapters of steps, each with what was expected and what was seen.
 *
 * @module
 */

import { paint, say } from '../terminal/paint.ts';

export interface StepResult {
  readonly name: string;
  readonly expected: string;
  readonly observed: string;
  readonly ok: boolean;
  readonly ms: number;
}

export interface ChapterResult {
  readonly name: string;
  readonly steps: readonly StepResult[];
}

/** One row of the closing table. */
export interface Decision {
  readonly asked: string;
  readonly decided: string;
  readonly why: string;
}

export interface Story {
  /** Begins a chapter. */
  chapter(name: string, opening: string): void;
  /** Runs a step: `act` returns what was seen, in the words of `expected` when all is well. */
  step(name: string, expected: string, act: () => Promise<string> | string): Promise<void>;
  /** Adds a row to the closing table. */
  decided(decision: Decision): void;
  readonly chapters: readonly ChapterResult[];
  readonly decisions: readonly Decision[];
  readonly ok: boolean;
}

interface MutableChapter {
  readonly name: string;
  readonly steps: StepResult[];
}

/** @param quiet - Tell nothing while it happens; the result is printed as JSON. */
export function createStory(quiet: boolean): Story {
  const chapters: MutableChapter[] = [];
  const decisions: Decision[] = [];
  const tell = quiet ? () => undefined : say;
  return {
    chapters,
    decisions,
    get ok() {
      return chapters.length > 0 && chapters.every(({ steps }) => steps.every((step) => step.ok));
    },
    chapter(name, opening) {
      chapters.push({ name, steps: [] });
      tell(`\n${paint('bold', `${chapters.length}. ${name}`)}\n   ${paint('dim', opening)}`);
    },
    async step(name, expected, act) {
      const startedAt = performance.now();
      const observed = await observe(act);
      const ms = Math.round((performance.now() - startedAt) * 10) / 10;
      const step = { name, expected, observed, ok: observed === expected, ms };
      chapters.at(-1)?.steps.push(step);
      tell(stepLine(step));
    },
    decided: (decision) => void decisions.push(decision),
  };
}

async function observe(act: () => Promise<string> | string): Promise<string> {
  try {
    return await act();
  } catch (error) {
    return `failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function stepLine({ name, expected, observed, ok, ms }: StepResult): string {
  const time = paint('dim', `${ms.toFixed(1)} ms`);
  if (ok) return `   ${paint('green', '✔')} ${name.padEnd(52)} ${paint('cyan', observed)}  ${time}`;
  return `   ${paint('red', '✘')} ${name}\n       expected ${expected}\n       observed ${paint('red', observed)}  ${time}`;
}

/** The closing table. */
export function decisionTable(decisions: readonly Decision[]): string {
  const head: Decision = { asked: 'asked', decided: 'decided', why: 'why' };
  const width = (pick: (row: Decision) => string): number =>
    Math.max(...[head, ...decisions].map((row) => pick(row).length));
  const asked = width((row) => row.asked);
  const decided = width((row) => row.decided);
  const line = (row: Decision): string =>
    `   ${row.asked.padEnd(asked)}   ${colour(row.decided, decided)}   ${row.why}`;
  const rule = `   ${'─'.repeat(asked)}   ${'─'.repeat(decided)}   ${'─'.repeat(width((row) => row.why))}`;
  return [line(head), rule, ...decisions.map(line)].join('\n');
}

function colour(text: string, width: number): string {
  const padded = text.padEnd(width);
  if (text === 'signed') return paint('green', padded);
  return text === 'refused' ? paint('red', padded) : padded;
}
