import { isDeepStrictEqual } from 'node:util';
import type { Ip } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { systemClock } from '../kernel/clock.ts';
import { type KernelError, kernelError } from '../kernel/error.ts';
import type { Interfaces } from '../kernel/interfaces.ts';
import type { NextHops } from '../kernel/neighbours.ts';
import { closeXdp, configureXdp, removeXdp, type Xdp } from '../kernel/xdp.ts';
import { readCounters, readTable } from '../kernel/xdp-read.ts';
import { writeXdp } from '../kernel/xdp-write.ts';
import type { XdpStatus } from '../model/dataplane.ts';
import type { IpvsSettingOp, IpvsTimeouts, SyncDaemon } from '../model/ipvs-settings.ts';
import type { IpvsOp } from '../model/ops.ts';
import { type ObservedService, type ObservedTable, type ServiceKey, serviceKey } from '../model/services.ts';
import type { TraceAnswer, TraceQuestion } from '../model/trace.ts';
import type { XdpTable } from '../model/xdp.ts';
import { newXdpMemory, planXdp } from '../plan/xdp.ts';
import { type ConfiguredServers, configuredServers } from '../plan/xdp-configured.ts';
import { viewXdp } from '../plan/xdp-view.ts';
import type { XdpTimeouts } from '../wire/xdp/config.ts';
import { COUNTERS } from '../wire/xdp/layout.ts';
import type { Tell } from './check-tell.ts';
import type { XdpPlane, XdpSetup } from './dataplane.ts';
import { FlowSync } from './flow-sync.ts';
import { XdpInterfaces } from './xdp-interfaces.ts';
import { xdpKeys } from './xdp-keys.ts';
import { XdpPaths } from './xdp-paths.ts';
import { ESTIMATION_MS, XdpRates } from './xdp-rates.ts';
import { XdpTrace } from './xdp-trace.ts';

/** What the plane is made of; it closes all of it. */
export interface XdpParts {
  readonly xdp: Xdp;
  /** Where maps and links are pinned. */
  readonly directory: string;
  readonly interfaces: Interfaces;
  readonly hops: NextHops;
}

/** IPVS's own (net/netfilter/ipvs/ip_vs_proto_tcp.c), but for those of which it would keep nothing here. */
const TIMEOUTS: XdpTimeouts = { syn: 20, established: 900, fin: 120, udp: 300, sctp: 900, fragment: 30 };

/** The flow table is swept in parts, all of it within four seconds. */
const SWEEP_MS = 125;
const SWEEP_PARTS = 32;

/** The XDP data plane as a table of services: the maps are the table, and what an earlier process left in them counts. */
export class KernelXdpPlane implements XdpPlane {
  readonly #parts: XdpParts;
  readonly #links: XdpInterfaces;
  readonly #paths: XdpPaths;
  readonly #rates = new XdpRates();
  readonly #trace: XdpTrace;
  readonly #sync: FlowSync;
  readonly #timers: readonly NodeJS.Timeout[];
  #setup: XdpSetup;
  #configured: ConfiguredServers;
  #timeouts = TIMEOUTS;
  #memory = newXdpMemory();
  /** A write has failed: there may be half of a change in services that the next one does not name. */
  #hasFailed = false;
  #swept = 0;
  /** The table as of the last write. */
  #known: XdpTable | null = null;
  #isClosed = false;

