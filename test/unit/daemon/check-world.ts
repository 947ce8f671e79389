import assert from 'node:assert/strict';
import { type Ip, parseIp } from '../../../src/base/ip.ts';
import { err, ok, type Result } from '../../../src/base/result.ts';
import { instant, millis, wallTime } from '../../../src/base/units.ts';
import { Check } from '../../../src/daemon/check.ts';
import type { CheckPorts } from '../../../src/daemon/check-ports.ts';
import { DataplaneChooser, type XdpPlane, type XdpSetup } from '../../../src/daemon/dataplane.ts';
import type { FromCheck } from '../../../src/ipc/messages.ts';
import type { KernelError } from '../../../src/kernel/error.ts';
import {
  type CheckConfig,
  type FollowedStates,
  NOTHING_FOLLOWED,
  subjectOf,
} from '../../../src/model/check.ts';
import type { DriftConfig, ServerConfig, ServiceConfig } from '../../../src/model/config.ts';
import { type DataplaneConfig, PLAIN_DATAPLANE } from '../../../src/model/dataplane.ts';
import type { EventName, LbdEvent } from '../../../src/model/events.ts';
import { type IpvsConfig, PLAIN_IPVS } from '../../../src/model/ipvs-settings.ts';
import type { IpvsOp } from '../../../src/model/ops.ts';
import type { PlacedOrder } from '../../../src/model/orders.ts';
import type { ProbeOutcome, ProbeResult } from '../../../src/model/probe.ts';
import { NO_SCRIPTS } from '../../../src/model/script.ts';
import {
  destKey,
  type ObservedService,
  type ObservedTable,
  type ServiceKey,
  serviceKey,
} from '../../../src/model/services.ts';
import type { CheckStatus } from '../../../src/model/status.ts';
import { NO_VERDICTS, type Verdicts } from '../../../src/model/verdicts.ts';
import { FakeIpvs } from '../../fakes/ipvs.ts';
import { PLAIN_SERVER, PLAIN_SERVICE } from '../../support/services.ts';

export function ip(text: string): Ip {
  const parsed = parseIp(text);
  assert.ok(parsed !== null, text);
  return parsed;
}

/** Every 3 s, one retry after 1 s, first after 1 s. */
export const checkConfig = (address: string): CheckConfig & { readonly type: 'tcp' } => ({
  type: 'tcp',
  target: { address: ip(address), port: 80 },
  timeout: millis(3000),
  interval: millis(3000),
  retry: 1,
  delayBeforeRetry: millis(1000),
  warmup: millis(0),
  rise: 1,
  alpha: false,
  source: { address: null, port: null, interface: null, fwmark: null },
});

export const serverConfig = (address: string): ServerConfig => ({
  key: { address: ip(address), port: 80 },
  attrs: { weight: 1, forward: 'dr', upperThreshold: 0, lowerThreshold: 0, tunnel: null },
  checks: [checkConfig(address)],
  ...PLAIN_SERVER,
});

export const serviceConfig = (address: string, servers: readonly string[]): ServiceConfig => ({
  name: `service-${address}`,
  key: { kind: 'address', protocol: 'tcp', address: ip(address), port: 80 },
  attrs: { scheduler: 'rr', schedulerFlags: [], persistence: null, onePacket: false },
  drainTimeout: millis(60_000),
  ...PLAIN_SERVICE,
  servers: servers.map(serverConfig),
});

/** A kernel in which others may change things between a reading and a change. */
class SharedIpvs extends FakeIpvs {
  /** What others do before each coming perform. */
  readonly others: (() => void)[] = [];
  /** What the next readings of the whole table fail with. */
  readonly unreadable: KernelError[] = [];
  dumps = 0;
  /** Services read one by one. */
  readonly read: string[] = [];

  /** What reading the whole table takes. */
  pause: () => Promise<void> = async () => undefined;

  override async dump(): Promise<Result<ObservedTable, KernelError>> {
    this.dumps++;
    await this.pause();
    const failure = this.unreadable.shift();
    return failure === undefined ? super.dump() : err(failure);
  }

  override async dumpService(key: ServiceKey): Promise<Result<ObservedService | null, KernelError>> {
    this.read.push(serviceKey(key));
    return super.dumpService(key);
  }

  override async perform(ops: readonly IpvsOp[]): Promise<readonly Result<void, KernelError>[]> {
    this.others.shift()?.();
    return super.perform(ops);
  }
}

