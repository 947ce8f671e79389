/** A command to run: the program and its arguments, and as whom. Never a line for a shell. */
export interface ScriptCommand {
  readonly argv: readonly [string, ...string[]];
  /** Null for the user of `ScriptsConfig`. */
  readonly user: string | null;
  /** Null for the user's own group. */
  readonly group: string | null;
}

/** What holds for every script. */
export interface ScriptsConfig {
  /** Null for `keepalived_script` where that user exists, else the user of the daemon. */
  readonly user: string | null;
  readonly group: string | null;
  /** Refuse a script that runs as root while somebody else could change it. */
  readonly security: boolean;
}
