/**
 * Gathers what is wrong with a document, so that one attempt names all of it.
 *
 * @module
 */

import {
  BoundaryError,
  isBoundaryError,
  type PolicyProblem,
  policyDocumentError,
  policyProblem,
} from '@countersign/protocol';

/** A refusal that knows its problem; it is caught before it leaves the compiler. */
class DocumentRefusal extends BoundaryError {
  readonly problem: PolicyProblem;

  constructor(problem: PolicyProblem) {
    super('ERR_POLICY_DOCUMENT_INVALID', policyDocumentError([problem]));
    this.problem = problem;
  }
}

export interface ProblemCollector {
  /** Notes a problem; arguments as those of `policyProblem`. */
  note(path: string, found: unknown, expected: string, words?: readonly string[]): void;
  /** Runs `work`; a refusal made by {@link refusal} is noted instead of thrown. */
  attempt<T>(work: () => T): T | undefined;
  /** @throws BoundaryError ERR_POLICY_DOCUMENT_INVALID when anything was noted. */
  finish(): void;
}

/** The error of one problem, for {@link ProblemCollector.attempt} to catch. */
export function refusal(problem: PolicyProblem): BoundaryError {
  return new DocumentRefusal(problem);
}

export function createProblemCollector(): ProblemCollector {
  const problems: PolicyProblem[] = [];
  return {
    note(path, found, expected, words) {
      problems.push(policyProblem(path, found, expected, words));
    },
    attempt(work) {
      try {
        return work();
      } catch (error) {
        if (!isBoundaryError(error) || !(error instanceof DocumentRefusal)) throw error;
        problems.push(error.problem);
        return undefined;
      }
    },
    finish() {
      if (problems.length > 0) throw policyDocumentError(problems);
    },
  };
}
