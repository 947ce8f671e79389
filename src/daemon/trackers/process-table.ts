import { readdirSync, readFileSync } from 'node:fs';
import type { ProcessFacts } from './process-match.ts';

/** Process ids (not those of threads) that exist now. */
export const listProcesses = (): number[] =>
  readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));

/** What the process is now; null when it has ended, a zombie included. Arguments only where they are asked for. */
export function readProcess(pid: number, withArguments: boolean): ProcessFacts | null {
  try {
    const found = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    if (found === null || found.ended) return null;
    const argv = withArguments ? parseCommandLine(readFileSync(`/proc/${pid}/cmdline`, 'utf8')) : [];
    return { comm: found.comm, argv };
  } catch (error) {
    // ENOENT, or ESRCH while it is read: gone in between.
    if (error instanceof Error && 'syscall' in error) return null;
    throw error;
  }
}

/** `PID (COMM) STATE …` of proc_pid_stat(5); COMM may hold spaces and parentheses. */
export function parseStat(stat: string): { readonly comm: string; readonly ended: boolean } | null {
  const found = /^\d+ \((.*)\) ([A-Za-z]) /s.exec(stat);
  if (found === null) return null;
  const [, comm = '', state = ''] = found;
  return { comm, ended: state === 'Z' || state === 'X' || state === 'x' };
}

/** Arguments end with NUL. A process that wrote over them may have left the last one without it. */
export function parseCommandLine(text: string): string[] {
  if (text === '') return [];
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0');
}
