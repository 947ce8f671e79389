import { readdirSync, readFileSync } from 'node:fs';

/** A process of a program that is measured. */
export interface Process {
  readonly pid: number;
  /** 'main', 'vrrp' or 'check'; what keepalived runs is 'main' and 'vrrp'. */
  readonly role: string;
}

/** What the memory of a process is. Megabytes. */
export interface Memory {
  /** Its own pages and its part of shared ones (proc(5), smaps_rollup). */
  readonly pss: number;
  /** Of that what is no file's: heaps and stacks. */
  readonly anonymous: number;
}

/** The process `pid` and its children, in the order in which they were started. */
export function processesOf(pid: number): readonly Process[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  const others = children.map((child): Process => ({ pid: Number(child), role: roleOf(Number(child)) }));
  return [{ pid, role: 'main' }, ...others];
}

// keepalived's children have the command line of their parent; with -P there is only the one for VRRP.
function roleOf(pid: number): string {
  const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  return /(vrrp|check)-main/.exec(command)?.[1] ?? 'vrrp';
}

export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const megabytes = (field: string) =>
    (Number(new RegExp(`^${field}: +(\\d+) kB`, 'm').exec(text)?.[1]) * 1024) / 1e6;
  return { pss: megabytes('Pss'), anonymous: megabytes('Pss_Anon') };
}

/** Processor time of all threads of these so far. Milliseconds. */
export function processorTimeOf(processes: readonly Process[]): number {
  return processes.reduce((sum, { pid }) => sum + timeOf(pid), 0);
}

/** /proc/PID/stat counts in ticks of 10 ms; schedstat counts nanoseconds, for each thread. */
function timeOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    try {
      return sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
    } catch {
      // The thread ended between the listing and the look.
      return sum;
    }
  }, 0);
}