/** The XDP plane of a machine. */
class FakeXdp extends FakeIpvs implements XdpPlane {
  setup: XdpSetup | null = null;
  closings = 0;
  tellings = 0;

  follow(setup: XdpSetup): void {
    this.setup = setup;
  }

  tellPeers(): void {
    this.tellings++;
  }

  trace() {
    return err('nothing is forwarded here');
  }

  remove(): void {
    for (const { key } of this.table.services) this.apply({ op: 'delService', key });
  }

  override close(): void {
    this.closings++;
  }
}

interface Timed {
  readonly at: number;
  readonly run: () => void;
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** One machine with a clock of its own, real servers, a kernel table, and check processes one after the other. */
export class CheckWorld {
  readonly kernel = new SharedIpvs();
  readonly xdp = new FakeXdp();
  hasIpvs = true;
  readonly sent: FromCheck[] = [];
  check: Check;
  /** How long a probe takes, in milliseconds. */
  latency = 0;
  /** Addresses probed, in order. */
  readonly probed: string[] = [];
  private readonly sick = new Map<string, ProbeResult>();
  private readonly shares = new Map<string, number>();
  /** What core knows from before the process. */
  verdicts: Verdicts = NO_VERDICTS;
  /** What operators have ordered. */
  orders: readonly PlacedOrder[] = [];
  /** Addresses of this machine; null where they cannot be read. */
  private addresses: ReadonlySet<string> | null = new Set();
  private addressesChanged: () => void = () => undefined;
  private followed: FollowedStates = NOTHING_FOLLOWED;
  /** What the configuration has IPVS be besides its table. */
  ipvs: IpvsConfig = PLAIN_IPVS;
  /** What forwards packets. */
  dataplane: DataplaneConfig = PLAIN_DATAPLANE;
  /** What servers begin with is told, too. */
  serversAtFirst = false;
  private queue: Timed[] = [];
  private micros = 0;

  /** Seconds that reading the whole table takes. */
  slowness = 0;

  constructor() {
    this.kernel.pause = () => {
      if (this.slowness === 0) return Promise.resolve();
      return new Promise((resolve) => this.at(this.micros + this.slowness * 1e6, resolve));
    };
    this.check = this.boot();
  }

  /** kill -9: what was due in the old process never happens. */
  restart(): void {
    this.queue = [];
    this.sent.length = 0;
    this.check = this.boot();
  }

  desire(
    generation: number,
    services: readonly ServiceConfig[],
    retired: readonly ServiceConfig[] = [],
    drift: DriftConfig = { policy: 'repair', interval: millis(10_000) },
  ): Promise<void> {
    const about = {
      generation,
      services,
      retired,
      drift,
      followed: this.followed,
      ipvs: this.ipvs,
      dataplane: this.dataplane,
      scripts: NO_SCRIPTS,
      serversAtFirst: this.serversAtFirst,
      orders: this.orders,
      verdicts: this.verdicts,
    };
    this.check.receive({ message: 'desired', desired: about });
    return this.run(0);
  }

  /** From now on probes of this address end like this. */
  sicken(address: string, result: ProbeResult = 'refused'): void {
    this.sick.set(address, result);
  }

  heal(address: string): void {
    this.sick.delete(address);
  }

  /** From now on this command sets the weight, or sets none. */
  weigh(command: string, weight: number | null): void {
    if (weight === null) this.shares.delete(command);
    else this.shares.set(command, weight);
  }

  /** The addresses of this machine cannot be read. */
  hideAddresses(): void {
    this.addresses = null;
  }

  /** From now on this machine has these addresses. */
  own(...addresses: string[]): void {
    this.addresses = new Set(addresses);
    this.addressesChanged();
  }

  /** What core is to pass on, each as `VS service-10.0.0.100 UP`, or `RS 10.0.0.1:80 of service-10.0.0.100 DOWN`. */
  notices(): string[] {
    return this.sent.flatMap((message) => {
      if (message.message !== 'notice' || !('service' in message.notice)) return [];
      const { kind, name, server, state } = message.notice;
      return [`${kind} ${server === null ? '' : `${destKey(server)} of `}${name} ${state}`];
    });
  }

  /** What core tells of files and sessions. */
  follow(followed: Partial<FollowedStates>): Promise<void> {
    this.followed = { ...this.followed, ...followed };
    this.check.receive({ message: 'followed', followed: this.followed });
    return this.run(0);
  }

