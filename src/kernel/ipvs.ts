import { err, ok, type Result } from '../base/result.ts';
import type { IpvsSettingOp, IpvsTimeouts, SyncDaemon } from '../model/ipvs-settings.ts';
import type { IpvsOp } from '../model/ops.ts';
import {
  destKey,
  type ObservedDest,
  type ObservedService,
  type ObservedTable,
  type ServiceKey,
  serviceKey,
} from '../model/services.ts';
import type { TraceAnswer, TraceQuestion } from '../model/trace.ts';
import { decodeFamilyId, encodeGetFamily, GENL_ID_CTRL } from '../wire/genl.ts';
import { IPVS_FAMILY } from '../wire/ipvs/constants.ts';
import { DestDecoder } from '../wire/ipvs/dest.ts';
import { encodeGetDests, encodeGetInfo, encodeGetService, IpvsOpWriter } from '../wire/ipvs/op.ts';
import { decodeInfoReply, decodeServiceReply } from '../wire/ipvs/reply.ts';
import { serviceFamily } from '../wire/ipvs/service.ts';
import {
  decodeSyncDaemonReply,
  decodeTimeoutsReply,
  encodeGetSyncDaemons,
  encodeGetTimeouts,
  encodeIpvsSetting,
} from '../wire/ipvs/settings.ts';
import type { NetlinkMessage } from '../wire/netlink.ts';
import type { KernelError } from './error.ts';
import { openNetlink } from './netlink.ts';
import type { NetlinkRequest, NetlinkSocket } from './netlink-socket.ts';

/** The kernel's IPVS table. */
export interface Ipvs {
  /**
   * The whole table in the kernel's own order. Services and their destinations are read one after the other: a
   * service that is deleted meanwhile may show without destinations.
   */
  dump(): Promise<Result<ObservedTable, KernelError>>;
  /** One service with its destinations; null when it is not there. */
  dumpService(key: ServiceKey): Promise<Result<ObservedService | null, KernelError>>;
  /**
   * The outcome of each change, in order; one that fails does not keep those after it from being tried. Changes
   * to a missing service end with ESRCH, to a missing destination with ENOENT, new ones that exist with EEXIST.
   * The first changes are in the kernel when the call returns, if nothing else was going on.
   */
  perform(ops: readonly IpvsOp[]): Promise<readonly Result<void, KernelError>[]>;
  timeouts(): Promise<Result<IpvsTimeouts, KernelError>>;
  /** The daemons of connection sync that run: one of each role at most. */
  syncDaemons(): Promise<Result<readonly SyncDaemon[], KernelError>>;
  /**
   * The outcome of each change, in order. A daemon of a role that runs is EEXIST, one that does not is ESRCH; a missing
   * interface is ENODEV; EINVAL where a service has servers of the other family, which the protocol cannot tell.
   */
  performSettings(ops: readonly IpvsSettingOp[]): Promise<readonly Result<void, KernelError>[]>;
  /** What keeps some packets from being forwarded, as sentences; nothing where that is not told. */
  problems?(): readonly string[];
  /** Where a packet would go, or why that cannot be told, as a sentence; not there where it cannot be asked. */
  trace?(question: TraceQuestion): Result<TraceAnswer, string>;
  close(): void;
}

/** `no_ipvs`: the kernel has no IPVS and could not load it; `no_permission`: CAP_NET_ADMIN is missing. */
export interface IpvsUnavailable {
  readonly code: 'no_ipvs' | 'no_permission' | 'error';
  readonly message: string;
}

/** Opens the table. Looking the family up makes the kernel load the module ip_vs where it can be had. */
export async function openIpvs(): Promise<Result<Ipvs, IpvsUnavailable>> {
  const opened = openNetlink('generic');
  if (!opened.ok)
    return err({ code: 'error', message: `cannot open generic netlink: ${opened.error.message}` });
  const socket = opened.value;
  const family = await lookUp(socket);
  const problem = family.ok ? await probe(socket, family.value) : family.error;
  if (family.ok && problem === null) return ok(new KernelIpvs(socket, family.value));
  socket.close();
  return err(problem === null ? { code: 'error', message: 'IPVS does not answer' } : unavailable(problem));
}

async function lookUp(socket: NetlinkSocket): Promise<Result<number, KernelError>> {
  const answer = await socket.ask({ type: GENL_ID_CTRL, flags: 0, payload: encodeGetFamily(IPVS_FAMILY) });
  if (!answer.ok) return answer;
  const id = decodeFamilyId(answer.value.payload);
  return id === null ? err(unreadable('family')) : ok(id);
}

/** Everything about IPVS takes CAP_NET_ADMIN, also reading. */
async function probe(socket: NetlinkSocket, family: number): Promise<KernelError | null> {
  const info = await socket.ask({ type: family, flags: 0, payload: encodeGetInfo() });
  return info.ok ? null : info.error;
}

function unavailable(error: KernelError): IpvsUnavailable {
  if (familyGone(error)) {
    return {
      code: 'no_ipvs',
      message:
        'this kernel has no IPVS: load it with "modprobe ip_vs", or use a kernel built with CONFIG_IP_VS',
    };
  }
  if (error.code === 'EPERM')
    return { code: 'no_permission', message: 'IPVS needs root or CAP_NET_ADMIN, which this process lacks' };
  return { code: 'error', message: `IPVS does not answer: ${error.message}` };
}

