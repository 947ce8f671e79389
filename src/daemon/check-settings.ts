import { isDeepStrictEqual } from 'node:util';
import { millis } from '../base/units.ts';
import type { KernelError } from '../kernel/error.ts';
import type { Ipvs } from '../kernel/ipvs.ts';
import {
  type IpvsConfig,
  type IpvsSettingOp,
  type IpvsTimeouts,
  NO_TIMEOUTS,
  PLAIN_IPVS,
  type SyncDaemon,
  type WantedTimeouts,
} from '../model/ipvs-settings.ts';
import { desiredSyncDaemons, planSyncDaemons } from '../plan/sync-daemon.ts';
import { planTimeouts, restoredTimeouts } from '../plan/timeouts.ts';
import type { CheckPorts } from './check-ports.ts';
import type { Tell } from './check-tell.ts';

/** How often the kernel is compared, and what it refused is tried again. */
const COMPARE = millis(30_000);
const RETRY = millis(5000);

export interface SettingsListener {
  /** The kernel is set as configuration `generation` has it, or why it is not. */
  settled(generation: number, problems: readonly string[]): void;
}

/**
 * Brings the timeouts and the sync daemons of IPVS to what the configuration asks for, and keeps them there. What it asks
 * nothing of is left alone, and a kernel without IPVS too. One attempt at a time, each with the newest goal.
 */
export class CheckSettings {
  readonly #ports: Pick<CheckPorts, 'after' | 'openIpvs'>;
  readonly #tell: Tell;
  readonly #listener: SettingsListener;
  #config: IpvsConfig = PLAIN_IPVS;
  #generation = 0;
  #masters: readonly string[] = [];
  #ipvs: Ipvs | null = null;
  /** What the timeouts were that we have set; null for those that we have not. */
  #former: WantedTimeouts = NO_TIMEOUTS;
  #hasDaemons = false;
  #told: ReadonlySet<string> = new Set();
  #working: Promise<void> | null = null;
  #isWanted = false;
  #isClosing = false;
  #isFormer = false;
  #callOff: () => void = () => undefined;

  constructor(ports: Pick<CheckPorts, 'after' | 'openIpvs'>, tell: Tell, listener: SettingsListener) {
    this.#ports = ports;
    this.#tell = tell;
    this.#listener = listener;
  }

  apply(config: IpvsConfig, generation: number): void {
    this.#config = config;
    this.#generation = generation;
    void this.#reconcile();
  }

