// Nanoseconds of the program for one packet, without any network.
import { type Ip, ipFamily } from '../../src/base/ip.ts';
import { ACK, ethernet, ipv4, ipv6, SYN, tcp } from '../../test/xdp/frames.ts';
import type { BenchPrograms } from './bpf.ts';
import { byName } from './by-name.ts';
import {
  attrsOf,
  BenchPlane,
  type BenchService,
  CLIENT_MAC,
  DIRECTOR_MAC,
  destOf,
  destsOf,
  LOOPBACK,
} from './plane.ts';

const ROUNDS = 4;
const REPEAT = 400_000;
const FLOWS = 1 << 16;
const FLOOD = 1 << 24;
/** The packet stays as it is. */
const SAME = 0;
/** How much more a packet may cost with many services than with one. */
const GROWTH = 1.2;

const VIP = '10.64.0.0' as Ip;
const VIP6 = '2001:db8::1' as Ip;
const link = { destination: DIRECTOR_MAC, source: CLIENT_MAC };
const frame4 = (flags: number, port = 80): Uint8Array =>
  ethernet(
    link,
    ipv4({ source: '198.51.100.7' as Ip, destination: VIP, protocol: 6 }, tcp(4000, port, flags)),
  );
const frame6 = (flags: number): Uint8Array =>
  ethernet(link, ipv6({ source: '2001:db8:c::7' as Ip, destination: VIP6, next: 6 }, tcp(4000, 80, flags)));

/** One packet, nanoseconds: the best of all rounds, of it what a program that does nothing in the same place has not. */
export interface Cost {
  readonly name: string;
  readonly total: number;
  readonly net: number;
  /** The totals of all rounds. */
  readonly rounds: readonly number[];
  /** What the net is to reach at most. */
  readonly target: number | null;
}

/** To where frames go does not matter here, but they have to be for the director when they come again. */
const WAY = { ifindex: LOOPBACK, macOf: () => DIRECTOR_MAC };

function serviceOf(
  scheduler: string,
  servers: number,
  address = VIP,
  forward: 'dr' | 'tun' = 'dr',
): BenchService {
  const tunnel = forward === 'tun' ? ({ type: 'ipip', port: 0, checksum: 'none' } as const) : null;
  return {
    address,
    attrs: attrsOf(scheduler),
    dests: destsOf(servers, { forward, tunnel }, ipFamily(address)),
  };
}

type Timeouts = ConstructorParameters<typeof BenchPlane>[2];

/** Whoever stores finds that what was there has expired: there is always room. */
const EXPIRED: Timeouts = { syn: 0, established: 0 };

function planeOf(services: readonly BenchService[], timeouts: Timeouts = {}): BenchPlane {
  const servers = services.reduce((sum, { dests }) => sum + dests.length, 0);
  const plane = new BenchPlane(
    { services: services.length, servers: 2 * servers + 1, service_keys: 4 * services.length + 1 },
    WAY,
    timeouts,
  );
  plane.open(services);
  if (timeouts === EXPIRED) plane.storeAll();
  return plane;
}

/** What one measurement gave. */
interface Sample extends Omit<Cost, 'net' | 'target'> {
  readonly floor: number;
  /** Nanoseconds, or another measurement of which the net is to be 1.2 times at most. */
  readonly target: number | string | null;
}

export class Costs {
  readonly #samples: Sample[] = [];
  readonly #bpf: BenchPrograms;
  readonly #empty: number;

  constructor(bpf: BenchPrograms) {
    this.#bpf = bpf;
    this.#empty = bpf.load('empty').program;
  }