  async run(seconds: number): Promise<void> {
    const end = this.micros + seconds * 1e6;
    for (;;) {
      await settle();
      const next = this.queue.reduce<Timed | null>((a, b) => (a === null || b.at < a.at ? b : a), null);
      if (next === null || next.at > end) break;
      this.queue.splice(this.queue.indexOf(next), 1);
      this.micros = next.at;
      next.run();
    }
    this.micros = end;
  }

  /** The kernel's table, or that of XDP: `tcp 10.0.0.100:80` → addresses of its servers. */
  table(of: FakeIpvs = this.kernel): Record<string, string[]> {
    return Object.fromEntries(
      of.table.services.map(({ key, dests }) => [serviceKey(key), dests.map((dest) => dest.key.address)]),
    );
  }

  events(...names: EventName[]): LbdEvent[] {
    return this.sent
      .flatMap((message) => (message.message === 'event' ? [message.event] : []))
      .filter(({ event }) => names.length === 0 || names.includes(event));
  }

  applied(): [generation: number, problem: string | null][] {
    return this.sent.flatMap((message) =>
      message.message === 'applied' ? [[message.generation, message.problem] as [number, string | null]] : [],
    );
  }

  /** What the kernel refuses, as last told. */
  refused(): readonly string[] {
    const last = this.sent.findLast((message) => message.message === 'applied');
    assert.ok(last?.message === 'applied');
    return last.refused;
  }

  /** What core was told last of its servers. */
  told(): Verdicts {
    const last = this.sent.findLast((message) => message.message === 'verdicts');
    assert.ok(last?.message === 'verdicts');
    return last.verdicts;
  }

  status(): CheckStatus {
    return this.check.show();
  }

  /** The kernel's table with weights: `10.0.0.1 2`. */
  weights(service: ServiceConfig): string[] | null {
    const name = serviceKey(service.key);
    const found = this.kernel.table.services.find(({ key }) => serviceKey(key) === name);
    return found?.dests.map(({ key, attrs }) => `${key.address} ${attrs.weight}`) ?? null;
  }

  /** The messages of these events. */
  said(...names: EventName[]): string[] {
    return this.events(...names).map(({ message }) => message);
  }

  /** `10.0.0.1:80 up refused` for each server of the configuration, in its order. */
  healths(): string[] {
    return this.status().services.flatMap(({ servers }) =>
      servers.flatMap(({ key, health, lastCheck, draining }) =>
        draining !== null ? [] : [`${destKey(key)} ${health} ${lastCheck?.result ?? '-'}`],
      ),
    );
  }

  private at(when: number, run: () => void): () => void {
    const timed = { at: when, run };
    this.queue.push(timed);
    return () => {
      this.queue = this.queue.filter((other) => other !== timed);
    };
  }

  private boot(): Check {
    const dataplane = new DataplaneChooser({
      openIpvs: async () =>
        this.hasIpvs ? ok(this.kernel) : err({ code: 'no_ipvs', message: 'this kernel has no IPVS' }),
      openXdp: async (setup) => {
        this.xdp.follow(setup);
        return ok(this.xdp);
      },
      hasIpvs: () => this.hasIpvs,
      removeXdp: () => this.xdp.remove(),
    });
    const ports: CheckPorts = {
      clock: { now: () => instant(this.micros), wall: () => wallTime(this.micros / 1000) },
      after: (delay, run) => this.at(this.micros + delay * 1000, run),
      place: () => 0,
      probe: (check) =>
        new Promise<ProbeOutcome>((resolve) => {
          const subject = 'target' in check ? check.target.address : subjectOf(check);
          this.probed.push(subject);
          this.at(this.micros + this.latency * 1000, () => {
            const result = this.sick.get(subject) ?? 'connected';
            const verdict = result === 'connected' ? 'pass' : result === 'error' ? 'unknown' : 'fail';
            const weight = this.shares.get(subject) ?? null;
            resolve({ verdict, result, weight, latency: millis(this.latency), detail: `it was ${result}` });
          });
        }),
      watchAddresses: async (changed) => {
        if (this.addresses === null) return err({ code: 'EPERM', errno: 1, message: 'EPERM' });
        this.addressesChanged = changed;
        return ok({
          isLocal: (address) => this.addresses?.has(address) ?? false,
          close: () => {
            this.addressesChanged = () => undefined;
          },
        });
      },
      openIpvs: () => dataplane.open(),
      dataplane,
      send: (message) => this.sent.push(message),
    };
    return new Check(ports);
  }
}
