import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { root } from '../support/root.ts';
import { Host } from './host.ts';
import { claimPrefix, LAB_STATE, release, sweep } from './leftovers.ts';
import { shell } from './shell.ts';
import { Web } from './web.ts';

export type { Host } from './host.ts';

export interface LabOptions {
  readonly directors: number;
  readonly servers: number;
  /** nginx on every real server. */
  readonly web: boolean;
  readonly vip?: string;
  /** The hosts' interface. */
  readonly interface?: string;
  /** Addresses in place of the usual ones, by host. */
  readonly addresses?: Readonly<Record<string, string>>;
}

/**
 * Hosts on one Ethernet segment, each a network namespace: a client, directors, real servers, and a bridge in a
 * namespace of its own. Nothing outside is changed. It is taken down by `close`, on exit, on a signal, and, after a
 * crash, by the next lab.
 */
export class Lab {
  readonly vip: string;
  readonly directory: string;
  private readonly prefix: string;
  private readonly hosts: ReadonlyMap<string, Host>;
  private readonly webs = new Map<string, Web>();
  private readonly bridge: Host;
  private closed = false;

  constructor(prefix: string, vip: string, hosts: readonly Host[]) {
    this.prefix = prefix;
    this.vip = vip;
    this.directory = path.join(LAB_STATE, prefix);
    this.hosts = new Map(hosts.map((host) => [host.name, host]));
    this.bridge = new Host('br', `${prefix}-br`, '', 'br0');
  }

  host(name: string): Host {
    const host = this.hosts.get(name);
    if (host === undefined) throw new Error(`the lab has no host ${name}`);
    return host;
  }

  /** The names of the namespaces and the virtual address, for people and scripts. */
  get env(): Readonly<Record<string, string>> {
    const hosts = [...this.hosts.values()].flatMap((host) => {
      const name = `LAB_${host.name.toUpperCase()}`;
      return [
        [name, host.netns],
        [`${name}_ADDRESS`, host.address],
      ];
    });
    return { LAB: this.prefix, LAB_VIP: this.vip, LAB_DIR: this.directory, ...Object.fromEntries(hosts) };
  }

  /** nginx on a host; started by createLab where `web` is asked for. */
  web(name: string): Web {
    const web = this.webs.get(name) ?? new Web(this.host(name), path.join(this.directory, `web-${name}`));
    this.webs.set(name, web);
    return web;
  }

  /** Takes the carrier from a host's interface, as pulling its cable does. */
  async cutLink(name: string): Promise<void> {
    await shell(`ip -n ${this.bridge.netns} link set ${name} down`);
  }

  async restoreLink(name: string): Promise<void> {
    await shell(`ip -n ${this.bridge.netns} link set ${name} up`);
  }

  /** Has the segment take what XDP programs of these hosts send out: veth does so where its other end has a program too. */
  async takeFromXdp(names: readonly string[]): Promise<void> {
    const stub = path.join(this.directory, 'pass.bpf.o');
    const source = path.join(root, 'test/lab/pass.bpf.c');
    await shell(`clang -target bpf -O2 -I"/usr/include/$(uname -m)-linux-gnu" -c ${source} -o ${stub}`);
    for (const name of names)
      await shell(`ip -n ${this.bridge.netns} link set ${name} xdpdrv obj ${stub} sec xdp`);
  }

  /** Drops VRRP on the segment, as a firewall in between does; everything else passes. */
  async dropVrrp(): Promise<void> {
    await shell(`ip netns exec ${this.bridge.netns} nft -f - <<'END'
table bridge lab { chain forward { type filter hook forward priority 0; ip protocol 112 drop; }; }
END`);
  }

  async passVrrp(): Promise<void> {
    await shell(`ip netns exec ${this.bridge.netns} nft delete table bridge lab`);
  }

  /** Ends every process in the lab and takes the lab down. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await release(this.prefix);
  }
}

export async function createLab(options: LabOptions): Promise<Lab> {
  const vip = options.vip ?? '172.25.1.100';
  const device = options.interface ?? 'eth0';
  await sweep();
  const prefix = claimPrefix();
  const subnet = vip.replace(/\d+$/, '');
  const count = (kind: string, n: number, first: number) =>
    Array.from({ length: n }, (_, i): [string, string] => [`${kind}${i + 1}`, `${subnet}${first + i}`]);
  const planned: [string, string][] = [
    ['client', `${subnet}250`],
    ...count('d', options.directors, 1),
    ...count('rs', options.servers, 101),
  ];
  const hosts = planned.map(
    ([name, address]) => new Host(name, `${prefix}-${name}`, options.addresses?.[name] ?? address, device),
  );
  const lab = new Lab(prefix, vip, hosts);
  try {
    mkdirSync(lab.directory, { recursive: true });
    await shell(buildScript(prefix, hosts, vip));
    if (options.web) {
      const servers = hosts.filter((host) => host.name.startsWith('rs'));
      await Promise.all(servers.map((host) => lab.web(host.name).start()));
    }
    return lab;
  } catch (error) {
    await lab.close();
    throw error;
  }
}

function buildScript(prefix: string, hosts: readonly Host[], vip: string): string {
  const br = `${prefix}-br`;
  const lines = [
    `ip netns add ${br}`,
    `ip -n ${br} link add br0 type bridge forward_delay 0 mcast_snooping 0`,
    `ip -n ${br} link set br0 up`,
    // Where br_netfilter is loaded, bridged packets would pass the firewall of the machine.
    `ip netns exec ${br} sh -c 'f=/proc/sys/net/bridge/bridge-nf-call-iptables; [ ! -e $f ] || echo 0 > $f'`,
  ];
  for (const { name, netns, address, device } of hosts) {
    lines.push(
      `ip netns add ${netns}`,
      `ip link add ${name} netns ${br} type veth peer name ${device} netns ${netns}`,
      `ip -n ${br} link set ${name} master br0 up`,
      `ip -n ${netns} link set lo up`,
      `ip -n ${netns} link set ${device} up`,
      `ip -n ${netns} addr add ${address}/24 dev ${device}`,
      // Packets with a partial checksum would leave an XDP program with a wrong one.
      `ip netns exec ${netns} ethtool -K ${device} tx off >/dev/null`,
    );
    if (name.startsWith('rs')) {
      // Direct routing: the server takes packets for the virtual address and is silent about it on the wire.
      lines.push(
        `ip netns exec ${netns} sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2`,
        `ip -n ${netns} addr add ${vip}/32 dev lo`,
      );
    }
  }
  return lines.join('\n');
}
