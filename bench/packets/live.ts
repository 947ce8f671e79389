// Frames through the program on one interface, from another one and back to it, all on one processor.
import { execFileSync } from 'node:child_process';
import type { Ip } from '../../src/base/ip.ts';
import { COUNTERS } from '../../src/wire/xdp/layout.ts';
import { ACK, ethernet, ipv4, SYN, tcp } from '../../test/xdp/frames.ts';
import type { BenchPrograms } from './bpf.ts';
import { byName } from './by-name.ts';
import { attrsOf, BenchPlane, CLIENT_MAC, DIRECTOR_MAC, destsOf, slotMac } from './plane.ts';

const ROUNDS = 4;
const REPEAT = 1 << 18;
const FLOOD = 1 << 24;
const GOOD_FLOWS = 1 << 10;
/** One frame in so many is of a good flow. */
const GOOD_EVERY = 16;

const VIP = '10.64.0.0' as Ip;

/** One load. Millions of frames a second, counted where they arrive. */
export interface Rate {
  readonly name: string;
  readonly best: number;
  readonly rounds: readonly number[];
  /** What the best is to reach at least. */
  readonly target: number | null;
  /** Of the frames of all rounds. */
  readonly lost: number;
  /** With good flows beside the load. */
  readonly good: {
    /** Their frames. */
    readonly sent: number;
    readonly lost: number;
    /** Frames that went to another server than the first of their flow, and flows that would do so after the load. */
    readonly moved: number;
    /** What the program dropped of all frames; others were lost in a full queue before it or behind it. */
    readonly dropped: number;
  } | null;
}

interface Load {
  readonly name: string;
  readonly flows: number;
  readonly syn?: boolean;
  /** The plane that good flows were established on. */
  readonly good?: BenchPlane;
  readonly target?: number;
}

/** What one measurement gave: the rates of its rounds. */
type Sample = Omit<Rate, 'best'>;

/** Makes a pair of interfaces and leaves it: the network namespace is to be of this process alone. */
export class Rates {
  readonly #samples: Sample[] = [];
  readonly #bpf: BenchPrograms;
  readonly #ends: { readonly client: End; readonly director: End };

  constructor(bpf: BenchPrograms) {
    this.#bpf = bpf;
    execFileSync('ip', ['link', 'add', 'client', 'type', 'veth', 'peer', 'name', 'director']);
    // Never two programs that send back: a frame of the kernel's own would go round for ever.
    const { program } = bpf.load('sink');
    this.#ends = { client: this.#end('client', program), director: this.#end('director', program) };
  }

  /** Of all that was measured, the best of each, and the sum of what was lost. */
  best(): readonly Rate[] {
    return [...byName(this.#samples)].map(([name, samples]) => {
      const rounds = samples.flatMap((each) => each.rounds);
      const sum = (of: (sample: Sample) => number) => samples.reduce((total, each) => total + of(each), 0);
      const good = {
        sent: sum((each) => each.good?.sent ?? 0),
        lost: sum((each) => each.good?.lost ?? 0),
        moved: sum((each) => each.good?.moved ?? 0),
        dropped: sum((each) => each.good?.dropped ?? 0),
      };
      return {
        name,
        best: Math.max(...rounds),
        rounds,
        target: samples[0]?.target ?? null,
        lost: sum((each) => each.lost),
        good: good.sent === 0 ? null : good,
      };
    });
  }

  measure(): void {
    const { director } = this.#ends;
    this.#measure({ name: 'dropped where it arrives', flows: 1 << 10 }, director);
    this.#put(director, this.#bpf.load('swap').program);
    this.#measure({ name: 'MAC swap', flows: 1 << 10 });
    this.#put(director, this.#bpf.load('touch').program);
    for (const flows of [1 << 10, 1 << 16])
      this.#measure({ name: `MAC swap, a look at 16 MB, ${flows} flows`, flows });
    const rr = this.#plane('rr');
    for (const flows of [1 << 10, 1 << 16]) {
      establish(rr, 198, flows);
      const name = `${flows} established flows`;
      this.#measure(flows === 1 << 16 ? { name, flows, target: 3.7 } : { name, flows });
    }
    this.#flood(rr, 'rr');
    rr.close();
    const mh = this.#plane('mh');
    this.#flood(mh, 'mh');
    mh.close();
  }

