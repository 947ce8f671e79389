import assert from 'node:assert/strict';
import { type Ip, ipFamily } from '../../src/base/ip.ts';
import type { Mac } from '../../src/base/mac.ts';
import { closeXdp, configureXdp, openXdp, type Xdp } from '../../src/kernel/xdp.ts';
import { writeInterface } from '../../src/kernel/xdp-links.ts';
import { writePath, writeXdp } from '../../src/kernel/xdp-write.ts';
import type { DestAttrs, Protocol, ServiceAttrs } from '../../src/model/services.ts';
import type { XdpOp } from '../../src/model/xdp.ts';
import type { XdpTimeouts } from '../../src/wire/xdp/config.ts';
import { CONFIG, COUNTERS, FLOW_STATES, FLOW_WAYS } from '../../src/wire/xdp/layout.ts';

export const OUR_MAC = '02:00:00:00:00:01' as Mac;
export const CLIENT_MAC = '02:00:00:00:00:02' as Mac;
/** The interface that BPF_PROG_TEST_RUN says packets come from. */
export const LOOPBACK = 1;

export const macOf = (server: number): Mac => `02:00:00:00:01:${server.toString(16).padStart(2, '0')}` as Mac;

export const VERDICTS = ['aborted', 'drop', 'pass', 'tx', 'redirect'] as const;

export const TIMEOUTS: XdpTimeouts = {
  syn: 20,
  established: 900,
  fin: 120,
  udp: 300,
  sctp: 900,
  fragment: 30,
};

const MASK = 0xffff_ffff_ffff_ffffn;

/** Five keys of hashes, the last one odd. */
const KEYS = [11n, 22n, 33n, 44n, 55n].map((n) => (n * 0x9e37_79b9_7f4a_7c15n) & MASK);

export interface ServiceFields {
  readonly slot?: number;
  readonly address: Ip;
  readonly port?: number;
  readonly protocol?: Protocol;
  readonly attrs?: Partial<ServiceAttrs>;
  readonly isOwned?: boolean;
  /** Slots of servers; the ring is as given. */
  readonly ring: readonly number[];
}

export interface ServerFields {
  readonly slot: number;
  readonly address?: Ip;
  readonly attrs?: Partial<DestAttrs>;
  readonly ifindex?: number;
  readonly mtu?: number;
  readonly outerSource?: Ip | null;
}

export interface Ran {
  readonly verdict: (typeof VERDICTS)[number];
  readonly packet: Uint8Array;
}

/** The program with maps of its own, on no interface. */
export class TestPlane {
  readonly xdp: Xdp;
  #words = 0;

  constructor(flows = 64) {
    const opened = openXdp({
      directory: null,
      entries: { flows, servers: 64, services: 16, rings: 1 << 13, service_keys: 64 },
    });
    assert.ok(opened.ok, opened.ok ? '' : opened.error.message);
    this.xdp = opened.value;
    configureXdp(this.xdp, { keys: KEYS, timeouts: TIMEOUTS });
    writeInterface(this.xdp, { ifindex: LOOPBACK, mac: OUR_MAC, takesVirtualMacs: false });
  }

  close(): void {
    closeXdp(this.xdp);
  }

  write(op: XdpOp): void {
    const written = writeXdp(this.xdp.maps, op);
    assert.ok(written.ok, op.op);
  }

  service({
    slot = 0,
    address,
    port = 80,
    protocol = 'tcp',
    attrs = {},
    isOwned = true,
    ring,
  }: ServiceFields): void {
    const key = { kind: 'address', protocol, address, port } as const;
    this.write({
      op: 'putService',
      slot,
      service: {
        key,
        attrs: { scheduler: 'rr', schedulerFlags: [], persistence: null, onePacket: false, ...attrs },
        isOwned,
        ring: { offset: 0, size: 0 },
        ringOf: 0,
      },
    });
    this.ring(slot, ring);
    this.write({ op: 'putKey', key, service: slot });
    this.write({ op: 'putAddress', address, isHeld: isOwned });
  }

