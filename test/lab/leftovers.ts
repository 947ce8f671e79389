import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { shell } from './shell.ts';

/** A directory for each lab that stands, with the process that it belongs to. */
export const LAB_STATE = '/run/lbd-lab';

const mine = new Set<string>();
let guarded = false;

/** Reserves a name that no other lab has; its namespaces begin with it. */
export function claimPrefix(): string {
  const prefix = `lbd-${randomBytes(2).toString('hex')}`;
  // Renamed when it is whole: another lab's sweep would take a directory without an owner for a leftover.
  const draft = path.join(LAB_STATE, `.${prefix}`);
  mkdirSync(draft, { recursive: true });
  writeFileSync(path.join(draft, 'owner'), `${process.pid} ${startTime(process.pid)}`);
  renameSync(draft, path.join(LAB_STATE, prefix));
  if (!guarded) guard();
  guarded = true;
  mine.add(prefix);
  return prefix;
}

/** Ends what runs in a lab's namespaces, removes them, and forgets the lab. */
export async function release(prefix: string): Promise<void> {
  await shell(removal(prefix));
  rmSync(path.join(LAB_STATE, prefix), { recursive: true, force: true });
  mine.delete(prefix);
}

/** Removes labs whose process has gone. */
export async function sweep(): Promise<void> {
  mkdirSync(LAB_STATE, { recursive: true });
  const prefixes = readdirSync(LAB_STATE).filter((name) => /^lbd-[0-9a-f]{4}$/.test(name));
  for (const prefix of prefixes) if (!mine.has(prefix) && !owned(prefix)) await release(prefix);
}

/** Namespaces of labs whose process has gone without taking them down. */
export async function leftovers(): Promise<string[]> {
  return (await namespaces()).filter(
    (name) => /^lbd-[0-9a-f]{4}-/.test(name) && !owned(name.slice(0, 'lbd-0000'.length)),
  );
}

/** Namespaces of labs that this process made and that still stand. */
export async function standing(): Promise<string[]> {
  return (await namespaces()).filter((name) => [...mine].some((prefix) => name.startsWith(`${prefix}-`)));
}

async function namespaces(): Promise<string[]> {
  return (await shell('ip netns list')).split('\n').map((line) => line.split(' ')[0] ?? '');
}

function owned(prefix: string): boolean {
  try {
    const [pid, started] = readFileSync(path.join(LAB_STATE, prefix, 'owner'), 'utf8').split(' ');
    return startTime(Number(pid)) === started;
  } catch {
    // No owner file, or no such process any more.
    return false;
  }
}

/** When a process started, in clock ticks since boot: with its id this names it for good (proc(5), field 22). */
function startTime(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

const removal = (prefix: string): string => `
for ns in $(ip netns list | cut -d' ' -f1 | grep '^${prefix}-' || true); do
  while pids=$(ip netns pids $ns 2>/dev/null) && [ -n "$pids" ]; do kill -9 $pids 2>/dev/null || true; sleep 0.02; done
  ip netns del $ns 2>/dev/null || [ ! -e /run/netns/$ns ]
done`;

function guard(): void {
  process.on('exit', () => {
    for (const prefix of mine) {
      execFileSync('sh', ['-e'], { input: removal(prefix) });
      rmSync(path.join(LAB_STATE, prefix), { recursive: true, force: true });
    }
  });
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const) {
    process.once(signal, () => process.exit(128 + number));
  }
}
