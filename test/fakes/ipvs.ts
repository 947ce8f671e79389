import { never } from '../../src/base/never.ts';
import { err, ok, type Result } from '../../src/base/result.ts';
import type { KernelError } from '../../src/kernel/error.ts';
import type { Ipvs } from '../../src/kernel/ipvs.ts';
import type { IpvsSettingOp, IpvsTimeouts, SyncDaemon, SyncRole } from '../../src/model/ipvs-settings.ts';
import type { IpvsOp } from '../../src/model/ops.ts';
import {
  type Dest,
  type DestKey,
  destKey,
  type ObservedDest,
  type ObservedService,
  type ObservedTable,
  type Service,
  type ServiceKey,
  serviceKey,
  type TrafficStats,
} from '../../src/model/services.ts';

export const NO_TRAFFIC: TrafficStats = {
  conns: 0n,
  inPackets: 0n,
  outPackets: 0n,
  inBytes: 0n,
  outBytes: 0n,
  cps: 0n,
  inPps: 0n,
  outPps: 0n,
  inBps: 0n,
  outBps: 0n,
};

/** A service as a kernel has it that no traffic has reached yet. */
export const observedService = (service: Service, dests: readonly Dest[] = []): ObservedService => ({
  ...service,
  dests: dests.map(observedDest),
  stats: NO_TRAFFIC,
});

/** A destination as a kernel has it that no traffic has reached yet: a tunnel is always told whole. */
export function observedDest({ key, attrs }: Dest): ObservedDest {
  const tunnel =
    attrs.forward === 'tun' ? (attrs.tunnel ?? ({ type: 'ipip', port: 0, checksum: 'none' } as const)) : null;
  return {
    key,
    attrs: { ...attrs, tunnel },
    activeConns: 0,
    inactiveConns: 0,
    persistentConns: 0,
    stats: NO_TRAFFIC,
  };
}

const refusal = (code: 'EEXIST' | 'ENOENT' | 'ESRCH' | 'ENODEV', errno: number): Result<void, KernelError> =>
  err({ code, errno, message: code });
const exists = refusal('EEXIST', 17);
const noDest = refusal('ENOENT', 2);
const noService = refusal('ESRCH', 3);
const noInterface = refusal('ENODEV', 19);

interface Entry {
  readonly service: Service;
  readonly dests: Map<string, ObservedDest>;
}

/** An IPVS table that refuses what the kernel's ip_vs_ctl.c refuses, and records what it was asked to do. */
export class FakeIpvs implements Ipvs {
  readonly performed: IpvsOp[] = [];
  closed = false;
  /** Outcomes to give instead of doing the next operations; null lets one pass. */
  readonly failures: (KernelError | null)[] = [];
  /** What IPVS is besides its table, and what it was asked to be, as words. */
  kernelTimeouts: IpvsTimeouts = { tcp: 900, tcpFin: 120, udp: 300 };
  readonly daemons = new Map<SyncRole, SyncDaemon>();
  /** Interfaces that there are. */
  interfaces: readonly string[] = ['eth0'];
  readonly set: string[] = [];
  /** Active connections that ended because their server was deleted. */
  cut = 0;
  readonly #entries = new Map<string, Entry>();

  constructor(services: readonly ObservedService[] = []) {
    for (const service of services) {
      const dests = new Map(service.dests.map((dest) => [destKey(dest.key), dest]));
      this.#entries.set(serviceKey(service.key), { service, dests });
    }
  }

