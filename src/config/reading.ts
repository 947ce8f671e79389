import type { Config } from '../model/config.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Path } from './path.ts';

/** What was made of a configuration file. */
export interface Reading {
  /** Null if and only if a diagnostic is an error. Plain values, which can be cloned between processes. */
  readonly config: Config | null;
  /** Every mistake and warning: by file in the order of reading, then by place. */
  readonly diagnostics: readonly Diagnostic[];
  /** The text of each file that was read, by the name that diagnostics have for it. */
  readonly sources: ReadonlyMap<string, string>;
  /** What a keepalived.conf says and the configuration does not; empty for YAML. */
  readonly leftOut: readonly LeftOut[];
  /**
   * Where the file speaks of a part of `config`, by its path in YAML's terms (`['vrrp', NAME, 'virtual_addresses', 0]`):
   * the part itself, or the nearest that it is in.
   */
  readonly placeOf: (path: Path) => FilePlace;
}

/** The part of a diagnostic that says where. */
export type FilePlace = Pick<Diagnostic, 'file' | 'line' | 'column' | 'length' | 'path'>;

/** A statement of a keepalived.conf that has no part in the configuration. */
export interface LeftOut {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The statement without its block: `quorum 2`. A password is replaced by `…`. */
  readonly text: string;
  /** What it belongs to: `['vrrp', NAME]`, `['services', NAME]`, or `[]` for the whole configuration. */
  readonly of: Path;
  /** `here`: lbd does it in another way or has no use for it; `yet`: planned; `unknown`: no keyword of keepalived. */
  readonly why: 'here' | 'yet' | 'unknown';
  /** One sentence without a full stop. */
  readonly reason: string;
}