  /** Of all that was measured, the best of each. */
  best(): readonly Cost[] {
    const all = byName(this.#samples);
    const netOf = (name: string): number => {
      const samples = all.get(name) ?? [];
      return Math.min(...samples.map(({ total }) => total)) - Math.min(...samples.map(({ floor }) => floor));
    };
    return [...all].map(([name, samples]) => {
      const target = samples[0]?.target ?? null;
      return {
        name,
        total: Math.min(...samples.map(({ total }) => total)),
        net: netOf(name),
        rounds: samples.flatMap(({ rounds }) => rounds),
        target: typeof target === 'string' ? GROWTH * netOf(target) : target,
      };
    });
  }

  measure(): void {
    const swap = this.#bpf.load('swap').program;
    this.#time('nothing', this.#empty, frame4(ACK), null);
    this.#time('MAC swap', swap, frame4(ACK), null);

    const rr = planeOf([serviceOf('rr', 10), serviceOf('rr', 10, VIP6)]);
    for (const frame of [frame4, frame6]) {
      rr.run(frame(SYN));
      rr.run(frame(ACK));
    }
    this.#time('established, DR, IPv4', rr.xdp.program, frame4(ACK), 20);
    this.#time('established, DR, IPv6', rr.xdp.program, frame6(ACK), 20);
    this.#time('no service: passed', rr.xdp.program, frame4(ACK, 22), null);

    const tun = planeOf([serviceOf('rr', 10, VIP, 'tun')]);
    tun.run(frame4(SYN));
    tun.run(frame4(ACK));
    // The packet grows, and shrinks again for the next run, without a program that does anything in between.
    const grow = this.#walker(this.#bpf.load('grow').program, SAME, frame4(ACK));
    this.#add('established, IPIP', [grow, this.#walker(tun.xdp.program, SAME, frame4(ACK))], frame4(ACK), 35);
    tun.close();

    const mh = planeOf([serviceOf('mh', 100), serviceOf('mh', 100, VIP6)]);
    this.#time('mh SYN, IPv4', mh.xdp.program, frame4(SYN), 90);
    this.#time('mh SYN, IPv6', mh.xdp.program, frame6(SYN), 90);

    const stored = planeOf([serviceOf('rr', 10)], EXPIRED);
    this.#time('rr SYN, stored', stored.xdp.program, frame4(SYN), 90);
    for (const servers of [10, 100]) {
      const wlc = planeOf([serviceOf('wlc', servers)], EXPIRED);
      this.#time(`wlc SYN, stored, ${servers} servers`, wlc.xdp.program, frame4(SYN), null);
      wlc.close();
    }

    this.#establish(rr);
    this.#walk('established, 65,536 flows', rr.xdp.program, frame4(ACK), FLOWS, null);
    this.#walk('rr SYN of 16 M flows, stored', stored.xdp.program, frame4(SYN), FLOOD, null);
    stored.close();
    const mhStored = planeOf([serviceOf('mh', 100)], EXPIRED);
    this.#walk('mh ACK of 16 M flows, stored', mhStored.xdp.program, frame4(ACK), FLOOD, null);
    mhStored.close();
    this.#walk('rr ACK of 16 M unknown flows', rr.xdp.program, frame4(ACK), FLOOD, null);
    this.#walk('rr SYN of 16 M flows, beyond the limit', rr.xdp.program, frame4(SYN), FLOOD, null);
    rr.storeAll();
    const full = this.#walker(rr.xdp.program, FLOOD, frame4(SYN));
    this.#bpf.time([full], frame4(SYN), 1, 8 * REPEAT);
    this.#walk('rr SYN of 16 M flows, table full', rr.xdp.program, frame4(SYN), FLOOD, null);
    rr.close();
    mh.close();
  }

  /** Established flows and unknown ones, of one service with so many servers and of so many services with one each. */
  measureServices(services: number): void {
    const one = planeOf([serviceOf('rr', services)]);
    const many = planeOf(
      Array.from({ length: services }, (_, n) => ({
        ...serviceOf('rr', 0, `10.64.${n >> 8}.${n & 255}` as Ip),
        dests: [destOf(n)],
      })),
    );
    this.#establish(one);
    this.#establish(many, services);
    for (const [name, flows] of [
      [`established, ${FLOWS} flows`, FLOWS],
      ['ACK of 16 M unknown flows', FLOOD],
    ] as const) {
      const few = `${name}, 1 service of ${services} servers`;
      this.#walk(few, one.xdp.program, frame4(ACK), flows, null);
      this.#walk(`${name}, ${services} services`, many.xdp.program, frame4(ACK), flows, few, services);
    }
    one.close();
    many.close();
  }

  #establish(plane: BenchPlane, services = 1): void {
    for (const flags of [SYN, ACK]) {
      const frame = frame4(flags);
      this.#bpf.time([this.#walker(plane.xdp.program, FLOWS, frame, services)], frame, 1, FLOWS);
    }
  }

  /** A program that gives `program` the packets of `flows` in turn. */
  #walker(program: number, flows: number, frame: Uint8Array, services = 1): number {
    const walk = this.#bpf.load('walk', [flows === SAME ? 0xffff_ffff : flows - 1, services, frame.length]);
    const next = walk.maps['next'];
    const key = new Uint8Array(4);
    const value = new Uint8Array(Int32Array.of(program).buffer);
    const failed = next === undefined ? -1 : this.#bpf.native.setEntry(next, key, value);
    if (failed < 0) throw new Error(`errno ${-failed}`);
    return walk.program;
  }

  #time(name: string, program: number, frame: Uint8Array, target: Sample['target']): void {
    this.#add(name, [this.#empty, program], frame, target);
  }

  #walk(
    name: string,
    program: number,
    frame: Uint8Array,
    flows: number,
    target: Sample['target'],
    services = 1,
  ): void {
    const programs = [this.#empty, program].map((each) => this.#walker(each, flows, frame, services));
    this.#add(name, programs, frame, target);
  }

  #add(name: string, programs: readonly number[], frame: Uint8Array, target: Sample['target']): void {
    const [empty, own] = this.#bpf.time(programs, frame, ROUNDS, REPEAT);
    if (empty === undefined || own === undefined) throw new Error('nothing was timed');
    this.#samples.push({ name, total: own.best, floor: empty.best, rounds: own.rounds, target });
  }
}