  get table(): ObservedTable {
    const services = [...this.#entries.values()].map(({ service: { key, attrs }, dests }) => ({
      ...observedService({ key, attrs }),
      dests: [...dests.values()],
    }));
    return { version: '1.2.1', connectionTableSize: 4096, services };
  }

  async dump(): Promise<Result<ObservedTable, KernelError>> {
    return ok(this.table);
  }

  async dumpService(key: ServiceKey): Promise<Result<ObservedService | null, KernelError>> {
    const name = serviceKey(key);
    return ok(this.table.services.find((service) => serviceKey(service.key) === name) ?? null);
  }

  async perform(ops: readonly IpvsOp[]): Promise<readonly Result<void, KernelError>[]> {
    return ops.map((op) => this.apply(op));
  }

  async timeouts(): Promise<Result<IpvsTimeouts, KernelError>> {
    return ok(this.kernelTimeouts);
  }

  async syncDaemons(): Promise<Result<readonly SyncDaemon[], KernelError>> {
    return ok([...this.daemons.values()]);
  }

  async performSettings(ops: readonly IpvsSettingOp[]): Promise<readonly Result<void, KernelError>[]> {
    return ops.map((op) => this.setting(op));
  }

  /** What performSettings does for each operation. */
  setting(op: IpvsSettingOp): Result<void, KernelError> {
    if (op.op === 'setTimeouts') {
      const given = Object.fromEntries(Object.entries(op.timeouts).filter(([, value]) => value !== null));
      this.kernelTimeouts = { ...this.kernelTimeouts, ...given };
      this.set.push(`timeouts ${Object.values(this.kernelTimeouts).join(' ')}`);
      return ok(undefined);
    }
    if (op.op === 'stopSyncDaemon') {
      this.set.push(`stop ${op.role}`);
      return this.daemons.delete(op.role) ? ok(undefined) : noService;
    }
    const { daemon } = op;
    if (!this.interfaces.includes(daemon.interface)) return noInterface;
    if (this.daemons.has(daemon.role)) return exists;
    // What is not asked for is filled in, as the kernel does for an MTU of 1500.
    this.daemons.set(daemon.role, { ...daemon, maxLength: daemon.maxLength ?? 1472 });
    this.set.push(`start ${daemon.role} ${daemon.interface} ${daemon.id}`);
    return ok(undefined);
  }

  close(): void {
    this.closed = true;
  }

  /** So many clients are connected to this server now. */
  connect(of: ServiceKey, key: DestKey, activeConns: number): void {
    const dests = this.#entries.get(serviceKey(of))?.dests;
    const dest = dests?.get(destKey(key));
    if (dests === undefined || dest === undefined) throw new Error(`no ${destKey(key)} in ${serviceKey(of)}`);
    dests.set(destKey(key), { ...dest, activeConns });
  }

  /** What perform does for each operation. */
  apply(op: IpvsOp): Result<void, KernelError> {
    this.performed.push(op);
    const failure = this.failures.shift() ?? null;
    return failure === null ? this.byHand(op) : err(failure);
  }

  /** Somebody else does it, with ipvsadm. */
  byHand(op: IpvsOp): Result<void, KernelError> {
    switch (op.op) {
      case 'newService': {
        const name = serviceKey(op.service.key);
        if (this.#entries.has(name)) return exists;
        this.#entries.set(name, { service: op.service, dests: new Map() });
        return ok(undefined);
      }
      case 'setService': {
        const name = serviceKey(op.service.key);
        const entry = this.#entries.get(name);
        if (entry === undefined) return noService;
        this.#entries.set(name, { service: op.service, dests: entry.dests });
        return ok(undefined);
      }
      case 'delService':
        for (const dest of this.#entries.get(serviceKey(op.key))?.dests.values() ?? []) {
          this.cut += dest.activeConns;
        }
        return this.#entries.delete(serviceKey(op.key)) ? ok(undefined) : noService;
      case 'newDest':
      case 'setDest':
      case 'delDest': {
        const dests = this.#entries.get(serviceKey(op.of))?.dests;
        if (dests === undefined) return noService;
        if (op.op === 'delDest') this.cut += dests.get(destKey(op.key))?.activeConns ?? 0;
        return applyToDests(dests, op);
      }
      default:
        return never(op);
    }
  }
}

type DestOp = Extract<IpvsOp, { op: 'newDest' | 'setDest' | 'delDest' }>;

function applyToDests(dests: Map<string, ObservedDest>, op: DestOp): Result<void, KernelError> {
  if (op.op === 'delDest') return dests.delete(destKey(op.key)) ? ok(undefined) : noDest;
  const name = destKey(op.dest.key);
  const before = dests.get(name);
  if (op.op === 'newDest' && before !== undefined) return exists;
  if (op.op === 'setDest' && before === undefined) return noDest;
  const made = observedDest(op.dest);
  dests.set(name, before === undefined ? made : { ...before, attrs: made.attrs });
  return ok(undefined);
}