const unreadable = (what: string): KernelError => ({
  code: 'malformed',
  errno: 0,
  message: `the kernel's IPVS ${what} cannot be read`,
});

class KernelIpvs implements Ipvs {
  readonly #socket: NetlinkSocket;
  #family: number;

  constructor(socket: NetlinkSocket, family: number) {
    this.#socket = socket;
    this.#family = family;
  }

  async dump(): Promise<Result<ObservedTable, KernelError>> {
    const info = await this.#ask(encodeGetInfo());
    if (!info.ok) return info;
    const sizes = decodeInfoReply(info.value.payload);
    if (sizes === null) return err(unreadable('version'));
    const dumped = await this.#socket.dump(this.#request(encodeGetService(null)));
    if (!dumped.ok) return dumped;
    // A dump that runs while the table changes can name a service twice.
    const services = new Map<string, ObservedService>();
    for (const message of dumped.value) {
      const bare = decodeServiceReply(message.payload);
      if (bare === null) return err(unreadable('service'));
      const name = serviceKey(bare.key);
      if (services.has(name)) continue;
      const service = await this.#withDests(bare);
      if (!service.ok) return service;
      services.set(name, service.value);
    }
    return ok({ ...sizes, services: [...services.values()] });
  }

  async dumpService(key: ServiceKey): Promise<Result<ObservedService | null, KernelError>> {
    const answer = await this.#ask(encodeGetService(key));
    if (!answer.ok) return answer.error.code === 'ESRCH' ? ok(null) : answer;
    const bare = decodeServiceReply(answer.value.payload);
    return bare === null ? err(unreadable('service')) : this.#withDests(bare);
  }

  async perform(ops: readonly IpvsOp[]): Promise<readonly Result<void, KernelError>[]> {
    const results = await this.#socket.performEach(ops, (datagram) => {
      const writer = new IpvsOpWriter(datagram, this.#family);
      return (op: IpvsOp) => writer.write(op);
    });
    return results.map((result, i) => {
      const op = ops[i];
      return result.ok || op === undefined ? result : err(explain(op, result.error));
    });
  }

  async timeouts(): Promise<Result<IpvsTimeouts, KernelError>> {
    const answer = await this.#ask(encodeGetTimeouts());
    if (!answer.ok) return answer;
    const timeouts = decodeTimeoutsReply(answer.value.payload);
    return timeouts === null ? err(unreadable('timeouts')) : ok(timeouts);
  }

  async syncDaemons(): Promise<Result<readonly SyncDaemon[], KernelError>> {
    const dumped = await this.#socket.dump(this.#request(encodeGetSyncDaemons()));
    if (!dumped.ok) return dumped;
    const daemons: SyncDaemon[] = [];
    for (const message of dumped.value) {
      const daemon = decodeSyncDaemonReply(message.payload);
      if (daemon === null) return err(unreadable('sync daemon'));
      daemons.push(daemon);
    }
    return ok(daemons);
  }

  performSettings(ops: readonly IpvsSettingOp[]): Promise<readonly Result<void, KernelError>[]> {
    return this.#socket.perform(ops.map((op) => this.#request(encodeIpvsSetting(op))));
  }

  close(): void {
    this.#socket.close();
  }

  async #withDests(service: ObservedService): Promise<Result<ObservedService, KernelError>> {
    const dumped = await this.#socket.dump(this.#request(encodeGetDests(service.key)));
    if (!dumped.ok) return dumped;
    const decoder = new DestDecoder(serviceFamily(service.key));
    const dests = new Map<string, ObservedDest>();
    for (const message of dumped.value) {
      const dest = decoder.decode(message.payload);
      if (dest === null) return err(unreadable('destination'));
      dests.set(destKey(dest.key), dest);
    }
    return ok({ ...service, dests: [...dests.values()] });
  }

  #request(payload: Uint8Array): NetlinkRequest {
    return { type: this.#family, flags: 0, payload };
  }

  /** Asks, once more under a new family number where the module was unloaded and loaded again since. */
  async #ask(payload: Uint8Array): Promise<Result<NetlinkMessage, KernelError>> {
    const answer = await this.#socket.ask(this.#request(payload));
    if (answer.ok || !familyGone(answer.error)) return answer;
    const family = await lookUp(this.#socket);
    if (!family.ok) return family;
    this.#family = family.value;
    return this.#socket.ask(this.#request(payload));
  }
}

/** No question about IPVS is answered with these by IPVS itself. */
const familyGone = (error: KernelError): boolean => error.code === 'ENOENT' || error.code === 'EOPNOTSUPP';

/** Says which module is missing: for a new or changed service ENOENT means its scheduler or persistence engine. */
function explain(op: IpvsOp, error: KernelError): KernelError {
  if (error.code !== 'ENOENT' || (op.op !== 'newService' && op.op !== 'setService')) return error;
  const { scheduler, persistence } = op.service.attrs;
  const wanted = [`scheduler ${scheduler} (module ip_vs_${scheduler})`];
  const engine = persistence?.engine ?? null;
  if (engine !== null) wanted.push(`persistence engine ${engine} (module ip_vs_pe_${engine})`);
  return { ...error, message: `the kernel lacks the ${wanted.join(' or the ')}` };
}