  /** How many new connections are stored in a tick. */
  limitNewFlows(most: number): void {
    Atomics.store(new Uint32Array(this.xdp.maps.memory.config), CONFIG.at.new_flows / 4, most);
  }

  ring(service: number, slots: readonly number[]): void {
    const ring = { offset: this.#words, size: slots.length };
    this.#words += slots.length;
    this.write({ op: 'writeRing', region: ring, words: Uint32Array.from(slots) });
    this.write({ op: 'flip', service, ring, ringOf: 1 });
  }

  server(
    { slot, address, attrs = {}, ifindex = LOOPBACK, mtu = 1500, outerSource = null }: ServerFields,
    service = 0,
  ): void {
    this.write({
      op: 'putServer',
      service,
      server: {
        slot,
        state: 'in',
        key: { address: address ?? (`10.0.1.${slot}` as Ip), port: 80 },
        attrs: { weight: 1, forward: 'dr', upperThreshold: 0, lowerThreshold: 0, tunnel: null, ...attrs },
        configuredWeight: null,
      },
    });
    writePath(this.xdp.maps, slot, {
      ifindex,
      source: OUR_MAC,
      destination: macOf(slot),
      mtu,
      outerSource,
    });
  }

  servers(...slots: readonly number[]): void {
    for (const slot of slots) this.server({ slot });
  }

  run(packet: Uint8Array): Ran {
    const ran = this.xdp.maps.native.runProgram(this.xdp.program, packet, 1);
    assert.ok(typeof ran !== 'number', `errno ${ran}`);
    const verdict = VERDICTS[ran.verdict];
    assert.ok(verdict !== undefined);
    return { verdict, packet: ran.packet };
  }

  /** The slot of the server that a packet goes to by direct routing, or its verdict. */
  goesTo(packet: Uint8Array): number | string {
    const { verdict, packet: after } = this.run(packet);
    return verdict === 'tx' ? (after[5] ?? -1) : verdict;
  }

  counter(name: keyof typeof COUNTERS): number {
    return Number(this.xdp.maps.counter(COUNTERS[name]));
  }

  /** Connections of a server as ipvsadm shows them: active, inactive. */
  conns(server: number): readonly [number, number] {
    const { conns } = this.xdp.maps;
    return [conns[2 * server] ?? -1, conns[2 * server + 1] ?? -1];
  }

  traffic(server: number): readonly number[] {
    return this.xdp.maps.trafficOf(server).map(Number);
  }

  /** The entries of flows that are not empty: state, server and the ticks that are left. */
  flows(): readonly { readonly state: string; readonly server: number; readonly left: number }[] {
    const words = new BigUint64Array(this.xdp.maps.memory.flows);
    const names = Object.keys(FLOW_STATES);
    const now = this.xdp.maps.native.flowTick();
    return [...words.keys()].flatMap((i) => {
      const word = words[i] ?? 0n;
      if (i % 2 === 0 || word === 0n) return [];
      const state = names[Number((word >> 24n) & 0xffn)] ?? '?';
      return [{ state, server: Number(word & 0xff_ffffn), left: Number(word >> 32n) - now }];
    });
  }

  /** Makes all flows expire now, but for those that are being written. */
  expire(): void {
    const words = new BigUint64Array(this.xdp.maps.memory.flows);
    for (let i = 1; i < words.length; i += 2) {
      const word = words[i] ?? 0n;
      if ((word & 0xff00_0000n) !== 0n)
        Atomics.compareExchange(words, i, word, (word & 0xffff_ffffn) | (1n << 32n));
    }
  }

  get room(): number {
    return this.xdp.maps.entries.flows * FLOW_WAYS;
  }
}

/** An address of a family, by number. */
export const clientOf = (service: Ip, n: number): Ip =>
  (ipFamily(service) === 'inet'
    ? `198.51.${n >> 8}.${n & 255}`
    : `2001:db8:c::${(n + 1).toString(16)}`) as Ip;
