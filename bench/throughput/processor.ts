import { readdirSync, readFileSync } from 'node:fs';

/**
 * Processor time that these processes, all that they have started, and ksoftirqd have had so far, in seconds. What the kernel
 * does with a packet is counted to the process that sent it, or to ksoftirqd where that takes over; other work of the machine is not
 * in it. Linux's Documentation/scheduler/sched-stats.rst: the first field of schedstat is in nanoseconds.
 */
export function processorTime(roots: readonly number[]): number {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)));
  const counted = all.filter(({ pid, name }) => roots.includes(pid) || name.startsWith('ksoftirqd/'));
  for (const { pid } of counted)
    counted.push(...all.filter((each) => each.parent === pid && !counted.includes(each)));
  return counted.reduce((sum, { pid }) => sum + timeOf(pid), 0);
}

function readProcess(pid: number): readonly { pid: number; name: string; parent: number }[] {
  try {
    // proc(5): the name is in brackets, and the parent is the second field behind it.
    const [, name = '', parent] = /\((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return [{ pid, name, parent: Number(parent) }];
  } catch {
    // It ended between the listing and the look.
    return [];
  }
}

function timeOf(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return tasks.reduce((sum, task) => {
    const [nanoseconds] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ');
    return sum + Number(nanoseconds) / 1e9;
  }, 0);
}

/** Processor time of the whole machine so far that was not idle, with what the machine below took for others. Seconds. */
export function busyTime(): number {
  // proc(5): user, nice, system, idle, iowait, irq, softirq, steal; guests are in user. In ticks of 10 ms.
  const [all = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = all
    .split(/ +/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / 100;
}
