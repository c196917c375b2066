/**
 * What a step of `npm run check` is.
 *
 * @module
 */

/** What a step found. No problems means passed; a reason to skip means it did not apply. */
export interface StepFinding {
  /** One problem per entry, or the output of a program. */
  readonly problems: readonly string[];
  /** Why there was nothing to check, e.g. a tool that is not part of this checkout. */
  readonly skipped?: string;
}

export interface CheckStep {
  /** Name on the command line, kebab-case. */
  readonly name: string;
  /** What it makes sure of, for the reader of the list. */
  readonly title: string;
  /** What to do when it fails. */
  readonly fix: string;
  /** @param root - Absolute path of the workspace. A rejection counts as a failure. */
  readonly run: (root: string) => Promise<StepFinding>;
}

/** The result of one step, as `--json` prints it. */
export interface StepResult {
  readonly name: string;
  readonly title: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly durationMs: number;
  readonly problems: readonly string[];
  /** Present when it failed. */
  readonly fix?: string;
  /** Present when it was skipped. */
  readonly skipped?: string;
}

/**
 * Runs one step.
 *
 * @returns Its result. Never rejects: an error of the step is a problem it found.
 */
export async function runStep(step: CheckStep, root: string): Promise<StepResult> {
  const startedMs = performance.now();
  const { problems, skipped } = await tryRun(step, root);
  const durationMs = Math.round(performance.now() - startedMs);
  const { name, title, fix } = step;
  if (problems.length > 0) return { name, title, status: 'failed', durationMs, problems, fix };
  if (skipped !== undefined) {
    return { name, title, status: 'skipped', durationMs, problems, skipped };
  }
  return { name, title, status: 'passed', durationMs, problems };
}

async function tryRun(step: CheckStep, root: string): Promise<StepFinding> {
  try {
    return await step.run(root);
  } catch (error) {
    return { problems: [error instanceof Error ? error.message : String(error)] };
  }
}
