import { EventEmitter } from 'node:events';
import type { Clock } from '../../../src/base/clock.ts';
import { parseIp } from '../../../src/base/ip.ts';
import { err, ok, type Result } from '../../../src/base/result.ts';
import { centis, instant, micros, millis, wallTime } from '../../../src/base/units.ts';
import type { CoreHands, Loaded } from '../../../src/daemon/core.ts';
import type { CoreState } from '../../../src/daemon/core-roles.ts';
import type { OrderState } from '../../../src/daemon/core-server-orders.ts';
import type { VerdictState } from '../../../src/daemon/core-verdicts.ts';
import type { Child } from '../../../src/daemon/supervisor-process.ts';
import type { FromWorker, ToWorker } from '../../../src/ipc/messages.ts';
import type { Log } from '../../../src/kernel/log.ts';
import { NO_STATICS } from '../../../src/model/config.ts';
import { noRefusals } from '../../../src/model/counters.ts';
import { PLAIN_DATAPLANE } from '../../../src/model/dataplane.ts';
import type { LbdEvent } from '../../../src/model/events.ts';
import { PLAIN_IPVS } from '../../../src/model/ipvs-settings.ts';
import { NO_SINKS, type Notice } from '../../../src/model/notify.ts';
import type { PlacedOrder } from '../../../src/model/orders.ts';
import type { SavedRole } from '../../../src/model/saved-state.ts';
import type { SavedVerdicts } from '../../../src/model/saved-verdicts.ts';
import { NO_SCRIPTS } from '../../../src/model/script.ts';
import type { ServiceKey } from '../../../src/model/services.ts';
import type { CheckStatus, InstanceState, VrrpStatus } from '../../../src/model/status.ts';
import { NO_TRACKER_STATES, type TrackerStates } from '../../../src/model/tracking.ts';
import { PLAIN_SERVICE } from '../../support/services.ts';

/** A forked process that says what the test tells it to, and reads its channel unless it is frozen. */
export class FakeChild<Desired, Status> extends EventEmitter implements Child {
  readonly pid: number;
  connected = true;
  frozen = false;
  /** What it answers to a report; null for no answer. */
  status: Status | null = null;
  /** Whether it answers a desired state at once, and with which refusals of the kernel. */
  applies: readonly string[] | null = null;
  /** Whether it exits when asked to. */
  obedient = true;
  readonly received: ToWorker<Desired>[] = [];
  readonly signals: string[] = [];

  constructor(pid: number) {
    super();
    this.pid = pid;
  }

  send(envelope: unknown, _handle?: undefined, _options?: undefined, done?: (error: Error | null) => void) {
    if (this.frozen) return true;
    const { body } = envelope as { body: ToWorker<Desired> };
    this.received.push(body);
    done?.(null);
    if (body.message === 'report' && this.status !== null) {
      this.say({ message: 'report', id: body.id, status: this.status });
    }
    if (body.message === 'desired' && this.applies !== null) {
      const { generation } = body.desired as { generation: number };
      this.say({ message: 'applied', generation, problem: null, refused: this.applies });
    }
    if (body.message === 'stop' && this.obedient) {
      this.say({ message: 'stopped' });
      this.exit(0, null);
    }
    return true;
  }

  say(message: FromWorker<Status>, dropped = 0): void {
    this.emit('message', { dropped, body: message });
  }

  /** Reads its channel and applies what it is sent. */
  boot(status: Status): void {
    this.status = status;
    this.say({ message: 'ready' });
    this.say({ message: 'status', status });
  }

  desired(): Desired[] {
    return this.received.flatMap((message) => (message.message === 'desired' ? [message.desired] : []));
  }

  disconnect(): void {
    if (!this.connected) return;
    this.connected = false;
    this.emit('disconnect');
  }

  kill(signal: 'SIGKILL'): boolean {
    this.signals.push(signal);
    this.exit(null, signal);
    return true;
  }

  exit(code: number | null, signal: string | null): void {
    this.disconnect();
    this.emit('exit', code, signal);
  }
}

export class FakeClock implements Clock {
  millis = 0;
  now = () => instant(this.millis * 1000);
  wall = () => wallTime(1_795_000_000_000 + this.millis);
}

export class FakeLog implements Log {
  readonly events: (LbdEvent & { from: string })[] = [];

  write(event: LbdEvent, from: string): void {
    this.events.push({ ...event, from });
  }

  async flush(): Promise<void> {
    this.events.length = 0;
  }

  named(name: LbdEvent['event']): (LbdEvent & { from: string })[] {
    return this.events.filter(({ event }) => event === name);
  }
}

export function ip(text: string) {
  const address = parseIp(text);
  if (address === null) throw new Error(`${text} is not an address`);
  return address;
}

export const web = (port: number): ServiceKey => ({
  kind: 'address',
  protocol: 'tcp',
  address: ip('172.25.1.100'),
  port,
});

