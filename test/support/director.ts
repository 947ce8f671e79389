import type { ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import type { Host } from '../lab/host.ts';
import { eventually } from './eventually.ts';

export const LBD = path.join(import.meta.dirname, '../../src/daemon/main.js');
export const LBCTL = path.join(import.meta.dirname, '../../src/cli/main.js');

/** lbd on one host, with a directory of its own for its socket, state, configuration and log. */
export class Director {
  readonly host: Host;
  readonly directory: string;
  private configFile: string;
  private child: ChildProcess | null = null;

  constructor(host: Host, directory: string) {
    this.host = host;
    this.directory = directory;
    this.configFile = path.join(directory, 'lbd.yaml');
    mkdirSync(directory, { recursive: true });
  }

  get runDir(): string {
    return path.join(this.directory, 'run');
  }

  get stateDir(): string {
    return path.join(this.directory, 'state');
  }

  get logFile(): string {
    return path.join(this.directory, 'lbd.log');
  }

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error('the director is not running');
    return this.child.pid;
  }

  /** Its configuration, in the language that the ending of `name` says; a running lbd keeps the name it began with. */
  configure(text: string, name = 'lbd.yaml'): void {
    this.configFile = path.join(this.directory, name);
    writeFileSync(this.configFile, text);
  }

  start(): void {
    const directories = ['--run-dir', this.runDir, '--state-dir', this.stateDir];
    const child = this.host.spawn(process.execPath, [LBD, '--config', this.configFile, ...directories]);
    const log = createWriteStream(this.logFile, { flags: 'a' });
    child.stdout?.pipe(log);
    child.stderr?.pipe(log);
    this.child = child;
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Ends core, vrrp and check with SIGKILL, as losing power would. */
  async killAll(): Promise<void> {
    const { daemon } = await this.status();
    // vrrp resigns as soon as core is gone, and core starts a child that is gone anew: one that stands still does neither.
    this.signal('SIGSTOP');
    for (const { pid } of daemon.processes) if (pid !== null) process.kill(pid, 'SIGKILL');
    this.signal('SIGKILL');
    await this.exited();
  }

  async exited(): Promise<number | null> {
    const { child } = this;
    if (child === null) return null;
    if (child.exitCode === null && child.signalCode === null) {
      await new Promise((resolve) => child.once('exit', resolve));
    }
    this.child = null;
    return child.exitCode;
  }

  /** A clean stop, if it runs. */
  async stop(): Promise<number | null> {
    if (this.child !== null && this.child.exitCode === null && this.child.signalCode === null) {
      this.signal('SIGTERM');
    }
    return this.exited();
  }

  async lbctl(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    return this.host.exec(process.execPath, [LBCTL, '--run-dir', this.runDir, ...args]);
  }

  /** Asked of the control socket directly: in the guest a lbctl costs two seconds of CPU. */
  async status(): Promise<StatusJson> {
    return JSON.parse(await this.ask('GET', '/v1/status')) as StatusJson;
  }

  /** Has it read its file again; fails with the reason where it is refused. */
  async reload(): Promise<void> {
    await this.ask('POST', '/v1/reload');
  }

  private ask(method: 'GET' | 'POST', target: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socketPath = path.join(this.runDir, 'control.sock');
      const headers = { accept: 'application/json' };
      const options = { socketPath, method, path: target, headers, agent: false };
      const request = http.request(options, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => {
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`${method} ${target}: HTTP ${response.statusCode}: ${text}`));
        });
      });
      request.on('error', reject);
      request.end();
    });
  }

  /** Addresses of the real servers that the kernel has for the first service. */
  async servers(): Promise<string[]> {
    const { check } = await this.status();
    const [service] = check.value?.table.value?.services ?? [];
    return (service?.dests ?? []).map(({ key }) => key.address);
  }

  /** Waits until the first instance is in `state`. */
  async becomes(state: string, limitMs: number): Promise<void> {
    await eventually(`${this.host.name} is ${state}`, limitMs, async () => {
      const status = await this.status();
      return status.vrrp.value?.instances[0]?.state === state;
    });
  }
}

/** The part of `lbctl status -o json` that is looked at here. */
export interface StatusJson {
  readonly daemon: {
    readonly generation: number;
    readonly reload_error: string | null;
    readonly processes: readonly {
      readonly name: string;
      readonly pid: number | null;
      readonly restarts: number;
      readonly applied: number;
      readonly problem: string | null;
    }[];
  };
  readonly vrrp: {
    readonly available: boolean;
    readonly reason?: string;
    readonly value?: {
      readonly instances: readonly {
        readonly name: string;
        readonly state: string;
        readonly because: string;
        readonly stands_back: boolean;
        readonly master: { readonly address: string; readonly priority: number } | null;
        readonly counters: {
          readonly adverts_sent: number;
          readonly adverts_received: number;
          readonly became_master: number;
          readonly refused: Readonly<Record<string, number>>;
        };
      }[];
    };
  };
  readonly check: {
    readonly available: boolean;
    readonly value?: {
      readonly table: {
        readonly available: boolean;
        readonly value?: {
          readonly xdp?: { readonly counters: Readonly<Record<string, number>> };
          readonly services: readonly {
            readonly key: { readonly protocol: string; readonly address: string };
            readonly dests: readonly {
              readonly key: { readonly address: string; readonly port: number };
              readonly attrs: { readonly weight: number };
              readonly active_conns: number;
              readonly inactive_conns: number;
            }[];
          }[];
        };
      };
      readonly services: readonly {
        readonly servers: readonly {
          readonly health: string;
          readonly draining: { readonly active_conns: number } | null;
          readonly order: { readonly kind: string } | null;
        }[];
      }[];
    };
  };
}
