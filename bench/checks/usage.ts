import { readdirSync, readFileSync } from 'node:fs';

/** What a program has used. */
export interface Usage {
  /** Processor time so far, of all its processes, and of that which makes checks. Seconds. */
  readonly cpu: number;
  readonly checkCpu: number;
  /** Resident memory, megabytes, of the same. */
  readonly rss: number;
  readonly checkRss: number;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly cpu: number;
  readonly rss: number;
}

/** The program whose command line names `directory`, and all that it has started. */
function treeOf(directory: string): readonly Process[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)));
  const tree = all.filter(({ command }) => command.includes(directory));
  for (const { pid } of tree) tree.push(...all.filter((each) => each.parent === pid && !tree.includes(each)));
  return tree;
}

/** Of the program whose command line names `directory`, and of all that it has started. */
export function usageOf(directory: string): Usage {
  const tree = treeOf(directory);
  const sum = (of: readonly Process[], value: (each: Process) => number) =>
    of.reduce((total, each) => total + value(each), 0);
  // keepalived's processes have one name.
  const named = tree.filter(({ command }) => command.includes('check-main'));
  const checking = named.length > 0 ? named : tree;
  return {
    cpu: sum(tree, ({ cpu }) => cpu),
    checkCpu: sum(checking, ({ cpu }) => cpu),
    rss: sum(tree, ({ rss }) => rss),
    checkRss: sum(checking, ({ rss }) => rss),
  };
}

function readProcess(pid: number): readonly Process[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    // proc(5): the parent is field 4; utime and stime are 14 and 15, in ticks of 10 ms; rss is 24, in pages.
    const [parent = 0, user = 0, system = 0, pages = 0] = [fields[1], fields[11], fields[12], fields[21]];
    return [{ pid, parent, command, cpu: (user + system) / 100, rss: (pages * 4096) / 1e6 }];
  } catch {
    // It ended between the listing and the look.
    return [];
  }
}
