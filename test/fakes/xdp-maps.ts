import assert from 'node:assert/strict';
import type { Ip } from '../../src/base/ip.ts';
import { never } from '../../src/base/never.ts';
import { serviceKey } from '../../src/model/services.ts';
import type {
  XdpCounters,
  XdpCounts,
  XdpOp,
  XdpServer,
  XdpService,
  XdpTable,
  XdpTraffic,
} from '../../src/model/xdp.ts';

type Kept<T> = { -readonly [K in keyof T]: T[K] };
type ServiceSlot = Kept<Omit<XdpService, 'servers'>> & { folded: XdpTraffic };
interface ServerSlot {
  server: XdpServer;
  service: number;
  isRetired: boolean;
  traffic: XdpTraffic;
  flows: number;
}

const NOTHING: XdpTraffic = { conns: 0n, packets: 0n, bytes: 0n };

/** The maps of the data plane in memory. A write that no order of writes may bring about throws. */
export class FakeXdpMaps {
  readonly room: XdpTable['room'];
  readonly rings: Uint32Array;
  readonly keys = new Map<string, number>();
  readonly addresses = new Map<Ip, boolean>();
  counts: XdpCounts = { unowned: 0, anyPort: 0 };
  readonly #services = new Map<number, ServiceSlot>();
  readonly #servers = new Map<number, ServerSlot>();

  constructor(room: XdpTable['room']) {
    this.room = room;
    this.rings = new Uint32Array(room.words);
  }

  get table(): XdpTable {
    const servers = [...this.#servers].sort(([a], [b]) => a - b);
    return {
      room: this.room,
      services: [...this.#services.values()]
        .sort((a, b) => a.slot - b.slot)
        .map(({ folded: _, ...service }) => ({
          ...service,
          servers: servers.flatMap(([, each]) =>
            each.service === service.slot && !each.isRetired ? [each.server] : [],
          ),
        })),
      open: new Set(this.keys.values()),
      retired: servers.flatMap(([slot, { isRetired }]) => (isRetired ? [slot] : [])),
      addresses: new Map(this.addresses),
      counts: this.counts,
    };
  }

  get counters(): XdpCounters {
    const used = [...this.#servers].filter(([, { isRetired }]) => !isRetired);
    return {
      flowTableSize: 4096,
      servers: new Map(
        used.map(([slot, { traffic, flows }]) => [slot, { traffic, active: flows, inactive: 0 }]),
      ),
      folded: new Map([...this.#services].map(([slot, { folded }]) => [slot, folded])),
    };
  }

  /** Slots of servers that the program can choose for the service of this key. */
  ring(key: string): readonly number[] {
    const { offset, size } = this.#service(this.keys.get(key)).ring;
    return [...this.rings.subarray(offset, offset + size)];
  }

  /** A connection of so many bytes in one packet goes to the server in this slot. */
  serve(slot: number, bytes: bigint): void {
    const each = this.#server(slot);
    const { conns, packets, bytes: before } = each.traffic;
    each.traffic = { conns: conns + 1n, packets: packets + 1n, bytes: before + bytes };
    each.flows++;
  }

  write(op: XdpOp): void {
    switch (op.op) {
      case 'deleteKey':
        assert.ok(this.keys.delete(serviceKey(op.key)));
        return;
      case 'putKey':
        assert.ok(!this.keys.has(serviceKey(op.key)) && this.#services.has(op.service));
        this.keys.set(serviceKey(op.key), op.service);
        return;
      case 'clearFlows':
        for (const slot of op.servers) {
          assert.ok(this.#server(slot).isRetired);
          this.#servers.delete(slot);
        }
        return;
      case 'putServer': {
        const { slot } = op.server;
        assert.ok(slot < this.room.servers && !this.#servers.has(slot), `slot ${slot} is in use`);
        this.#servers.set(slot, { ...op, isRetired: false, traffic: NOTHING, flows: 0 });
        return;
      }
      case 'setServer': {
        const each = this.#server(op.server.slot);
        assert.ok(!each.isRetired);
        each.server = op.server;
        return;
      }
      case 'retireServer':
        this.#server(op.slot).isRetired = true;
        return;
      case 'foldTraffic': {
        const [each, { folded }] = [this.#server(op.server), this.#service(op.into)];
        const { conns, packets, bytes } = each.traffic;
        this.#service(op.into).folded = {
          conns: folded.conns + conns,
          packets: folded.packets + packets,
          bytes: folded.bytes + bytes,
        };
        each.traffic = NOTHING;
        return;
      }
      case 'putService':
        assert.ok(op.slot < this.room.services && !this.#services.has(op.slot));
        this.#services.set(op.slot, { ...op.service, slot: op.slot, folded: NOTHING });
        return;
      case 'setService':
        this.#service(op.slot).attrs = op.attrs;
        return;
      case 'freeService':
        assert.ok(![...this.#servers.values()].some((each) => each.service === op.slot && !each.isRetired));
        assert.ok(![...this.keys.values()].includes(op.slot));
        this.#services.delete(this.#service(op.slot).slot);
        return;
      case 'writeRing': {
        const { offset, size } = op.region;
        assert.ok(size === op.words.length && offset + size <= this.room.words);
        for (const { ring, ringOf } of this.#services.values()) {
          // A ring is written over only where it is known to be none, and never beyond its end.
          const isOver = ring.offset === offset && size <= ring.size && ringOf === 0;
          assert.ok(isOver || ring.offset + ring.size <= offset || offset + size <= ring.offset, 'in use');
        }
        this.rings.set(op.words, offset);
        return;
      }
      case 'flip':
        Object.assign(this.#service(op.service), { ring: op.ring, ringOf: op.ringOf });
        return;
      case 'own':
        this.#service(op.service).isOwned = op.isOwned;
        return;
      case 'putAddress':
        this.addresses.set(op.address, op.isHeld);
        return;
      case 'deleteAddress':
        assert.ok(this.addresses.delete(op.address));
        return;
      case 'setCounts':
        this.counts = op.counts;
        return;
      default:
        never(op);
    }
  }

  #service(slot: number | undefined): ServiceSlot {
    const service = slot === undefined ? undefined : this.#services.get(slot);
    assert.ok(service !== undefined, `no service is at ${slot}`);
    return service;
  }

  #server(slot: number): ServerSlot {
    const server = this.#servers.get(slot);
    assert.ok(server !== undefined, `no server is at ${slot}`);
    return server;
  }
}
