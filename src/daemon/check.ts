import { isDeepStrictEqual } from 'node:util';
import { millis } from '../base/units.ts';
import type { Applied, CheckDesired, ToCheck } from '../ipc/messages.ts';
import type { FollowedStates } from '../model/check.ts';
import type { ServiceConfig } from '../model/config.ts';
import type { RestoreRequest } from '../model/restore.ts';
import {
  type DesiredService,
  type ObservedService,
  type ObservedTable,
  type ServiceKey,
  serviceKey,
} from '../model/services.ts';
import type { CheckStatus } from '../model/status.ts';
import type { TraceQuestion } from '../model/trace.ts';
import { leaving, type TableGoal, tableGoal } from './check-goal.ts';
import { CheckKeeper } from './check-keeper.ts';
import { CheckOrders } from './check-orders.ts';
import { paced } from './check-pace.ts';
import type { CheckPorts } from './check-ports.ts';
import { readSettings, restoreTable } from './check-restore.ts';
import { CheckServices } from './check-services.ts';
import { CheckSettings } from './check-settings.ts';
import { showKept } from './check-show.ts';
import { CheckTable } from './check-table.ts';
import { openTell, type Tell } from './check-tell.ts';
import { tracePacket } from './check-trace.ts';

/** With 10,000 servers verdicts take some 10 ms, reading the table and planning 100 ms. */
const TELL_REST = 9;
const FOLLOW_REST = 1;
/** A problem of thousands of parts is told by so many of them. */
const MOST_PARTS = 5;

const NOTHING: TableGoal = {
  generation: 0,
  drift: { policy: 'repair', interval: millis(10_000) },
  flush: false,
  flushOnStop: false,
  services: new Map(),
};

interface Settled {
  readonly generation: number;
  readonly problems: readonly string[];
  readonly refused: readonly string[];
}

/**
 * The check process without the process: it turns a desired state into checkers, and their findings into the
 * kernel's table. It never flushes: what an earlier process left is adopted, and only the difference is changed.
 */
export class Check {
  readonly #ports: CheckPorts;
  readonly #tell: Tell;
  readonly #orders: CheckOrders;
  readonly #services: CheckServices;
  readonly #table: CheckTable;
  readonly #settings: CheckSettings;
  readonly #tellVerdicts: () => void;
  readonly #keeper: CheckKeeper;
  #tableGoal: TableGoal = NOTHING;
  /** By serviceKey, the names of all services there have been. */
  readonly #names = new Map<string, string>();
  #applied: Applied = { generation: 0, problem: null, refused: [] };
  #tableSettled: Settled = { generation: 0, problems: [], refused: [] };
  #settingsSettled: Omit<Settled, 'refused'> = { generation: 0, problems: [] };
  /** Reports that nobody has read the table for yet. */
  #asked: number[] = [];
  #reading = false;
  #stopping: Promise<void> | null = null;

