import { type ChildProcess, execFileSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createLab, type Host, type Lab } from '../../test/lab/lab.ts';
import { shell } from '../../test/lab/shell.ts';
import { eventually } from '../../test/support/eventually.ts';
import { root } from '../../test/support/root.ts';

export const PORTS = { tcp: 80, udp: 7 } as const;
export const FILE_BYTES = 256_000_000;
const PAGE_BYTES = 1024;
/** The processors that they are kept to. What balances may have both. */
const CPUS = { client: '0', server: '1' } as const;
/** Their last bytes begin here. */
const FIRST_VIP = 200;
const FIRST_ROUTED = 110;
export const GUE_PORT = 6080;
/** The server's other interface, at which tunnels end. */
const TUNNELS = 'eth1';
const LIMIT = 120_000;

/** A director and the virtual address that is its own. */
export interface Site {
  readonly director: Host;
  readonly vip: string;
  /** An address of the server whose answers go by this director, as NAT needs it. */
  readonly routed: string;
}

/**
 * A client, directors that can be used in turn, each with a virtual address, and a server that has the addresses of two, so that
 * one process answers whichever way a request came. HTTP on port 80 (`/` is a page of 1 KB, `/file` 256 MB), an echo on
 * port 7 of UDP.
 */
export class Bed {
  readonly lab: Lab;
  readonly server: Host;
  readonly sites: readonly Site[];
  readonly servers: readonly [string, string];
  /** The same server at the end of a tunnel. */
  readonly tunnelled: readonly [string, string];
  /** traffic.c, compiled. */
  readonly traffic: string;
  private readonly children: ChildProcess[] = [];

  private constructor(lab: Lab, directors: number) {
    this.lab = lab;
    this.server = lab.host('rs1');
    const address = (last: number) => lab.vip.replace(/\d+$/, String(last));
    this.sites = Array.from({ length: directors }, (_, i) => ({
      director: lab.host(`d${i + 1}`),
      vip: address(FIRST_VIP + i),
      routed: address(FIRST_ROUTED + i),
    }));
    this.servers = [this.server.address, address(102)];
    this.tunnelled = [address(103), address(104)];
    this.traffic = path.join(lab.directory, 'traffic');
    execFileSync('cc', ['-O2', '-o', this.traffic, path.join(root, 'bench/throughput/traffic.c')]);
  }

  static async build(directors: number): Promise<Bed> {
    const lab = await createLab({ directors, servers: 1, web: false });
    try {
      const bed = new Bed(lab, directors);
      await bed.tune();
      await bed.endTunnels();
      await bed.serve();
      return bed;
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  /** The processes that serve. */
  get serving(): readonly number[] {
    return this.children.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  /** Starts a program that asks, on the processor of the client. */
  ask(command: string, args: readonly string[]): ChildProcess {
    return this.lab.host('client').spawn('taskset', ['-c', CPUS.client, command, ...args]);
  }

  /** Waits until both services answer at an address. */
  async answers(address: string, udp: boolean): Promise<void> {
    const client = this.lab.host('client');
    await eventually(`${address} answers`, LIMIT, async () => {
      const page = await client.exec('curl', ['-sf', '-m', '5', `http://${address}:${PORTS.tcp}/`]);
      return page.stdout.length === PAGE_BYTES;
    });
    if (!udp) return;
    await eventually(`the echo of ${address} answers`, LIMIT, async () => {
      const { stdout } = await client.exec(this.traffic, ['ask', address, `${PORTS.udp}`, '1', '0.3']);
      return Number(stdout.split(' ')[0]) > 0;
    });
  }

  private async tune(): Promise<void> {
    const { lab, server, sites } = this;
    const directors = sites.map(({ director }) => director);
    for (const { netns } of [lab.host('client'), ...directors, server])
      await shell(
        `ip netns exec ${netns} sysctl -qw net.ipv4.ip_local_port_range='1024 65535' net.ipv4.tcp_tw_reuse=1 net.core.somaxconn=16384`,
      );
    // What they send is for no XDP program of another host, and a network card would do this for them.
    for (const { netns, device } of [...directors, server])
      await shell(`ip netns exec ${netns} ethtool -K ${device} tx on sg on tso on >/dev/null`);
    await shell(`ip -n ${server.netns} addr add ${this.servers[1]}/24 dev ${server.device}`);
    for (const [i, { director, vip, routed }] of sites.entries())
      await shell(`ip -n ${server.netns} addr add ${vip}/32 dev lo
ip -n ${server.netns} addr add ${routed}/32 dev ${server.device}
ip -n ${server.netns} route add default via ${director.address} table ${100 + i}
ip -n ${server.netns} rule add from ${routed} lookup ${100 + i}
ip netns exec ${director.netns} sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.${director.device}.send_redirects=0`);
  }

  /** Tunnels end in an XDP program, as not every kernel has them, and at an interface that nothing else comes to. */
  private async endTunnels(): Promise<void> {
    const { lab, server } = this;
    const object = path.join(lab.directory, 'decap.bpf.o');
    const source = path.join(root, 'bench/throughput/decap.bpf.c');
    const bridge = `${lab.env['LAB']}-br`;
    await shell(`clang -target bpf -O2 -I"/usr/include/$(uname -m)-linux-gnu" -DPORT=${GUE_PORT} -c ${source} -o ${object}
ip -n ${bridge} link add tunnels type veth peer name ${TUNNELS} netns ${server.netns}
ip -n ${bridge} link set tunnels master br0 up
ip -n ${server.netns} link set ${TUNNELS} up xdpdrv obj ${object} sec xdp`);
    for (const address of this.tunnelled)
      await shell(`ip -n ${server.netns} addr add ${address}/32 dev ${TUNNELS}`);
  }

  private async serve(): Promise<void> {
    const file = (name: string) => path.join(this.lab.directory, name);
    // It has no blocks: in the guest there would be no room for them.
    writeFileSync(file('file'), '');
    truncateSync(file('file'), FILE_BYTES);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    writeFileSync(
      file('nginx.conf'),
      `user root; daemon off; worker_processes 1; pid ${file('nginx.pid')}; error_log ${file('error.log')};
events { worker_connections 8192; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
  ${temporary.map((what) => `${what}_temp_path ${file(what)};`).join(' ')}
  server {
    listen ${PORTS.tcp} backlog=16384;
    location = / { default_type text/plain; return 200 "${'x'.repeat(PAGE_BYTES)}"; }
    location = /file { alias ${file('file')}; }
  }
}
`,
    );
    const pinned = ['-c', CPUS.server];
    const own = this.sites.flatMap(({ vip, routed }) => [vip, routed]);
    const addresses = [...this.servers, ...this.tunnelled, ...own];
    this.children.push(
      this.server.spawn('taskset', [...pinned, 'nginx', '-c', file('nginx.conf')]),
      this.server.spawn('taskset', [...pinned, this.traffic, 'answer', `${PORTS.udp}`, ...addresses]),
    );
    await this.answers(this.servers[0], true);
  }
}
