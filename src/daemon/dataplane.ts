import { isDeepStrictEqual } from 'node:util';
import { ok, type Result } from '../base/result.ts';
import type { Ipvs, IpvsUnavailable } from '../kernel/ipvs.ts';
import { type Dataplane, type DataplaneConfig, PLAIN_DATAPLANE } from '../model/dataplane.ts';
import { type DesiredService, type ServiceKey, serviceKey } from '../model/services.ts';
import type { TraceAnswer, TraceQuestion } from '../model/trace.ts';

/** What the XDP plane works with. */
export interface XdpSetup extends Omit<DataplaneConfig, 'use'> {
  /** With all servers of the configuration, those included that their checks keep out. */
  readonly services: readonly DesiredService[];
}

/** The maps and the program of the XDP plane. Closed with a service in it, it goes on forwarding. */
export interface XdpPlane extends Ipvs {
  follow(setup: XdpSetup): void;
  /** Other directors are about to go on with our connections: they are told of them at once. */
  tellPeers(): void;
  trace(question: TraceQuestion): Result<TraceAnswer, string>;
}

export interface DataplaneDoor {
  openIpvs(): Promise<Result<Ipvs, IpvsUnavailable>>;
  openXdp(setup: XdpSetup): Promise<Result<XdpPlane, IpvsUnavailable>>;
  /** IPVS is in the kernel already: asking it loads nothing. */
  hasIpvs(): boolean;
  /** Ends the XDP plane of this network namespace, where an earlier process or configuration left it. */
  removeXdp(): void;
}

/**
 * Which data plane it is. When another one is chosen both are there for a moment: the former goes on until the new one
 * holds the table, and is then emptied of what is ours.
 */
export class DataplaneChooser {
  readonly #door: DataplaneDoor;
  #config: DataplaneConfig = PLAIN_DATAPLANE;
  #setup: XdpSetup = { ...PLAIN_DATAPLANE, services: [] };
  /** What was opened last. */
  #chosen: Dataplane | null = null;
  #plane: XdpPlane | null = null;
  #opening: Promise<Result<XdpPlane, IpvsUnavailable>> | null = null;
  #users = 0;
  /** The other plane holds nothing of ours. */
  #isAlone = false;

  constructor(door: DataplaneDoor) {
    this.#door = door;
  }

  /** Follows a configuration. True where tables that were opened before are those of the former plane. */
  follow(config: DataplaneConfig, services: readonly DesiredService[]): boolean {
    const isOther = config.use !== this.#config.use;
    this.#config = config;
    this.#setup = { ...config, services };
    if (isOther) this.#isAlone = false;
    else this.#plane?.follow(this.#setup);
    return isOther && this.#chosen !== null;
  }

  /** The table of the plane of the newest configuration. */
  async open(): Promise<Result<Ipvs, IpvsUnavailable>> {
    const { use } = this.#config;
    const opened = await this.#openAs(use);
    if (use === this.#config.use) return opened;
    if (opened.ok) opened.value.close();
    return this.open();
  }

  /** The table holds what it should: the other plane is emptied of these services. */
  async leaveOther(services: readonly ServiceKey[]): Promise<void> {
    if (this.#isAlone || this.#chosen === null) return;
    this.#isAlone = true;
    if (this.#chosen === 'ipvs') return this.#door.removeXdp();
    if (!this.#door.hasIpvs()) return;
    const opened = await this.#door.openIpvs();
    if (!opened.ok) return;
    await removeFrom(opened.value, services);
    opened.value.close();
  }

  /** Other directors are about to go on with our connections. Those of IPVS are its sync daemon's. */
  tellPeers(): void {
    this.#plane?.tellPeers();
  }

  /** Nothing is to be forwarded any more: an XDP plane that went on because there was no IPVS yet ends. */
  stop(): void {
    if (this.#config.use === 'ipvs' && !this.#isAlone) this.#door.removeXdp();
  }

  async #openAs(use: DataplaneConfig['use']): Promise<Result<Ipvs, IpvsUnavailable>> {
    if (use === 'xdp') return this.#share();
    const opened = await this.#door.openIpvs();
    if (use === 'auto' && !opened.ok && opened.error.code === 'no_ipvs') return this.#share();
    if (opened.ok) this.#chosen = 'ipvs';
    return opened;
  }

  /** The one XDP plane, which is closed when the last who opened it has closed it. */
  async #share(): Promise<Result<Ipvs, IpvsUnavailable>> {
    const setup = this.#setup;
    this.#users++;
    this.#opening ??= this.#door.openXdp(setup);
    const opened = await this.#opening;
    if (!opened.ok) {
      this.#users--;
      this.#opening = null;
      return opened;
    }
    this.#plane = opened.value;
    this.#chosen = 'xdp';
    if (!isDeepStrictEqual(setup, this.#setup)) opened.value.follow(this.#setup);
    return ok(handleOf(opened.value, () => this.#letGo()));
  }

  #letGo(): void {
    this.#users--;
    if (this.#users > 0) return;
    this.#plane?.close();
    this.#plane = null;
    this.#opening = null;
  }
}

function handleOf(plane: XdpPlane, letGo: () => void): Ipvs {
  let isOpen = true;
  return {
    dump: () => plane.dump(),
    dumpService: (key) => plane.dumpService(key),
    perform: (ops) => plane.perform(ops),
    timeouts: () => plane.timeouts(),
    syncDaemons: () => plane.syncDaemons(),
    performSettings: (ops) => plane.performSettings(ops),
    problems: () => plane.problems?.() ?? [],
    trace: (question) => plane.trace(question),
    close() {
      if (isOpen) letGo();
      isOpen = false;
    },
  };
}

async function removeFrom(ipvs: Ipvs, services: readonly ServiceKey[]): Promise<void> {
  const ours = new Set(services.map(serviceKey));
  const dumped = await ipvs.dump();
  if (!dumped.ok) return;
  const left = dumped.value.services.filter(({ key }) => ours.has(serviceKey(key)));
  await ipvs.perform(left.map(({ key }) => ({ op: 'delService', key })));
}
