import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Host } from '../../test/lab/host.ts';
import { root } from '../../test/support/root.ts';

export const KINDS = ['lbd', 'keepalived'] as const;
export type Kind = (typeof KINDS)[number];

/** Where the lbd that is measured was compiled to; another one than this checkout's by the environment. */
export const LBD_DIST = process.env['LBD_DIST'] ?? path.join(root, 'dist');

/** Why a program cannot be measured on this machine, or null. */
export function missing(kind: Kind): string | null {
  const places = (process.env['PATH'] ?? '').split(':');
  return kind === 'lbd' || places.some((place) => existsSync(path.join(place, kind)))
    ? null
    : `left out: ${kind} is not installed`;
}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
}

/** lbd or keepalived on one host. Both read the same keepalived.conf, and for keepalived only VRRP runs. */
export class Program {
  readonly kind: Kind;
  readonly host: Host;
  readonly directory: string;
  private readonly node: string;
  private running: Running | null = null;

  /** `node` is the file that runs lbd. */
  constructor(kind: Kind, host: Host, directory: string, node: string = process.execPath) {
    this.kind = kind;
    this.host = host;
    this.directory = directory;
    this.node = node;
    mkdirSync(directory, { recursive: true });
  }

  private file(name: string): string {
    return path.join(this.directory, name);
  }

  /** All that it has said since it was first started. */
  get log(): string {
    return readFileSync(this.file('log'), 'utf8');
  }

  configure(conf: string): void {
    writeFileSync(this.file('keepalived.conf'), conf);
  }

  /** Has lbd read the same as YAML, with lines that no keepalived.conf has. */
  async extend(lines: string): Promise<void> {
    const lbctl = path.join(LBD_DIST, 'src/cli/main.js');
    const done = await this.host.exec(process.execPath, [lbctl, 'convert', this.file('keepalived.conf')]);
    if (done.code !== 0) throw new Error(`lbctl convert: ${done.stderr}`);
    writeFileSync(this.file('lbd.yaml'), `${done.stdout}${lines}`);
  }

  /** Gives its first instance another priority. */
  async prioritise(priority: number): Promise<void> {
    const conf = readFileSync(this.file('keepalived.conf'), 'utf8');
    this.configure(conf.replace(/priority \d+/, `priority ${priority}`));
    this.reload();
  }

  start(env: Readonly<Record<string, string>> = {}): void {
    const log = openSync(this.file('log'), 'a');
    const child = spawn('ip', ['netns', 'exec', this.host.netns, ...this.argv()], {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...env },
    });
    closeSync(log);
    this.running = { child, ended: new Promise((resolve) => child.once('exit', () => resolve())) };
  }

  private argv(): readonly string[] {
    const extended = this.file('lbd.yaml');
    const conf = existsSync(extended) ? extended : this.file('keepalived.conf');
    return this.kind === 'lbd'
      ? [
          this.node,
          path.join(LBD_DIST, 'src/daemon/main.js'),
          '--config',
          conf,
          '--run-dir',
          this.file('run'),
          '--state-dir',
          this.file('state'),
        ]
      : [
          'keepalived',
          '-n',
          '-l',
          '-D',
          '-P',
          '-f',
          conf,
          '-p',
          this.file('pid'),
          '-r',
          this.file('vrrp.pid'),
        ];
  }

  private get child(): ChildProcess & { readonly pid: number } {
    const child = this.running?.child;
    if (child?.pid === undefined) throw new Error(`${this.kind} on ${this.host.name} is not running`);
    return Object.assign(child, { pid: child.pid });
  }

  /** The process that was started. */
  get pid(): number {
    return this.child.pid;
  }

  /** The process that does the VRRP; the same program may have others. */
  get worker(): number {
    const found = childrenOf(this.child.pid).find((pid) => this.kind === 'keepalived' || isVrrpOfLbd(pid));
    if (found === undefined) throw new Error(`${this.kind} on ${this.host.name} has no VRRP process`);
    return found;
  }

  /** Has it read its file again. */
  reload(): void {
    this.child.kill('SIGHUP');
  }

  /** Asks it to end, and resolves when it has. */
  async terminate(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.ended();
  }

  /** Has lbd do something; throws with its answer if it refuses. */
  async order(...words: readonly string[]): Promise<void> {
    const lbctl = path.join(LBD_DIST, 'src/cli/main.js');
    const done = await this.host.exec(process.execPath, [lbctl, '--run-dir', this.file('run'), ...words]);
    if (done.code !== 0) throw new Error(`lbctl ${words.join(' ')}: ${done.stderr}`);
  }

  /** Ends all its processes at once. */
  async kill(): Promise<void> {
    this.signalAll('SIGKILL');
    await this.ended();
  }

  /** Stops or continues all its processes. */
  async freeze(): Promise<void> {
    this.signalAll('SIGSTOP');
  }

  async thaw(): Promise<void> {
    this.signalAll('SIGCONT');
  }

  /** Children first: none sees another one go. */
  private signalAll(signal: NodeJS.Signals): void {
    for (const pid of [...childrenOf(this.child.pid), this.child.pid]) process.kill(pid, signal);
  }

  private async ended(): Promise<void> {
    await this.running?.ended;
    this.running = null;
  }

  /** Processor time of all its processes so far. Seconds. */
  get cpu(): number {
    // proc(5): utime and stime are fields 14 and 15, in ticks of 10 ms.
    return [this.child.pid, ...childrenOf(this.child.pid)]
      .map((pid) => statFields(pid).slice(11, 13).map(Number))
      .reduce((sum, [user, system]) => sum + ((user ?? 0) + (system ?? 0)) / 100, 0);
  }
}

/** The fields of /proc/PID/stat behind the name, which begin with the third. */
function statFields(pid: number): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function childrenOf(parent: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
}

function parentOf(pid: number): number | null {
  try {
    return Number(statFields(pid)[1]);
  } catch {
    // It ended between the listing and the look.
    return null;
  }
}

const isVrrpOfLbd = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('vrrp-main');
