import type { Mac } from '../base/mac.ts';
import { macBytes, macFromBytes } from '../base/mac.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Interfaces } from '../kernel/interfaces.ts';
import type { XdpMaps } from '../kernel/xdp-maps.ts';
import { readTable } from '../kernel/xdp-read.ts';
import { recordBytes } from '../kernel/xdp-records.ts';
import { bucketOf, type XdpRun, XdpTracer } from '../kernel/xdp-tracer.ts';
import { serviceKey } from '../model/services.ts';
import type { TraceAnswer, TraceQuestion, TraceVerdict } from '../model/trace.ts';
import type { XdpService, XdpTable } from '../model/xdp.ts';
import { openServices } from '../plan/xdp-open.ts';
import { type Traced, type TraceFlow, traceChoice } from '../plan/xdp-trace.ts';
import { encodeClientFrame } from '../wire/xdp/client-frame.ts';
import { decodeFlowWord } from '../wire/xdp/flow.ts';
import { decodeHashKeys, hashClient, hashFlow, hashTemplate, ringSlot } from '../wire/xdp/hash.ts';
import { FLOW_WAYS, INTERFACE, SERVER, SERVICE } from '../wire/xdp/layout.ts';
import { decodeServer, type XdpServerRecord } from '../wire/xdp/server.ts';
import { ticksToSeconds } from '../wire/xdp/ticks.ts';

/** From a neighbour that is none: locally administered, and nobody's. */
const CLIENT_MAC = '02:00:00:00:00:00' as Mac;

/** Runs the program on packets that nobody sent, and says where they go. What it is run with is made at the first question. */
export class XdpTrace {
  readonly #maps: XdpMaps;
  readonly #machine: Pick<Interfaces, 'ifindex' | 'mac' | 'nameOf'>;
  #tracer: XdpTracer | null = null;

  constructor(maps: XdpMaps, machine: Pick<Interfaces, 'ifindex' | 'mac' | 'nameOf'>) {
    this.#maps = maps;
    this.#machine = machine;
  }

