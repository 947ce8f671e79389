import type { ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Host } from '../lab/host.ts';

export interface VrrpPeer {
  readonly state: 'MASTER' | 'BACKUP';
  readonly vrid: number;
  readonly priority: number;
  readonly password: string | null;
  readonly addresses: readonly string[];
}

/** keepalived's words for one instance on eth0. */
export function keepalivedConf(peer: VrrpPeer): string {
  const authentication = `  authentication {\n    auth_type PASS\n    auth_pass ${peer.password}\n  }\n`;
  return `vrrp_instance VI_1 {
  state ${peer.state}
  interface eth0
  virtual_router_id ${peer.vrid}
  priority ${peer.priority}
  advert_int 1
${peer.password === null ? '' : authentication}  virtual_ipaddress {
${peer.addresses.map((address) => `    ${address}\n`).join('')}  }
}
`;
}

/** keepalived in the foreground on one host of the lab, with a directory of its own. */
export class Keepalived {
  private readonly host: Host;
  private readonly directory: string;
  private child: ChildProcess | null = null;

  constructor(host: Host, directory: string) {
    this.host = host;
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  get log(): string {
    return readFileSync(path.join(this.directory, 'log'), 'utf8');
  }

  /** `-P` for VRRP alone, `-C` for checkers alone, nothing for all that the file has, BFD too. */
  start(conf: string, ...parts: readonly ('-P' | '-C')[]): void {
    const file = (name: string) => path.join(this.directory, name);
    writeFileSync(file('keepalived.conf'), conf);
    const pids = [
      '-p',
      file('pid'),
      '-r',
      file('vrrp.pid'),
      '-c',
      file('checkers.pid'),
      '-b',
      file('bfd.pid'),
    ];
    const child = this.host.spawn('keepalived', [
      '-n',
      '-l',
      '-D',
      ...parts,
      '-f',
      file('keepalived.conf'),
      ...pids,
    ]);
    const log = createWriteStream(file('log'), { flags: 'a' });
    child.stdout?.pipe(log);
    child.stderr?.pipe(log);
    this.child = child;
  }

  /** Has it read its file again, which it does at some time soon. */
  reload(): void {
    this.child?.kill('SIGHUP');
  }

  /** A clean stop: priority 0, addresses removed. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child === null || child.exitCode !== null) return;
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
    this.child = null;
  }
}
