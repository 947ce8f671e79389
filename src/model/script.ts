import type { Millis } from '../base/units.ts';

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
  /** Runs before vrrp and check are started. */
  readonly startup: OnceScript | null;
  /** Runs after both have stopped. */
  readonly shutdown: OnceScript | null;
}

/** A script of the whole daemon. */
export interface OnceScript {
  readonly command: ScriptCommand;
  /** Beyond it the script is ended, and lbd goes on. */
  readonly timeout: Millis;
}

export const NO_SCRIPTS: ScriptsConfig = {
  user: null,
  group: null,
  security: true,
  startup: null,
  shutdown: null,
};