  /** These instances are masters now. */
  follow(masters: readonly string[]): void {
    if (isDeepStrictEqual(masters, this.#masters)) return;
    this.#masters = masters;
    if (this.#config.syncDaemon !== null) void this.#reconcile();
  }

  /** What is opened next is another data plane: what was set in this one is put back first. */
  turn(): void {
    this.#isFormer = true;
  }

  /** Puts back what there was, and lets go of the kernel. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#config = PLAIN_IPVS;
    await this.#reconcile();
    this.#callOff();
    this.#ipvs?.close();
    this.#ipvs = null;
  }

  #reconcile(): Promise<void> {
    this.#isWanted = true;
    this.#working ??= this.#work();
    return this.#working;
  }

  async #work(): Promise<void> {
    while (this.#isWanted) {
      this.#isWanted = false;
      this.#callOff();
      const generation = this.#generation;
      if (this.#isFormer) await this.#leave();
      const problems = await (this.#isIdle() ? [] : this.#attempt());
      for (const problem of problems) {
        if (!this.#told.has(problem)) this.#tell('error', 'ipvs_op_failed', problem, { generation });
      }
      this.#told = new Set(problems);
      if (!this.#isClosing && !this.#isIdle()) {
        const delay = problems.length === 0 ? COMPARE : RETRY;
        this.#callOff = this.#ports.after(delay, () => void this.#reconcile());
      }
      this.#listener.settled(generation, problems);
    }
    this.#working = null;
  }

  /** There is nothing to do, and nothing of ours to undo. */
  #isIdle(): boolean {
    const { timeouts, syncDaemon } = this.#config;
    const isPlain = syncDaemon === null && isDeepStrictEqual(timeouts, NO_TIMEOUTS);
    return isPlain && !this.#hasDaemons && isDeepStrictEqual(this.#former, NO_TIMEOUTS);
  }

  async #leave(): Promise<void> {
    this.#isFormer = false;
    if (this.#ipvs !== null) {
      await this.#setTimeouts(this.#ipvs, NO_TIMEOUTS);
      await this.#runDaemons(this.#ipvs, null);
    }
    this.#ipvs?.close();
    this.#ipvs = null;
    this.#former = NO_TIMEOUTS;
    this.#hasDaemons = false;
  }

  async #attempt(): Promise<readonly string[]> {
    if (this.#ipvs === null) {
      const opened = await this.#ports.openIpvs();
      if (!opened.ok) return [opened.error.message];
      this.#ipvs = opened.value;
    }
    const ipvs = this.#ipvs;
    const { timeouts, syncDaemon } = this.#config;
    return [...(await this.#setTimeouts(ipvs, timeouts)), ...(await this.#runDaemons(ipvs, syncDaemon))];
  }

  async #setTimeouts(ipvs: Ipvs, timeouts: WantedTimeouts): Promise<readonly string[]> {
    if (isDeepStrictEqual(timeouts, NO_TIMEOUTS) && isDeepStrictEqual(this.#former, NO_TIMEOUTS)) return [];
    const read = await ipvs.timeouts();
    if (!read.ok) return [this.#unread('timeouts', read.error)];
    const { wanted, former } = restoredTimeouts(timeouts, this.#former, read.value);
    const plan = planTimeouts(read.value, wanted);
    if (plan !== null) {
      const [failure] = await this.#perform(ipvs, [{ op: 'setTimeouts', timeouts: plan }]);
      if (failure !== undefined) return [`the timeouts of IPVS cannot be set: ${failure.error.message}`];
      this.#tell(
        'info',
        'ipvs_timeouts',
        `the timeouts of IPVS are ${showTimeouts({ ...read.value, ...given(plan) })}`,
        {
          ...given(plan),
        },
      );
    }
    this.#former = former;
    return [];
  }

  async #runDaemons(ipvs: Ipvs, syncDaemon: IpvsConfig['syncDaemon']): Promise<readonly string[]> {
    if (syncDaemon === null && !this.#hasDaemons) return [];
    const read = await ipvs.syncDaemons();
    if (!read.ok) return [this.#unread('sync daemons', read.error)];
    const desired = desiredSyncDaemons(syncDaemon, this.#masters);
    const ops = planSyncDaemons(read.value, desired);
    this.#hasDaemons = true;
    const failures = await this.#perform(ipvs, ops);
    if (failures.length === 0) this.#hasDaemons = desired.length > 0;
    if (ops.length > failures.length) this.#sayDaemons(desired);
    return failures.map(({ op, error }) => `${showOp(op)}: ${explain(op, error)}`);
  }

  #sayDaemons(desired: readonly SyncDaemon[]): void {
    const [daemon] = desired;
    const roles = desired.map(({ role }) => role).join(' and ');
    const text =
      daemon === undefined
        ? 'connections are not synced any more'
        : `connections are synced as ${roles} on ${daemon.interface} with id ${daemon.id}`;
    this.#tell('info', 'ipvs_sync', text, {
      roles,
      interface: daemon?.interface ?? null,
      id: daemon?.id ?? null,
    });
  }

  async #perform(
    ipvs: Ipvs,
    ops: readonly IpvsSettingOp[],
  ): Promise<readonly { readonly op: IpvsSettingOp; readonly error: KernelError }[]> {
    const results = await ipvs.performSettings(ops);
    return ops.flatMap((op, i) => {
      const result = results[i];
      return result === undefined || result.ok ? [] : [{ op, error: result.error }];
    });
  }

  /** The module may be gone: what is opened next says so. */
  #unread(what: string, error: KernelError): string {
    this.#ipvs?.close();
    this.#ipvs = null;
    return `the ${what} of IPVS cannot be read: ${error.message}`;
  }
}

const given = (timeouts: WantedTimeouts): Partial<IpvsTimeouts> =>
  Object.fromEntries(Object.entries(timeouts).filter(([, value]) => value !== null));

const showTimeouts = ({ tcp, tcpFin, udp }: IpvsTimeouts): string =>
  `tcp ${tcp} s, tcpfin ${tcpFin} s, udp ${udp} s`;

function showOp(op: IpvsSettingOp): string {
  if (op.op === 'setTimeouts') return 'the timeouts of IPVS';
  return op.op === 'startSyncDaemon' ? `sync daemon ${op.daemon.role}` : `sync daemon ${op.role}`;
}

function explain(op: IpvsSettingOp, error: KernelError): string {
  if (op.op !== 'startSyncDaemon') return error.message;
  if (error.code === 'ENODEV') return `there is no interface ${op.daemon.interface}`;
  if (error.code === 'EINVAL')
    return `${error.message}; the kernel syncs no connections while a service has servers of the other family`;
  return error.message;
}