export const DRIFT = { policy: 'repair', interval: millis(10_000) } as const;
const NO_ATTRS = { scheduler: 'rr', schedulerFlags: [], persistence: null, onePacket: false } as const;

/** A configuration with one virtual service per port. */
export const configWith = (...ports: number[]): Loaded => ({
  config: {
    routerId: 'lb01',
    netNamespace: null,
    vrrp: { startupDelay: micros(0), delayAfterBoot: micros(0), announcePace: [], linkDelays: [] },
    instances: [],
    syncGroups: [],
    heartbeat: null,
    trackers: { scripts: [], files: [], processes: [], bfd: [] },
    statics: NO_STATICS,
    scripts: NO_SCRIPTS,
    notify: NO_SINKS,
    services: ports.map((port) => ({
      name: `web${port}`,
      key: web(port),
      attrs: NO_ATTRS,
      drainTimeout: millis(60_000),
      ...PLAIN_SERVICE,
      servers: [],
    })),
    drift: DRIFT,
    ipvs: PLAIN_IPVS,
    dataplane: PLAIN_DATAPLANE,
  },
  warnings: [],
});

/** A state directory that remembers every save, and fails where it is told to. */
export class FakeState implements CoreState {
  left: CoreState['left'];
  readonly saves: (readonly SavedRole[])[] = [];
  problem: string | null = null;

  constructor(left: CoreState['left'] = ok([])) {
    this.left = left;
  }

  async save(roles: readonly SavedRole[]): Promise<Result<undefined, string>> {
    if (this.problem !== null) return err(this.problem);
    this.saves.push(roles);
    return ok(undefined);
  }
}

/** The same, of verdicts. */
export class FakeVerdicts implements VerdictState {
  left: VerdictState['left'];
  problem: string | null = null;
  readonly saves: SavedVerdicts[] = [];

  constructor(left: VerdictState['left'] = ok({ down: {} })) {
    this.left = left;
  }

  async save(verdicts: SavedVerdicts): Promise<Result<undefined, string>> {
    if (this.problem !== null) return err(this.problem);
    this.saves.push(verdicts);
    return ok(undefined);
  }
}

/** The same, of orders. */
export class FakeOrders implements OrderState {
  left: OrderState['left'];
  problem: string | null = null;
  readonly saves: (readonly PlacedOrder[])[] = [];

  constructor(left: OrderState['left'] = ok([])) {
    this.left = left;
  }

  async save(orders: readonly PlacedOrder[]): Promise<Result<undefined, string>> {
    if (this.problem !== null) return err(this.problem);
    this.saves.push(orders);
    return ok(undefined);
  }
}

/** Hands that do nothing but remember what they were told. */
export class FakeHands implements CoreHands {
  states: TrackerStates = NO_TRACKER_STATES;
  state = new FakeState();
  verdicts = new FakeVerdicts();
  readonly notices: Notice[] = [];
  readonly rules: (string | null)[] = [];
  changed: () => void = () => undefined;
  readonly trackers = { apply: () => undefined, states: () => this.states, stop: async () => undefined };
  readonly notifier = {
    apply: () => undefined,
    tell: (notice: Notice) => void this.notices.push(notice),
    statesAfterReload: () => undefined,
    stop: async () => undefined,
  };
  async runOnce() {
    this.ran++;
  }
  ran = 0;
  readonly linkOf = () => null;
  orders = new FakeOrders();
  readonly sysctls: Record<string, string> = {};
  readonly sysctl = (name: string) => this.sysctls[name] ?? null;
  readonly firewall = {
    apply: (script: string | null) => void this.rules.push(script),
    stop: async () => undefined,
  };
}

export const EMPTY_CHECK: CheckStatus = {
  table: { available: false, reason: 'the kernel has no IPVS' },
  services: [],
};

export const vrrpStatus = (...instances: [name: string, state: InstanceState][]): VrrpStatus => ({
  unmatched: noRefusals(),
  syncGroups: [],
  bfd: [],
  heartbeat: [],
  lateness: { worst: micros(900), worstAt: null, worstLastMinute: micros(400) },
  instances: instances.map(([name, state], i) => ({
    name,
    interface: 'eth0',
    vrid: 51 + i,
    family: 'inet',
    version: 2,
    state,
    since: wallTime(1_794_999_277_000),
    because: 'no advert from a master for 3.609 s',
    priority: 100,
    effectivePriority: 100,
    advertInterval: centis(100),
    standsBack: false,
    withheld: null,
    contested: null,
    unsent: null,
    virtualAddresses: ['172.25.1.100/24'],
    excludedAddresses: [],
    syncGroup: null,
    tracks: [],
    master: { address: ip('172.25.1.2'), priority: 100 },
    counters: {
      advertsSent: 12,
      advertsReceived: 0,
      priorityZeroSent: 0,
      priorityZeroReceived: 0,
      becameMaster: 1,
      releasedMaster: 0,
      garpsSent: 10,
      nasSent: 0,
      addressListMismatches: 0,
      intervalMismatches: 0,
      refused: noRefusals(),
    },
  })),
});
