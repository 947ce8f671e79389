import type { TrackProcessConfig } from '../../model/tracking.ts';

/** A process as /proc shows it. */
export interface ProcessFacts {
  /** At most 15 characters. */
  readonly comm: string;
  /** Empty for a thread of the kernel. */
  readonly argv: readonly string[];
}

/** linux/sched.h, TASK_COMM_LEN without its final NUL. */
const COMM_LENGTH = 15;

/**
 * Whether the process is one that the tracker means. Arguments are compared as keepalived does: `exact` all of them,
 * `partial` as many as are given, `initial` the same where the last given one may be the start of a longer one.
 */
export function matchesProcess(
  {
    command: [name, ...args],
    match,
    fullCommand,
  }: Pick<TrackProcessConfig, 'command' | 'match' | 'fullCommand'>,
  { comm, argv }: ProcessFacts,
): boolean {
  if (fullCommand ? argv[0] !== name : !isComm(comm, name)) return false;
  const found = argv.slice(1);
  const last = args.at(-1);
  switch (match) {
    case 'any':
      return true;
    case 'exact':
      return found.length === args.length && startsWith(found, args);
    case 'partial':
      return startsWith(found, args);
    case 'initial':
      if (last === undefined) return true;
      return startsWith(found, args.slice(0, -1)) && (found[args.length - 1]?.startsWith(last) ?? false);
  }
}

// The kernel keeps the start of the file's name: a path means the program at its end.
function isComm(comm: string, name: string): boolean {
  const file = name.startsWith('/') ? name.slice(name.lastIndexOf('/') + 1) : name;
  return comm === file.slice(0, COMM_LENGTH);
}

const startsWith = (found: readonly string[], args: readonly string[]): boolean =>
  args.every((arg, i) => found[i] === arg);
