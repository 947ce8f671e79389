import type { Family, Ip } from '../../src/base/ip.ts';
import type { Mac } from '../../src/base/mac.ts';
import { xdpKeys } from '../../src/daemon/xdp-keys.ts';
import { closeXdp, configureXdp, openXdp, type Xdp } from '../../src/kernel/xdp.ts';
import { writeInterface } from '../../src/kernel/xdp-links.ts';
import { readTable } from '../../src/kernel/xdp-read.ts';
import { writePath, writeXdp } from '../../src/kernel/xdp-write.ts';
import type { IpvsOp } from '../../src/model/ops.ts';
import {
  type DesiredService,
  type Dest,
  type DestAttrs,
  destKey,
  type ServiceAttrs,
  type ServiceKey,
  serviceKey,
} from '../../src/model/services.ts';
import { newXdpMemory, planXdp } from '../../src/plan/xdp.ts';
import { configuredServers } from '../../src/plan/xdp-configured.ts';
import { CONFIG, type XdpMapName } from '../../src/wire/xdp/layout.ts';

export const DIRECTOR_MAC = '02:00:00:00:00:01' as Mac;
export const CLIENT_MAC = '02:00:00:00:00:02' as Mac;
/** The interface that BPF_PROG_TEST_RUN says packets come from. */
export const LOOPBACK = 1;

const TIMEOUTS = { syn: 20, established: 900, fin: 120, udp: 300, sctp: 900, fragment: 30 };

export interface BenchService {
  readonly address: Ip;
  readonly attrs: ServiceAttrs;
  readonly dests: readonly Dest[];
}

export function attrsOf(scheduler: string): ServiceAttrs {
  // Flag 2 of mh and sh: the port counts.
  const schedulerFlags = scheduler === 'mh' ? ([2] as const) : [];
  return { scheduler, schedulerFlags, persistence: null, onePacket: false };
}

/** The server of that number, of the family of a service. */
export function destOf(n: number, attrs: Partial<DestAttrs> = {}, family: Family = 'inet'): Dest {
  const address =
    family === 'inet' ? `10.${128 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}` : `2001:db8:5::${hex4(n)}`;
  return {
    key: { address: address as Ip, port: 80 },
    attrs: { weight: 1, forward: 'dr', upperThreshold: 0, lowerThreshold: 0, tunnel: null, ...attrs },
  };
}

export const destsOf = (count: number, attrs: Partial<DestAttrs> = {}, family: Family = 'inet'): Dest[] =>
  Array.from({ length: count }, (_, n) => destOf(n, attrs, family));

const hex4 = (n: number): string => (n + 1).toString(16);

export const keyOf = (address: Ip): ServiceKey => ({ kind: 'address', protocol: 'tcp', address, port: 80 });

export const opening = ({ address, attrs, dests }: BenchService): IpvsOp[] => [
  { op: 'newService', service: { key: keyOf(address), attrs } },
  ...dests.map((dest) => ({ op: 'newDest', of: keyOf(address), dest }) as const),
];

/** Where frames for a server leave, and to which MAC address. */
interface Way {
  readonly ifindex: number;
  readonly macOf: (slot: number) => Mac;
}

/** The last three bytes are the slot of the server. */
export const slotMac = (slot: number): Mac =>
  `02:00:01:${hex(slot >> 16)}:${hex(slot >> 8)}:${hex(slot)}` as Mac;

const hex = (n: number): string => (n & 255).toString(16).padStart(2, '0');

/** The shipped program with maps that were filled by the shipped plan, on no interface yet. */
export class BenchPlane {
  readonly xdp: Xdp;
  /** Milliseconds that the last change took to be planned, reading the maps included, and to be written. */
  took = { plan: 0, write: 0 };
  readonly #way: Way;
  readonly #configured = new Map<string, Pick<DesiredService, 'key' | 'dests'>>();
  #memory = newXdpMemory();

  constructor(
    entries: Partial<Record<XdpMapName, number>>,
    way: Way,
    timeouts: Partial<typeof TIMEOUTS> = {},
  ) {
    const opened = openXdp({ directory: null, entries });
    if (!opened.ok) throw new Error(opened.error.message);
    this.xdp = opened.value;
    this.#way = way;
    configureXdp(this.xdp, { keys: xdpKeys(null), timeouts: { ...TIMEOUTS, ...timeouts } });
    for (const ifindex of new Set([LOOPBACK, way.ifindex]))
      writeInterface(this.xdp, { ifindex, mac: DIRECTOR_MAC, takesVirtualMacs: false });
  }

  /** Stores every new connection, as if there were no floods. */
  storeAll(): void {
    Atomics.store(new Uint32Array(this.xdp.maps.memory.config), CONFIG.at.new_flows / 4, 0xffff_ffff);
  }

  /** Services as a file has them, all of their servers well. */
  open(services: readonly BenchService[]): void {
    for (const { address, dests } of services) this.configure(address, dests);
    this.perform(services.flatMap(opening));
  }

  /** What the file says that a service has. */
  configure(address: Ip, dests: readonly Dest[]): void {
    const key = keyOf(address);
    this.#configured.set(serviceKey(key), { key, dests });
  }

  perform(ops: readonly IpvsOp[]): void {
    const { maps } = this.xdp;
    const from = performance.now();
    const table = readTable(maps);
    const held = new Set([
      ...table.services.map(({ key }) => key.address),
      ...ops.flatMap((op) =>
        op.op === 'newService' && op.service.key.kind === 'address' ? [op.service.key.address] : [],
      ),
    ]);
    const change = {
      table,
      ops,
      memory: this.#memory,
      configured: configuredServers([...this.#configured.values()]),
      held,
      reviewsAll: true,
    };
    const plan = planXdp(change);
    const planned = performance.now();
    this.#memory = plan.memory;
    const refused = plan.results.find((result) => !result.ok);
    if (refused !== undefined && !refused.ok) throw new Error(refused.error.message);
    for (const write of plan.writes) {
      const written = writeXdp(maps, write);
      if (!written.ok) throw new Error(`${write.op}: ${written.error.message}`);
    }
    this.took = { plan: planned - from, write: performance.now() - planned };
    for (const write of plan.writes) if (write.op === 'putServer') this.#reach(write.server.slot);
  }

  /** By slot, the address of each server that is in the maps. */
  servers(): ReadonlyMap<number, string> {
    const all = readTable(this.xdp.maps).services.flatMap(({ servers }) => servers);
    return new Map(all.map(({ slot, key }) => [slot, destKey(key)]));
  }

  /** Runs the program on one frame; gives what became of it. */
  run(frame: Uint8Array): Uint8Array {
    const ran = this.xdp.maps.native.runProgram(this.xdp.program, frame, 1);
    if (typeof ran === 'number') throw new Error(`BPF_PROG_TEST_RUN: errno ${-ran}`);
    return ran.packet;
  }

  close(): void {
    closeXdp(this.xdp);
  }

  #reach(slot: number): void {
    writePath(this.xdp.maps, slot, {
      ifindex: this.#way.ifindex,
      source: DIRECTOR_MAC,
      destination: this.#way.macOf(slot),
      mtu: 1500,
      outerSource: '192.0.2.1' as Ip,
    });
  }
}
