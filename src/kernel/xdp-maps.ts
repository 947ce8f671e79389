import { closeSync } from 'node:fs';
import { err, ok, type Result } from '../base/result.ts';
import {
  CONFIG,
  COUNTED,
  MAPS,
  SERVER,
  SERVICE,
  SERVICE_KEY,
  TRAFFIC,
  type XdpMapName,
} from '../wire/xdp/layout.ts';
import { type Records, recordsOf } from '../wire/xdp/records.ts';
import { type KernelError, kernelError } from './error.ts';
import type { NativeXdp } from './xdp-native.ts';

type ArrayName = Exclude<XdpMapName, 'service_keys'>;

const ARRAYS = Object.keys(MAPS).filter((name) => name !== 'service_keys') as readonly ArrayName[];

/** The maps of the program: arrays as memory, and the hash of service keys by its descriptor. */
export class XdpMaps {
  readonly native: NativeXdp;
  readonly fds: Readonly<Record<XdpMapName, number>>;
  readonly entries: Readonly<Record<XdpMapName, number>>;
  readonly memory: Readonly<Record<ArrayName, ArrayBuffer>>;
  readonly services: Records;
  readonly servers: Records;
  readonly rings: Uint32Array;
  /** An active and an inactive count for every server. */
  readonly conns: Uint32Array;
  readonly traffic: BigUint64Array;
  readonly counters: BigUint64Array;

  private constructor(
    native: NativeXdp,
    fds: Readonly<Record<XdpMapName, number>>,
    entries: Readonly<Record<XdpMapName, number>>,
    memory: Readonly<Record<ArrayName, ArrayBuffer>>,
  ) {
    this.native = native;
    this.fds = fds;
    this.entries = entries;
    this.memory = memory;
    this.services = recordsOf(memory.services, SERVICE.size);
    this.servers = recordsOf(memory.servers, SERVER.size);
    this.rings = new Uint32Array(memory.rings);
    this.conns = new Uint32Array(memory.conns);
    this.traffic = new BigUint64Array(memory.traffic);
    this.counters = new BigUint64Array(memory.counters);
  }

  /** Takes the descriptors, also where it fails. */
  static open(native: NativeXdp, fds: Readonly<Record<XdpMapName, number>>): Result<XdpMaps, KernelError> {
    const entries = {} as Record<XdpMapName, number>;
    const memory = {} as Record<ArrayName, ArrayBuffer>;
    const failed = (errno: number): Result<never, KernelError> => {
      for (const fd of Object.values(fds)) closeSync(fd);
      return err(kernelError(-errno));
    };
    for (const [name, fd] of Object.entries(fds) as [XdpMapName, number][]) {
      const shape = native.mapShape(fd);
      if (typeof shape === 'number') return failed(shape);
      entries[name] = shape.entries;
    }
    for (const name of ARRAYS) {
      const mapped = native.mapMemory(fds[name], entries[name] * MAPS[name].valueSize);
      if (typeof mapped === 'number') return failed(mapped);
      memory[name] = mapped;
    }
    return ok(new XdpMaps(native, fds, entries, memory));
  }

  /** What a server was sent on all processors: connections, packets, bytes. */
  trafficOf(server: number): readonly [conns: bigint, packets: bigint, bytes: bigint] {
    let [conns, packets, bytes] = [0n, 0n, 0n];
    for (let part = server; part < this.entries.traffic; part += this.entries.servers) {
      const at = (part * TRAFFIC.size) / 8;
      conns += this.traffic[at] ?? 0n;
      packets += this.traffic[at + 1] ?? 0n;
      bytes += this.traffic[at + 2] ?? 0n;
    }
    return [conns, packets, bytes];
  }

  /** Zeroes what a server was sent. */
  clearTraffic(server: number): void {
    for (let part = server; part < this.entries.traffic; part += this.entries.servers) {
      const at = (part * TRAFFIC.size) / 8;
      for (let i = at; i < at + 3; i++) if (this.traffic[i] !== 0n) this.traffic[i] = 0n;
    }
  }

  /** What the program counted of an event (COUNTERS) on all processors. */
  counter(event: number): bigint {
    let sum = 0n;
    for (let i = event; i < this.counters.length; i += COUNTED.size / 8) sum += this.counters[i] ?? 0n;
    return sum;
  }

  /** Every service key with its value. */
  keys(): readonly (readonly [key: Uint8Array, value: number])[] {
    const entries = this.native.getEntries(this.fds.service_keys, SERVICE_KEY.size, 4);
    if (typeof entries === 'number') throw new Error(`service_keys: ${kernelError(-entries).message}`);
    return entries.map(([key, value]) => [key, new DataView(value.buffer).getUint32(0, true)]);
  }

  setKey(key: Uint8Array, value: number): Result<void, KernelError> {
    const bytes = new Uint8Array(Uint32Array.of(value).buffer);
    return this.#changed(this.native.setEntry(this.fds.service_keys, key, bytes));
  }

  deleteKey(key: Uint8Array): Result<void, KernelError> {
    return this.#changed(this.native.deleteEntry(this.fds.service_keys, key));
  }

  /** What the program noted of keys holds no longer. */
  #changed(errno: number): Result<void, KernelError> {
    Atomics.add(new Uint32Array(this.memory.config), CONFIG.at.key_changes / 4, 1);
    return outcome(errno);
  }

  /** Empties `count` buckets from one on; see NativeXdp. */
  sweep(from: number, count: number, gone: Uint8Array | null): number {
    return this.native.sweepFlows(this.memory.flows, this.memory.conns, from, count, gone);
  }

  close(): void {
    for (const fd of Object.values(this.fds)) closeSync(fd);
  }
}

const outcome = (errno: number): Result<void, KernelError> =>
  errno < 0 ? err(kernelError(-errno)) : ok(undefined);