  /** `attached` are the interfaces that the program is on. The error is a sentence. */
  ask(question: TraceQuestion, attached: readonly string[]): Result<TraceAnswer, string> {
    const dev = question.interface ?? attached[0];
    if (dev === undefined) return err('XDP is on no interface');
    if (!attached.includes(dev))
      return err(`XDP takes no packets from ${dev}: it is on ${attached.join(', ') || 'no interface'}`);
    const [ifindex, mac] = [this.#machine.ifindex(dev), this.#machine.mac(dev)];
    if (ifindex === null || mac === null) return err(`there is no interface ${dev} any more`);
    const opened = this.#open();
    if (!opened.ok) return err(`the program cannot be loaded once more: ${opened.error}`);
    const { native } = this.#maps;
    const table = readTable(this.#maps);
    for (;;) {
      const tick = native.flowTick();
      const answer = this.#run(opened.value, question, { dev, ifindex, mac, table, tick });
      // In between, a flow may have expired to one of both.
      if (native.flowTick() === tick) return answer;
    }
  }

  close(): void {
    this.#tracer?.close();
    this.#tracer = null;
  }

  #open(): Result<XdpTracer, string> {
    if (this.#tracer !== null) return ok(this.#tracer);
    const opened = XdpTracer.open(this.#maps);
    if (opened.ok) this.#tracer = opened.value;
    return opened;
  }

  #run(tracer: XdpTracer, question: TraceQuestion, at: Arrival): Result<TraceAnswer, string> {
    const service = findService(at.table, question);
    const traced = this.#choose(tracer, question, at, service);
    const frame = encodeClientFrame({ ...question, sourceMac: CLIENT_MAC, destinationMac: at.mac });
    const ran = tracer.run(frame, at.ifindex);
    if (!ran.ok) return err(`the program cannot be run: ${ran.error.message}`);
    const slot = ran.value.server ?? traced.server;
    const server = slot === null ? null : this.#server(slot);
    const verdict = this.#verdict(ran.value, server, service, at);
    if (verdict.kind === 'passed')
      return ok({ ...NOTHING, interface: at.dev, verdict, service: service?.key ?? null });
    const of = at.table.services.find((each) => each.slot === server?.service) ?? service;
    return ok({
      interface: at.dev,
      verdict,
      service: of?.key ?? null,
      scheduler: of?.attrs.scheduler ?? null,
      server: server?.key ?? null,
      choice: traced.choice,
      passedOver: traced.passedOver,
    });
  }

  /** What the program is about to choose, and why. */
  #choose(
    tracer: XdpTracer,
    question: TraceQuestion,
    { table, tick }: Arrival,
    found: XdpService | null,
  ): Traced {
    const keys = decodeHashKeys(new Uint8Array(this.#maps.memory.config));
    const client = question.source.address;
    const persistence = found?.attrs.persistence ?? null;
    const flowHash = hashFlow(keys, question);
    const templateHash =
      found === null || persistence === null
        ? null
        : hashTemplate(keys, question, persistence.prefix, found.key.port);
    tracer.copy(templateHash === null ? [flowHash] : [flowHash, templateHash]);
    const flow = this.#find(tracer, flowHash, tick);
    const template = templateHash === null ? null : this.#find(tracer, templateHash, tick);
    // A flow needs no service to be found.
    const of = found ?? table.services.find((each) => each.slot === flow.entry?.of) ?? null;
    if (of === null) return NOTHING_CHOSEN;
    const { ring, slot } = of;
    const service = tracer.maps.memory.services;
    return traceChoice({
      isTcp: question.protocol === 'tcp',
      flag: question.flag,
      service: of,
      ring: this.#maps.rings.subarray(ring.offset, ring.offset + ring.size),
      turns: new BigUint64Array(service, slot * SERVICE.size + SERVICE.at.counter, 1)[0] ?? 0n,
      connections: (server) => [tracer.maps.conns[2 * server] ?? 0, tracer.maps.conns[2 * server + 1] ?? 0],
      flow: flow.entry,
      hasRoom: flow.hasRoom,
      template: template?.entry ?? null,
      hasTemplateRoom: template?.hasRoom ?? true,
      slots: {
        connection: ringSlot(flowHash, ring.size),
        client: ringSlot(hashClient(keys, client, persistence?.prefix ?? 128), ring.size),
      },
    });
  }

  /** The entry of a hash that is alive, and whether one could be stored. */
  #find(tracer: XdpTracer, hash: bigint, tick: number) {
    const bucket = bucketOf(tracer.maps, Number(hash & BigInt(this.#maps.entries.flows - 1)));
    let entry: (TraceFlow & { readonly of: number | null }) | null = null;
    let hasRoom = false;
    for (let way = 0; way < FLOW_WAYS; way++) {
      const { server, state, expires } = decodeFlowWord(bucket[2 * way + 1] ?? 0n);
      if (expires <= tick) hasRoom = true;
      else if (entry === null && state !== 'none' && bucket[2 * way] === hash) {
        const record = this.#server(server);
        const secondsLeft = ticksToSeconds(expires - tick);
        entry = { state, server, secondsLeft, isServed: record?.state === 'in', of: record?.service ?? null };
      }
    }
    return { entry, hasRoom: hasRoom || entry !== null };
  }

  #server(slot: number): XdpServerRecord | null {
    return decodeServer(recordBytes(this.#maps.memory.servers, SERVER.size, slot));
  }

  #verdict(
    { verdict, frame, counted }: XdpRun,
    server: XdpServerRecord | null,
    service: XdpService | null,
    { ifindex, mac }: Arrival,
  ): TraceVerdict {
    if (verdict === 'drop' || verdict === 'aborted') {
      const [reason = verdict] = [...counted].filter((name) => name !== 'not_stored');
      return { kind: 'dropped', reason };
    }
    if (verdict === 'pass') {
      if (!this.#isFor(mac, ifindex)) return { kind: 'passed', because: 'not_our_mac' };
      return { kind: 'passed', because: service === null ? 'no_service' : 'not_held' };
    }
    if (server === null) throw new Error(`the program says ${verdict}, and counted it for no server`);
    const { forward, tunnel } = server.attrs;
    const way = server.path?.ifindex ?? ifindex;
    return {
      kind: 'forwarded',
      method: forward === 'tun' && tunnel !== null && tunnel.type !== 'gre' ? tunnel.type : 'dr',
      interface: this.#machine.nameOf(way) ?? `interface ${way}`,
      destinationMac: macFromBytes(frame.subarray(0, 6)),
      sourceMac: macFromBytes(frame.subarray(6, 12)),
      outer:
        forward === 'tun'
          ? { source: server.path?.outerSource ?? null, destination: server.key.address }
          : null,
    };
  }

  /** Whether the program knows the interface by this MAC. */
  #isFor(mac: Mac, ifindex: number): boolean {
    const { memory, entries } = this.#maps;
    const record = recordBytes(memory.interfaces, INTERFACE.size, ifindex % entries.interfaces);
    const known = new DataView(record.buffer).getUint32(INTERFACE.at.ifindex, true);
    const bytes = macBytes(mac);
    return known === ifindex && bytes.every((byte, i) => record[INTERFACE.at.mac + i] === byte);
  }
}

/** How a packet arrives, and when. */
interface Arrival {
  readonly dev: string;
  readonly ifindex: number;
  readonly mac: Mac;
  readonly table: XdpTable;
  /** Of the clock of flows. */
  readonly tick: number;
}

const NOTHING_CHOSEN: Traced = { choice: null, passedOver: null, server: null };
const NOTHING = { scheduler: null, server: null, choice: null, passedOver: null };

/** The service that a packet is for, whoever holds its address: that of its port before that of all ports. */
function findService(
  table: XdpTable,
  { protocol, destination: { address, port } }: TraceQuestion,
): XdpService | null {
  const services = openServices(table);
  const of = (wanted: number): XdpService | undefined => {
    const name = serviceKey({ kind: 'address', protocol, address, port: wanted });
    return services.find(({ key }) => serviceKey(key) === name);
  };
  return of(port) ?? of(0) ?? null;
}
