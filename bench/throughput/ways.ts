import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BPFFS } from '../../src/kernel/bpffs.ts';
import { removeXdp } from '../../src/kernel/xdp.ts';
import { Outside } from '../../test/lab/outside.ts';
import { shell } from '../../test/lab/shell.ts';
import { Director } from '../../test/support/director.ts';
import { attachHop } from '../bed/hop.ts';
import { type Bed, GUE_PORT, PORTS, type Site } from './bed.ts';

/** What balances, while it does. */
export interface Balancer {
  /** Its processes; their children need not be named. */
  readonly processes: readonly number[];
  stop(): Promise<void>;
}

/** A way from the client to the server, by a director. */
export interface Way {
  readonly name: string;
  /** Why it is left out of UDP, or null. */
  readonly withoutUdp: string | null;
  /** What it needs and this machine has not, or null. */
  missing(): string | null;
  start(bed: Bed, site: Site): Promise<Balancer>;
}

const addAddress = ({ director, vip }: Site) =>
  shell(`ip -n ${director.netns} addr add ${vip}/24 dev ${director.device}`);

const nothing = async (): Promise<void> => undefined;

/** An XDP program that sends everything to the one server, and nothing else: what the way through the director costs in this lab. */
export const HOP: Way = {
  name: 'XDP hop',
  withoutUdp: null,
  missing: () => null,
  async start({ lab, server }, site) {
    await addAddress(site);
    await attachHop(lab, site.director, site.vip, server, 'always');
    return { processes: [], stop: nothing };
  },
};

