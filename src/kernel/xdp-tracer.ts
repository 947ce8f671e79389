import { closeSync } from 'node:fs';
import { err, ok, type Result } from '../base/result.ts';
import { COUNTERS, FLOW_WAYS, MAPS, TRAFFIC } from '../wire/xdp/layout.ts';
import { type KernelError, kernelError } from './error.ts';
import { constants, OBJECT, refused } from './xdp.ts';
import { XdpMaps } from './xdp-maps.ts';

/** XDP_… of linux/bpf.h. */
const VERDICTS = ['aborted', 'drop', 'pass', 'tx', 'redirect'] as const;

/** What became of a packet. */
export interface XdpRun {
  readonly verdict: (typeof VERDICTS)[number];
  /** The frame as the program left it. */
  readonly frame: Uint8Array;
  /** The slot of the server that was counted as having been sent it; null for none. */
  readonly server: number | null;
  /** What else was counted. */
  readonly counted: ReadonlySet<keyof typeof COUNTERS>;
}

/**
 * A second instance of the program, on no interface, that reads the maps of the first and writes to copies of its own:
 * what it is run on leaves no trace. It takes as much memory as the flow table.
 */
export class XdpTracer {
  readonly #real: XdpMaps;
  readonly #copy: XdpMaps;
  readonly #program: number;
  #copied: readonly number[] = [];

  private constructor(real: XdpMaps, copy: XdpMaps, program: number) {
    this.#real = real;
    this.#copy = copy;
    this.#program = program;
  }

  static open(real: XdpMaps): Result<XdpTracer, string> {
    const { native, fds, entries } = real;
    const { interfaces, service_keys, servers, rings } = fds;
    const loaded = native.loadObject(OBJECT, {
      // Servers are counted in one place, whatever the processor: its part begins at 0 times the processor.
      constants: constants(entries.flows, 0),
      maps: { interfaces, service_keys, servers, rings },
      entries: {
        config: entries.config,
        hints: entries.hints,
        services: entries.services,
        conns: entries.conns,
        flows: entries.flows,
        marks: entries.marks,
        stored: entries.stored,
        traffic: entries.servers,
        counters: entries.counters,
      },
    });
    if ('error' in loaded) return err(refused(loaded.error, loaded.log).message);
    const maps = XdpMaps.open(native, loaded.maps);
    if (maps.ok) return ok(new XdpTracer(real, maps.value, loaded.program));
    closeSync(loaded.program);
    return err(maps.error.message);
  }

  /** Copies what the program may write to, and of the flows the buckets of these hashes. To be done before each run. */
  copy(hashes: readonly bigint[]): void {
    const { memory, traffic, counters } = this.#copy;
    for (const name of ['config', 'services', 'conns'] as const)
      new Uint8Array(memory[name]).set(new Uint8Array(this.#real.memory[name]));
    traffic.fill(0n);
    counters.fill(0n);
    for (const bucket of this.#copied) bucketOf(this.#copy, bucket).fill(0n);
    this.#copied = hashes.map((hash) => Number(hash & BigInt(this.#real.entries.flows - 1)));
    for (const bucket of this.#copied) {
      const from = bucketOf(this.#real, bucket);
      const to = bucketOf(this.#copy, bucket);
      // The word before the tag, as flow.h has it: the program may be writing it.
      for (let way = 0; way < FLOW_WAYS; way++) {
        to[2 * way + 1] = Atomics.load(from, 2 * way + 1);
        to[2 * way] = Atomics.load(from, 2 * way);
      }
      marksOf(this.#copy)[bucket] = marksOf(this.#real)[bucket] ?? 0;
    }
  }

  /** The copies. */
  get maps(): XdpMaps {
    return this.#copy;
  }

  /** Runs the program on a frame as if it came in by this interface. */
  run(frame: Uint8Array, ifindex: number): Result<XdpRun, KernelError> {
    const ran = this.#copy.native.runProgram(this.#program, frame, 1, ifindex);
    if (typeof ran === 'number') return err(kernelError(-ran));
    const { traffic } = this.#copy;
    const words = TRAFFIC.size / 8;
    let server: number | null = null;
    for (let at = TRAFFIC.at.packets / 8; at < traffic.length; at += words)
      if (traffic[at] !== 0n) server = Math.floor(at / words);
    const names = Object.keys(COUNTERS) as (keyof typeof COUNTERS)[];
    return ok({
      verdict: VERDICTS[ran.verdict] ?? 'aborted',
      frame: ran.packet,
      server,
      counted: new Set(names.filter((name) => this.#copy.counter(COUNTERS[name]) > 0n)),
    });
  }

  close(): void {
    this.#copy.close();
    closeSync(this.#program);
  }
}

/** By bucket. */
const marksOf = (maps: XdpMaps): Uint32Array => new Uint32Array(maps.memory.marks);

/** The entries of a bucket of flows: a tag and a word each. */
export const bucketOf = (maps: XdpMaps, bucket: number): BigUint64Array =>
  new BigUint64Array(maps.memory.flows, bucket * MAPS.flows.valueSize, 2 * FLOW_WAYS);
