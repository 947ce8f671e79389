// Two ends of a veth, of which one forwards what arrives there: by nothing, by the kernel's routes, by IPVS, or by XDP.
import { execFileSync } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Ip } from '../../src/base/ip.ts';
import { ACK, ethernet, ipv4, tcp } from '../../test/xdp/frames.ts';
import type { BenchPrograms } from './bpf.ts';
import { attrsOf, BenchPlane, CLIENT_MAC, DIRECTOR_MAC, destsOf, slotMac } from './plane.ts';

/** Who forwards, in the order in which they take turns. */
export const FORWARDERS = ['nobody', 'kernel', 'ipvs', 'xdp'] as const;
export type Forwarder = (typeof FORWARDERS)[number];

/** What clients send: frames of so many flows. */
export interface Load {
  readonly flows: number;
  readonly syn: boolean;
}

export interface Round {
  readonly sent: number;
  readonly arrived: number;
  readonly nanoseconds: number;
}

const VIP = '10.64.0.0' as Ip;
const SERVERS = 100;
/** For frames to be made, which is done a few times faster than IPVS takes them. */
const FRAMES: Readonly<Record<Forwarder, number>> = {
  nobody: 1 << 17,
  kernel: 1 << 14,
  ipvs: 1 << 14,
  xdp: 1 << 17,
};

/** Changes the network namespace that it is in, which is to be of this process alone. */
export class IpvsBed {
  readonly #bpf: BenchPrograms;
  readonly #client: number;
  readonly #director: number;
  readonly #plane: BenchPlane;
  readonly #sinks: { readonly director: Sink; readonly client: Sink };
  /** What makes the frames of a load; it goes on where it was. */
  readonly #sources = new Map<string, number>();

  constructor(bpf: BenchPrograms) {
    this.#bpf = bpf;
    ip(
      `link add client type veth peer name director address ${DIRECTOR_MAC}`,
      'link set lo up',
      'link set client up',
      'link set director up',
      // Not 10.128.255.1/16, of which 10.128.0.0, the first server, would be a broadcast address.
      'addr add 192.0.2.1/32 dev lo',
      'route add default dev director',
      `route add ${VIP}/32 via 192.0.2.2 dev director onlink`,
      `neigh add 192.0.2.2 lladdr ${slotMac(0)} dev director nud permanent`,
      ...destsOf(SERVERS).map(
        ({ key }, slot) => `neigh add ${key.address} lladdr ${slotMac(slot)} dev director nud permanent`,
      ),
    );
    const ipv4Settings = [
      'all.rp_filter=0',
      'director.rp_filter=0',
      'all.send_redirects=0',
      'director.send_redirects=0',
    ];
    sysctl('net.ipv4.ip_forward=1', ...ipv4Settings.map((each) => `net.ipv4.conf.${each}`));
    sysctl('net.ipv6.conf.all.disable_ipv6=1');
    // veth takes frames of XDP where its other end has a program, or this.
    execFileSync('ethtool', ['-K', 'director', 'gro', 'on']);
    execFileSync('ipvsadm', ['-R'], {
      input: [
        `-A -t ${VIP}:80 -s rr\n`,
        ...destsOf(SERVERS).map(({ key }) => `-a -t ${VIP}:80 -r ${key.address}:80 -g -w 1\n`),
      ].join(''),
    });
    this.#client = ifindexOf('client');
    this.#director = ifindexOf('director');
    this.#plane = new BenchPlane({ servers: 256, services: 4 }, { ifindex: this.#director, macOf: slotMac });
    this.#plane.open([{ address: VIP, attrs: attrsOf('rr'), dests: destsOf(SERVERS) }]);
    this.#sinks = { director: this.#sink(), client: this.#sink() };
    this.#attach(this.#sinks.client.program, this.#client);
  }

  /** Has both directors know the flows of a load. */
  establish(flows: number): void {
    for (const forwarder of ['ipvs', 'xdp'] as const)
      for (const syn of [true, false]) this.#run(forwarder, { flows, syn }, flows);
  }

  /** Sends frames of a load once. */
  round(forwarder: Forwarder, load: Load): Round {
    return this.#run(forwarder, load, FRAMES[forwarder]);
  }

  close(): void {
    this.#plane.close();
  }

  #run(forwarder: Forwarder, load: Load, frames: number): Round {
    const sink = forwarder === 'nobody' ? this.#sinks.director : this.#sinks.client;
    const program = { nobody: sink.program, xdp: this.#plane.xdp.program, kernel: null, ipvs: null }[
      forwarder
    ];
    const link = program === null ? null : this.#attach(program, this.#director);
    // Where the address is not this machine's, packets for it are routed on.
    if (forwarder === 'ipvs') ip(`addr add ${VIP}/32 dev lo`);
    try {
      const source = this.#source(forwarder, load);
      const [round] = this.#bpf.live(source, sink.totals, TEMPLATE, 1, frames, 'patient');
      if (round === undefined) throw new Error('no round');
      return { sent: frames, arrived: round.frames, nanoseconds: round.nanoseconds };
    } finally {
      if (link !== null) closeSync(link);
      if (forwarder === 'ipvs') ip(`addr del ${VIP}/32 dev lo`);
    }
  }

  #source(forwarder: Forwarder, { flows, syn }: Load): number {
    const name = `${forwarder} ${flows} ${syn}`;
    const known = this.#sources.get(name);
    if (known !== undefined) return known;
    const { program } = this.#bpf.load('sound', [this.#client, flows - 1, syn ? 1 : 0, HEADER_SUM]);
    this.#sources.set(name, program);
    return program;
  }

  #sink(): Sink {
    const { program, maps } = this.#bpf.load('sink');
    return { program, totals: maps['totals'] ?? -1 };
  }

  #attach(program: number, ifindex: number): number {
    const link = this.#bpf.native.attachProgram(program, ifindex, true);
    if (link < 0) throw new Error(`errno ${-link}`);
    return link;
  }
}

interface Sink {
  readonly program: number;
  readonly totals: number;
}

function ip(...lines: readonly string[]): void {
  execFileSync('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` });
}

function sysctl(...settings: readonly string[]): void {
  execFileSync('sysctl', ['-qw', ...settings]);
}

function ifindexOf(name: string): number {
  const shown = execFileSync('ip', ['-json', 'link', 'show', name], { encoding: 'utf8' });
  return JSON.parse(shown)[0].ifindex;
}

const TEMPLATE = ethernet(
  { destination: DIRECTOR_MAC, source: CLIENT_MAC },
  ipv4({ source: '198.0.0.0' as Ip, destination: VIP, protocol: 6 }, tcp(4000, 80, ACK)),
);

/** As sound.bpf.c has it: bytes 10 to 16 are the checksum and the source. */
const HEADER_SUM = Array.from({ length: 10 }, (_, i) => 2 * i)
  .filter((at) => at < 10 || at > 14)
  .reduce((sum, at) => sum + (TEMPLATE[14 + at] ?? 0) + 256 * (TEMPLATE[15 + at] ?? 0), 0);