/** A program that takes connections itself, started by these words with its configuration's file behind them. */
function proxy(
  name: string,
  words: readonly string[],
  needs: string,
  withoutUdp: string | null,
  print: (bed: Bed, vip: string, directory: string) => string,
): Way {
  return {
    name,
    withoutUdp,
    missing: () => (existsSync(needs) ? null : `left out: ${needs} is missing`),
    async start(bed, site) {
      const directory = path.join(bed.lab.directory, name.replaceAll(' ', '-'));
      const file = path.join(directory, 'conf');
      mkdirSync(directory, { recursive: true });
      writeFileSync(file, print(bed, site.vip, directory));
      await addAddress(site);
      const [command = '', ...args] = [...words, file];
      const child = site.director.spawn(command, args);
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (piece) => {
          said += String(piece);
        });
      const exited = new Promise((resolve) => child.once('exit', resolve));
      await Promise.race([bed.answers(site.vip, withoutUdp === null), exited]);
      if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${said}`);
      return {
        processes: child.pid === undefined ? [] : [child.pid],
        async stop() {
          child.kill('SIGTERM');
          await exited;
        },
      };
    },
  };
}

export const HAPROXY = proxy(
  'haproxy',
  ['haproxy', '-db', '-f'],
  '/usr/sbin/haproxy',
  'left out: haproxy has no UDP',
  ({ servers }, vip) => `global
  nbthread 1
  maxconn 4096
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen web
  bind ${vip}:${PORTS.tcp} backlog 16384
  balance roundrobin
${servers.map((address, i) => `  server s${i} ${address}:${PORTS.tcp} check inter 5s\n`).join('')}`,
);

const STREAM = '/usr/lib/nginx/modules/ngx_stream_module.so';

export const NGINX = proxy('nginx', ['nginx', '-c'], STREAM, null, ({ servers }, vip, directory) => {
  const pool = (protocol: 'tcp' | 'udp') =>
    `  upstream ${protocol} { ${servers.map((address) => `server ${address}:${PORTS[protocol]};`).join(' ')} }\n`;
  return `load_module ${STREAM};
user root; daemon off; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log;
events { worker_connections 8192; }
stream {
${pool('tcp')}${pool('udp')}  server { listen ${vip}:${PORTS.tcp} backlog=16384; proxy_pass tcp; }
  server { listen ${vip}:${PORTS.udp} udp; proxy_pass udp; }
}
`;
});

/** How packets get to the server. What the names of ways do not say is by direct routing. */
const FORWARDS = {
  dr: { yaml: 'dr', ipvsadm: '-g', servers: ({ servers }: Bed) => servers },
  nat: { yaml: 'nat', ipvsadm: '-m', servers: (_: Bed, { routed }: Site) => [routed] },
  ipip: { yaml: 'tun', ipvsadm: '-i', servers: ({ tunnelled }: Bed) => tunnelled },
  gue: {
    yaml: `tun\n    tunnel: { type: gue, port: ${GUE_PORT} }`,
    ipvsadm: `-i --tun-type gue --tun-port ${GUE_PORT}`,
    servers: ({ tunnelled }: Bed) => tunnelled,
  },
} as const satisfies Readonly<Record<string, Forward>>;

interface Forward {
  readonly yaml: string;
  readonly ipvsadm: string;
  servers(bed: Bed, site: Site): readonly string[];
}

const ipvsadm = (name: string, forward: Forward): Way => ({
  name,
  withoutUdp: null,
  missing: () => null,
  async start(bed, site) {
    const { director, vip } = site;
    const services = [`-t ${vip}:${PORTS.tcp}`, `-u ${vip}:${PORTS.udp}`];
    const lines = services.flatMap((service) => [
      `-A ${service} -s rr`,
      ...forward.servers(bed, site).map((address) => `-a ${service} -r ${address} ${forward.ipvsadm}`),
    ]);
    await addAddress(site);
    await shell(`ip netns exec ${director.netns} ipvsadm -R <<'END'\n${lines.join('\n')}\nEND`);
    return { processes: [], stop: nothing };
  },
});

const SCHEDULERS = { rr: 'rr', mh: 'mh\n    scheduler_flags: [mh-port]' } as const;

/** lbd as it is shipped, with checks. */
function lbd(
  name: string,
  dataplane: 'xdp' | 'ipvs',
  scheduler: keyof typeof SCHEDULERS,
  forward: Forward,
): Way {
  return {
    name,
    withoutUdp: null,
    missing: () => null,
    async start(bed, site) {
      const { director, vip } = site;
      const own = new Director(Outside.of(director), path.join(bed.lab.directory, name.replaceAll(' ', '-')));
      const service = (protocol: 'tcp' | 'udp', check: string) => `  ${protocol}:
    address: ${vip}
    port: ${PORTS[protocol]}
    protocol: ${protocol}
    scheduler: ${SCHEDULERS[scheduler]}
    forward: ${forward.yaml}
${check}    servers: [${forward.servers(bed, site).join(', ')}]
`;
      own.configure(`net_namespace: ${director.netns}
dataplane: ${dataplane}
${dataplane === 'xdp' ? `xdp: { interfaces: [${director.device}] }\n` : ''}static_addresses: [${vip}/24 dev ${director.device}]
services:
${service('tcp', '    check: { type: tcp, interval: 5s }\n')}${service('udp', '')}`);
      if (dataplane === 'xdp') await bed.lab.takeFromXdp([director.name]);
      own.start();
      return {
        processes: [own.pid],
        async stop() {
          await own.stop();
        },
      };
    },
  };
}

const { dr, nat, ipip, gue } = FORWARDS;
export const LBD_XDP = lbd('lbd', 'xdp', 'rr', dr);
export const LBD_XDP_MH = lbd('lbd mh', 'xdp', 'mh', dr);
export const LBD_XDP_TUNNELS = [lbd('lbd, IPIP', 'xdp', 'rr', ipip), lbd('lbd, GUE', 'xdp', 'rr', gue)];

/** IPVS by every way of forwarding: programmed by ipvsadm, and by lbd. */
export const IPVS: readonly { readonly peer: Way; readonly own: Way }[] = [
  { peer: ipvsadm('IPVS by ipvsadm', dr), own: lbd('lbd IPVS', 'ipvs', 'rr', dr) },
  { peer: ipvsadm('IPVS by ipvsadm, NAT', nat), own: lbd('lbd IPVS, NAT', 'ipvs', 'rr', nat) },
  { peer: ipvsadm('IPVS by ipvsadm, IPIP', ipip), own: lbd('lbd IPVS, IPIP', 'ipvs', 'rr', ipip) },
];

/** Gives what removes all that a director of this site, were it killed, would leave pinned; the site need not stand any more then. */
export function unpinning({ director }: Site): () => void {
  const pins = `${BPFFS}/lbd/net-${statSync(`/run/netns/${director.netns}`).ino}`;
  return () => removeXdp(pins);
}
