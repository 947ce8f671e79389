/** What came of a stage. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why it failed or was skipped, a line each. */
  readonly notes: readonly string[];
}