  #plane(scheduler: string): BenchPlane {
    const { director } = this.#ends;
    const plane = new BenchPlane(
      { servers: 256, services: 4 },
      { ifindex: director.ifindex, macOf: slotMac },
    );
    plane.open([{ address: VIP, attrs: attrsOf(scheduler), dests: destsOf(100) }]);
    this.#put(director, plane.xdp.program);
    return plane;
  }

  /** A good flow of rr that lost its entry would be sent to another server, but for one in a hundred. */
  #flood(plane: BenchPlane, scheduler: string): void {
    establish(plane, 203, GOOD_FLOWS);
    for (const syn of [true, false]) {
      const name = `${scheduler}, flood of ${syn ? 'SYN' : 'ACK'}, 16 M flows`;
      this.#measure({ name, flows: FLOOD, syn, good: plane, target: 3.7 });
    }
  }

  #measure({ name, flows, syn = false, good, target }: Load, sinkAt = this.#ends.client): void {
    const before = good === undefined ? null : { servers: serversOf(good), dropped: droppedBy(good) };
    const sink = this.#bpf.load('sink');
    this.#put(sinkAt, sink.program);
    const constants = [
      this.#ends.client.ifindex,
      flows - 1,
      good === undefined ? 0 : GOOD_EVERY,
      GOOD_FLOWS - 1,
      syn ? 1 : 0,
    ];
    const { program } = this.#bpf.load('source', constants);
    const totals = sink.maps['totals'] ?? -1;
    const rounds = this.#bpf.live(program, totals, TEMPLATE, ROUNDS, REPEAT);
    const memory = this.#bpf.native.mapMemory(totals, 24);
    if (typeof memory === 'number') throw new Error(`errno ${-memory}`);
    const [arrived = 0, goodArrived = 0, moved = 0] = [...new BigUint64Array(memory)].map(Number);
    const sent = ROUNDS * REPEAT;
    const after = good === undefined ? [] : serversOf(good);
    this.#samples.push({
      name,
      rounds: rounds.map((round) => (round.frames / round.nanoseconds) * 1000),
      target: target ?? null,
      lost: sent - arrived,
      good:
        good === undefined || before === null
          ? null
          : {
              sent: sent / GOOD_EVERY,
              lost: sent / GOOD_EVERY - goodArrived,
              moved: moved + after.filter((server, flow) => server !== before.servers[flow]).length,
              dropped: droppedBy(good) - before.dropped,
            },
    });
  }

  #end(name: string, program: number): End {
    execFileSync('ip', ['link', 'set', name, 'up']);
    const shown = execFileSync('ip', ['-json', 'link', 'show', name], { encoding: 'utf8' });
    const ifindex: number = JSON.parse(shown)[0].ifindex;
    const link = this.#bpf.native.attachProgram(program, ifindex, true);
    if (link < 0) throw new Error(`${name}: errno ${-link}`);
    return { ifindex, link };
  }

  #put({ link }: End, program: number): void {
    const failed = this.#bpf.native.updateLink(link, program);
    if (failed < 0) throw new Error(`errno ${-failed}`);
  }
}

/** An interface, and the descriptor of the link that has a program on it. */
interface End {
  readonly ifindex: number;
  readonly link: number;
}

/** The first flows of clients whose addresses begin with this byte. */
function establish(plane: BenchPlane, net: number, flows: number): void {
  for (let flow = 0; flow < flows; flow++) {
    const client = `${net}.${flow >> 16}.${(flow >> 8) & 255}.${flow & 255}` as Ip;
    for (const flags of [SYN, ACK]) plane.run(frameOf(client, flags));
  }
}

/** Where each good flow goes now. */
function serversOf(plane: BenchPlane): readonly string[] {
  return Array.from({ length: GOOD_FLOWS }, (_, flow) => {
    const frame = plane.run(frameOf(`203.0.${flow >> 8}.${flow & 255}` as Ip, ACK));
    return Buffer.from(frame.subarray(0, 6)).toString('hex');
  });
}

function droppedBy(plane: BenchPlane): number {
  const reasons = Object.entries(COUNTERS).filter(([name]) => name !== 'not_stored');
  return reasons.reduce((sum, [, event]) => sum + Number(plane.xdp.maps.counter(event)), 0);
}

function frameOf(source: Ip, flags: number): Uint8Array {
  const link = { destination: DIRECTOR_MAC, source: CLIENT_MAC };
  return ethernet(link, ipv4({ source, destination: VIP, protocol: 6 }, tcp(4000, 80, flags)));
}

/** What `source.bpf.c` does not write. */
const TEMPLATE = frameOf('198.0.0.0' as Ip, ACK);
