/** What is known of services from before the process that is to check them. */
export interface Verdicts {
  /** Servers that were down: destKeys by serviceKey. */
  readonly down: Readonly<Record<string, readonly string[]>>;
  /** By serviceKey, whether a service had its quorum and everybody has been told of that. */
  readonly quorum: Readonly<Record<string, boolean>>;
}

export const NO_VERDICTS: Verdicts = { down: {}, quorum: {} };