  constructor(ports: CheckPorts) {
    this.#ports = ports;
    this.#tell = openTell(ports.clock, ports.send);
    this.#tellVerdicts = paced(ports, TELL_REST, () =>
      ports.send({ message: 'verdicts', verdicts: this.#services.verdicts() }),
    );
    let changed: ServiceKey[] = [];
    const follow = paced(ports, FOLLOW_REST, () => {
      if (this.#stopping !== null) return;
      const scope = changed;
      changed = [];
      return this.#table.reconcile(scope);
    });
    this.#orders = new CheckOrders(ports.clock);
    this.#services = new CheckServices(ports, this.#tell, this.#orders, {
      changed: (service) => {
        changed.push(service);
        this.#tellVerdicts();
        follow();
      },
    });
    this.#keeper = new CheckKeeper(this.#tell, (service, drained) => this.#orders.ended(service, drained));
    this.#table = new CheckTable(ports, this.#tell, this.#keeper, {
      goal: () => this.#goal(),
      found: (table, ours) => this.#adopt(table, ours),
      isRising: (service, server) => this.#services.isRising(service, server),
      planned: (services) => this.#services.planned(services),
      settled: (generation, problems, refused) => {
        this.#services.settled(this.#table.last.available);
        if (this.#table.last.available && refused.length === 0) this.#leaveOther();
        this.#tableSettled = { generation, problems, refused };
        this.#settled();
      },
    });
    this.#settings = new CheckSettings(ports, this.#tell, {
      settled: (generation, problems) => {
        this.#settingsSettled = { generation, problems };
        if (this.#stopping === null) this.#settled();
      },
    });
  }

  receive(message: ToCheck): void {
    if (message.message === 'desired') this.#apply(message.desired);
    else if (message.message === 'report') this.#report(message.id);
    else if (message.message === 'followed') this.#follow(message.followed);
    else if (message.message === 'handover') this.#ports.dataplane.tellPeers();
    else if (message.message === 'restore') void this.#restore(message.id, message.request);
    else if (message.message === 'trace') void this.#trace(message.id, message.question);
    else if (message.message === 'settings') void this.#tellSettings(message.id);
    else void this.stop();
  }

  /** The status, with the table as it was last read. */
  show(): CheckStatus {
    return this.#show(this.#table.last);
  }

  /** Takes our services out of the kernel; resolves when `stopped` has been sent. */
  stop(): Promise<void> {
    // Begun in a turn of its own, so that all it calls sees that we are stopping.
    this.#stopping ??= Promise.resolve().then(() => this.#takeDown());
    return this.#stopping;
  }

  #apply(sent: CheckDesired): void {
    if (this.#stopping !== null || sent.generation < this.#tableGoal.generation) return;
    const desired = { ...sent, services: sent.services.map(packed) };
    for (const { key, name } of desired.services) this.#names.set(serviceKey(key), name);
    this.#orders.apply(desired.orders);
    this.#tableGoal = tableGoal(
      desired,
      this.#services.view,
      this.#orders,
      (key) => this.#names.get(serviceKey(key)) ?? serviceKey(key),
    );
    this.#services.apply(desired);
    if (this.#ports.dataplane.follow(desired.dataplane, desired.services.map(configuredServers))) {
      this.#table.turn();
      this.#settings.turn();
    }
    this.#tellVerdicts();
    this.#settings.follow(desired.followed.masters);
    this.#settings.apply(desired.ipvs, desired.generation);
    void this.#table.reconcile('all');
  }

  #follow(followed: FollowedStates): void {
    this.#services.follow(followed);
    this.#settings.follow(followed.masters);
  }

  #goal(): TableGoal {
    if (this.#stopping === null) return this.#tableGoal;
    const services = [...this.#tableGoal.services].map(([name, service]) => {
      const cut = leaving(service.key, service.name, millis(0));
      return [name, cut] as const;
    });
    return { ...this.#tableGoal, flush: this.#tableGoal.flushOnStop, services: new Map(services) };
  }

  #adopt(table: ObservedTable, ours: readonly ObservedService[]): void {
    const { down } = this.#services.adopt(table);
    if (ours.length === 0) return;
    const servers = ours.reduce((sum, service) => sum + service.dests.length, 0);
    const message = `found ${ours.length} of our services with ${servers} servers in the kernel and kept them`;
    this.#tell('info', 'ipvs_adopted', message, { services: ours.length, servers, servers_out: down });
  }

  /** The data plane that is not in use holds nothing of ours any more. */
  #leaveOther(): void {
    void this.#ports.dataplane.leaveOther([...this.#tableGoal.services.values()].map(({ key }) => key));
  }

  /** In force is what both the table and the settings have come to. */
  #settled(): void {
    const { refused } = this.#tableSettled;
    const generation = Math.min(this.#tableSettled.generation, this.#settingsSettled.generation);
    const problems = [...new Set([...this.#tableSettled.problems, ...this.#settingsSettled.problems])];
    if (this.#stopping === null && generation > 0) {
      const applied: Applied = { generation, problem: joined(problems), refused };
      if (!isDeepStrictEqual(applied, this.#applied)) {
        this.#applied = applied;
        this.#ports.send({ message: 'applied', ...applied });
      }
    }
    this.#tellVerdicts();
  }

  async #restore(id: number, request: RestoreRequest): Promise<void> {
    const ours = () => this.#keeper.ours(this.#goal(), 'all');
    const outcome = await restoreTable(() => this.#table.open(), ours, request);
    this.#ports.send({ message: 'restored', id, outcome });
    if (!outcome.ok || request.dryRun || outcome.value.changes.length === 0) return;
    const { changes, refused } = outcome.value;
    const services = `${changes.length} ${changes.length === 1 ? 'service' : 'services'}`;
    this.#tell('info', 'ipvs_restored', `a saved table was restored: ${services} changed`, {
      services: changes.length,
      refused: refused.length,
    });
    void this.#table.reconcile('all');
  }

  async #trace(id: number, question: TraceQuestion): Promise<void> {
    const answer = await tracePacket(() => this.#table.open(), question);
    this.#ports.send({ message: 'traced', id, answer });
  }

  async #tellSettings(id: number): Promise<void> {
    const settings = await readSettings(() => this.#table.open());
    this.#ports.send({ message: 'settings', id, settings });
  }

  #report(id: number): void {
    this.#asked.push(id);
    if (!this.#reading) void this.#answer();
  }

  /** A report shows the table as of after it was asked for; those that wait meanwhile share the next reading. */
  async #answer(): Promise<void> {
    this.#reading = true;
    while (this.#asked.length > 0) {
      const ids = this.#asked;
      this.#asked = [];
      const table = await this.#table.read();
      for (const id of ids) this.#ports.send({ message: 'report', id, status: this.#show(table) });
    }
    this.#reading = false;
  }

  #show(table: CheckStatus['table']): CheckStatus {
    const services = showKept(this.#services.show(), this.#keeper.kept, this.#ports.clock);
    return { table, services };
  }

  async #takeDown(): Promise<void> {
    this.#ports.dataplane.tellPeers();
    const tellAll = this.#services.stop();
    await Promise.all([this.#table.close(), this.#settings.close()]);
    this.#ports.dataplane.stop();
    tellAll();
    this.#ports.send({ message: 'stopped' });
  }
}

/** V8 sends an array that was sent before as one with gaps, which has room for 17 where it arrives. */
const packed = (service: ServiceConfig): ServiceConfig => ({
  ...service,
  servers: service.servers.map((server) => ({ ...server, checks: [...server.checks] })),
});

/** Without the sorry server, whose turn comes only when nobody else is there. */
const configuredServers = ({ key, attrs, servers }: ServiceConfig): DesiredService => ({
  key,
  attrs,
  dests: servers.map((server) => ({ key: server.key, attrs: server.attrs })),
});

function joined(problems: readonly string[]): string | null {
  const more = problems.length - MOST_PARTS;
  const told = [...problems.slice(0, MOST_PARTS), ...(more > 0 ? [`and ${more} more`] : [])];
  return told.length === 0 ? null : told.join('; ');
}
