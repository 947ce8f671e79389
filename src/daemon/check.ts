import type { CheckDesired, ToCheck } from '../ipc/messages.ts';
import type { ObservedService, ObservedTable, ServiceKey } from '../model/services.ts';
import type { CheckStatus } from '../model/status.ts';
import { desiredServices } from '../plan/desired.ts';
import { paced } from './check-pace.ts';
import type { CheckPorts } from './check-ports.ts';
import { CheckServers } from './check-servers.ts';
import { CheckTable, type TableGoal } from './check-table.ts';
import { openTell, type Tell } from './check-tell.ts';

/** With 10,000 servers a status takes some 70 ms here and as long in core, reading the table and planning 100 ms. */
const PUSH_REST = 9;
const FOLLOW_REST = 1;

/**
 * The check process without the process: it turns a desired state into checkers, and their findings into the
 * kernel's table. It never flushes: what an earlier process left is adopted, and only the difference is changed.
 */
export class Check {
  readonly #ports: CheckPorts;
  readonly #tell: Tell;
  readonly #servers: CheckServers;
  readonly #table: CheckTable;
  readonly #pushSoon: () => void;
  #desired: CheckDesired = { generation: 0, services: [], retired: [] };
  #applied: { readonly generation: number; readonly problem: string | null } = {
    generation: 0,
    problem: null,
  };
  /** Reports that nobody has read the table for yet. */
  #asked: number[] = [];
  #reading = false;
  #stopping: Promise<void> | null = null;

  constructor(ports: CheckPorts) {
    this.#ports = ports;
    this.#tell = openTell(ports.clock, ports.send);
    this.#pushSoon = paced(ports, PUSH_REST, () => this.push());
    let changed: ServiceKey[] = [];
    const follow = paced(ports, FOLLOW_REST, () => {
      if (this.#stopping !== null) return;
      const scope = changed;
      changed = [];
      return this.#table.reconcile(scope);
    });
    this.#servers = new CheckServers(ports, this.#tell, (service) => {
      changed.push(service);
      this.#pushSoon();
      follow();
    });
    this.#table = new CheckTable(ports, this.#tell, {
      goal: () => this.#goal(),
      found: (table, ours) => this.#adopt(table, ours),
      settled: (generation, problem) => this.#settled(generation, problem),
    });
  }

  receive(message: ToCheck): void {
    if (message.message === 'desired') this.#apply(message.desired);
    else if (message.message === 'report') this.#report(message.id);
    else void this.stop();
  }

  /** Sends the status, with the table as it was last read. */
  push(): void {
    this.#ports.send({ message: 'status', status: this.#show(this.#table.last) });
  }

  /** Takes our services out of the kernel; resolves when `stopped` has been sent. */
  stop(): Promise<void> {
    // Begun in a turn of its own, so that all it calls sees that we are stopping.
    this.#stopping ??= Promise.resolve().then(() => this.#takeDown());
    return this.#stopping;
  }

  #apply(desired: CheckDesired): void {
    if (this.#stopping !== null || desired.generation < this.#desired.generation) return;
    this.#desired = desired;
    this.#servers.apply(desired.services);
    this.#pushSoon();
    void this.#table.reconcile('all');
  }

  #goal(): TableGoal {
    const { generation, services, retired } = this.#desired;
    const keys = [...services.map((service) => service.key), ...retired];
    if (this.#stopping !== null) return { generation, desired: [], keys };
    return {
      generation,
      desired: desiredServices(services, (service, server) => this.#servers.health(service, server)),
      keys,
    };
  }

  #adopt(table: ObservedTable, ours: readonly ObservedService[]): void {
    const { down } = this.#servers.adopt(table);
    if (ours.length === 0) return;
    const servers = ours.reduce((sum, service) => sum + service.dests.length, 0);
    const message = `found ${ours.length} of our services with ${servers} servers in the kernel and kept them`;
    this.#tell('info', 'ipvs_adopted', message, { services: ours.length, servers, servers_out: down });
  }

  #settled(generation: number, problem: string | null): void {
    if (this.#stopping === null && generation > 0) {
      const { generation: before, problem: earlier } = this.#applied;
      if (generation !== before || problem !== earlier) {
        this.#applied = { generation, problem };
        this.#ports.send({ message: 'applied', generation, problem });
      }
    }
    this.#pushSoon();
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
    return { table, services: this.#servers.show() };
  }

  async #takeDown(): Promise<void> {
    this.#servers.stop();
    await this.#table.close();
    this.#ports.send({ message: 'stopped' });
  }
}