  constructor(parts: XdpParts, setup: XdpSetup, tell: Tell) {
    this.#parts = parts;
    this.#setup = setup;
    this.#configured = configuredServers(setup.services);
    this.#links = new XdpInterfaces(parts.xdp, parts.directory, parts.interfaces, tell);
    this.#paths = new XdpPaths(parts.xdp.maps, parts.hops);
    this.#trace = new XdpTrace(parts.xdp.maps, parts.interfaces);
    const isHeld = (address: Ip) => parts.interfaces.isLocal(address);
    this.#sync = new FlowSync({ maps: parts.xdp.maps, isHeld, clock: systemClock, tell });
    this.#configure();
    // Before the program is on an interface that it was not on, so that no packet finds half of a change.
    this.#change([], true);
    this.#links.apply(setup);
    this.#paths.apply();
    this.#sync.follow(setup);
    this.#timers = [
      setInterval(() => this.#sweep(), SWEEP_MS),
      setInterval(() => this.#rates.step(this.#view().services), ESTIMATION_MS),
    ];
  }

  follow(setup: XdpSetup): void {
    const before = this.#setup;
    if (isDeepStrictEqual(setup, before)) return;
    this.#setup = setup;
    this.#configured = configuredServers(setup.services);
    if (!isDeepStrictEqual(setup.key, before.key)) this.#configure();
    this.#change([], true);
    this.#links.apply(setup);
    this.#sync.follow(setup);
  }

  tellPeers(): void {
    this.#sync.hurry();
  }

  /** Addresses or interfaces of the machine may be others now. */
  machineChanged(): void {
    if (this.#isClosed) return;
    this.#change([], false);
    this.#links.apply(this.#setup);
  }

  /** The way to a server may be another one now. */
  hopsChanged(): void {
    if (!this.#isClosed) this.#paths.apply();
  }

  async dump(): Promise<Result<ObservedTable, KernelError>> {
    this.#known = null;
    const { services, ...table } = this.#view();
    const rated = services.map((service) => this.#rates.rated(service));
    return ok({ ...table, services: rated, xdp: this.#show() });
  }

  async dumpService(key: ServiceKey): Promise<Result<ObservedService | null, KernelError>> {
    const name = serviceKey(key);
    const table = this.#table();
    const only = { ...table, services: table.services.filter((each) => serviceKey(each.key) === name) };
    const [service] = viewXdp(only, readCounters(this.#parts.xdp.maps, only)).services;
    return ok(service === undefined ? null : this.#rates.rated(service));
  }

  async perform(ops: readonly IpvsOp[]): Promise<readonly Result<void, KernelError>[]> {
    // The first packets to a server would be dropped while it is asked for.
    await this.#paths.expect(ops.flatMap((op) => (op.op === 'newDest' ? [op.dest.key.address] : [])));
    return this.#change(ops, false);
  }

  async timeouts(): Promise<Result<IpvsTimeouts, KernelError>> {
    const { established, fin, udp } = this.#timeouts;
    return ok({ tcp: established, tcpFin: fin, udp });
  }

  async syncDaemons(): Promise<Result<readonly SyncDaemon[], KernelError>> {
    return ok([]);
  }

  async performSettings(ops: readonly IpvsSettingOp[]): Promise<readonly Result<void, KernelError>[]> {
    return ops.map((op) => {
      if (op.op !== 'setTimeouts') return err(kernelError(EOPNOTSUPP, 'XDP has no sync daemon of IPVS'));
      const { tcp, tcpFin, udp } = op.timeouts;
      const { established, fin } = this.#timeouts;
      this.#timeouts = {
        ...this.#timeouts,
        established: tcp ?? established,
        fin: tcpFin ?? fin,
        udp: udp ?? this.#timeouts.udp,
      };
      this.#configure();
      return ok(undefined);
    });
  }

  trace(question: TraceQuestion): Result<TraceAnswer, string> {
    const attached = this.#links.show().map(({ name }) => name);
    return this.#trace.ask(question, attached);
  }

  problems(): readonly string[] {
    const full = [...this.#memory.full].map(([name, { message }]) => `${name}: ${message}`);
    return [...this.#links.problems, ...this.#paths.problems, ...this.#sync.problems(), ...full];
  }

  /** With a service in it it goes on without this process; without one there is nothing to go on with. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#sync.close();
    const { xdp, directory, interfaces, hops } = this.#parts;
    interfaces.close();
    hops.close();
    this.#trace.close();
    const isEmpty = this.#view().services.length === 0;
    closeXdp(xdp);
    if (isEmpty) removeXdp(directory);
  }

  #configure(): void {
    configureXdp(this.#parts.xdp, { keys: xdpKeys(this.#setup.key), timeouts: this.#timeouts });
  }

  #view(): ObservedTable {
    const table = this.#table();
    return viewXdp(table, readCounters(this.#parts.xdp.maps, table));
  }

  /** Nobody else writes: what was read, or planned and written, holds but for what is counted. */
  #table(): XdpTable {
    this.#known ??= readTable(this.#parts.xdp.maps);
    return this.#known;
  }

  #show(): XdpStatus {
    const { maps } = this.#parts.xdp;
    const counters = Object.entries(COUNTERS).map(([name, event]) => [name, maps.counter(event)]);
    const sync = this.#sync.show();
    return {
      interfaces: this.#links.show(),
      counters: Object.fromEntries(counters),
      ...(sync === undefined ? {} : { sync }),
    };
  }

  #change(ops: readonly IpvsOp[], reviewsAll: boolean): readonly Result<void, KernelError>[] {
    const { maps } = this.#parts.xdp;
    const table = this.#table();
    const plan = planXdp({
      table,
      ops,
      reviewsAll: reviewsAll || this.#hasFailed,
      memory: this.#memory,
      configured: this.#configured,
      held: this.#held(table, ops),
    });
    this.#memory = plan.memory;
    this.#hasFailed = plan.writes.length > 0;
    if (!this.#hasFailed) return plan.results;
    this.#known = null;
    this.#sync.tableChanged();
    for (const [i, write] of plan.writes.entries()) {
      const written = writeXdp(maps, write);
      if (written.ok) continue;
      // Whatever was written before is sound by itself: it is read, and planned from, the next time.
      this.#paths.performed(plan.writes.slice(0, i));
      return ops.map(() => err(written.error));
    }
    this.#known = plan.after;
    this.#hasFailed = false;
    this.#paths.performed(plan.writes);
    return plan.results;
  }

  /**
   * Virtual addresses of our instances count as held: a packet for one comes here because we are master, or were until now.
   * The kernel would answer it with a reset before this process hears of a takeover.
   */
  #held(table: XdpTable, ops: readonly IpvsOp[]): ReadonlySet<Ip> {
    const keys = [
      ...table.services.map(({ key }) => key),
      ...ops.flatMap((op) => (op.op === 'newService' ? [op.service.key] : [])),
    ];
    const virtual = new Set(this.#setup.virtualAddresses);
    const isHeld = (address: Ip) => virtual.has(address) || this.#parts.interfaces.isLocal(address);
    return new Set(
      keys.flatMap((key) => (key.kind === 'address' && isHeld(key.address) ? [key.address] : [])),
    );
  }

  /** What has expired makes room, and ends the counts of its connections. */
  #sweep(): void {
    const { maps } = this.#parts.xdp;
    const size = Math.ceil(maps.entries.flows / SWEEP_PARTS);
    const from = this.#swept * size;
    maps.sweep(from, Math.min(size, maps.entries.flows - from), null);
    this.#swept = (this.#swept + 1) % SWEEP_PARTS;
  }
}

const EOPNOTSUPP = 95;
