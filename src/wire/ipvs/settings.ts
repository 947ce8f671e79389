import { littleEndian } from '../../base/bytes.ts';
import { type Ip, ipBytes, ipFamily, parseIp } from '../../base/ip.ts';
import type {
  IpvsSettingOp,
  IpvsTimeouts,
  SyncDaemon,
  SyncRole,
  WantedTimeouts,
} from '../../model/ipvs-settings.ts';
import { decodeGenl, encodeGenl } from '../genl.ts';
import {
  type Attr,
  attr,
  attrNumber,
  attrText,
  decodeAttrs,
  findAttr,
  nestedAttr,
  textAttr,
} from '../netlink.ts';
import { decodeInetAddr } from './address.ts';
import { COMMAND, DAEMON, DAEMON_STATE, IPVS_VERSION, TOP } from './constants.ts';

/** What Linux before 4.3 has, which does not tell (ip_vs_sync.c). */
const OLD = { group: parseIp('224.0.0.81'), port: 8848, ttl: 1 };

/** The generic netlink payload that makes the kernel do this. */
export function encodeIpvsSetting(op: IpvsSettingOp): Uint8Array {
  switch (op.op) {
    case 'startSyncDaemon':
      return request('newDaemon', [nestedAttr(TOP.daemon, daemonAttrs(op.daemon))]);
    case 'stopSyncDaemon':
      return request('delDaemon', [nestedAttr(TOP.daemon, [roleAttr(op.role)])]);
    case 'setTimeouts':
      return request('setConfig', timeoutAttrs(op.timeouts));
  }
}

export const encodeGetTimeouts = (): Uint8Array => request('getConfig', []);

/** A dump. */
export const encodeGetSyncDaemons = (): Uint8Array => request('getDaemon', []);

/** The answer to IPVS_CMD_GET_CONFIG; null where it cannot be read. */
export function decodeTimeoutsReply(payload: Uint8Array): IpvsTimeouts | null {
  const decoded = decodeGenl(payload);
  if (!decoded.ok) return null;
  const number = numbersIn(decoded.value.attrs);
  const [tcp, tcpFin, udp] = [number(TOP.timeoutTcp), number(TOP.timeoutTcpFin), number(TOP.timeoutUdp)];
  return tcp === null || tcpFin === null || udp === null ? null : { tcp, tcpFin, udp };
}

/** A daemon of a dump; null where it cannot be read. */
export function decodeSyncDaemonReply(payload: Uint8Array): SyncDaemon | null {
  const decoded = decodeGenl(payload);
  const nested = decoded.ok ? findAttr(decoded.value.attrs, TOP.daemon) : undefined;
  const inside = nested === undefined ? null : decodeAttrs(nested.payload);
  if (inside === null || !inside.ok) return null;
  const attrs = inside.value;
  const number = numbersIn(attrs);
  const role = ROLES.find((each) => DAEMON_STATE[each] === number(DAEMON.state));
  const name = findAttr(attrs, DAEMON.interface);
  const id = number(DAEMON.id);
  const group = groupIn(attrs);
  if (role === undefined || name === undefined || id === null || group === null) return null;
  return {
    role,
    interface: attrText(name),
    id,
    maxLength: number(DAEMON.maxLength),
    group,
    port: number(DAEMON.port) ?? OLD.port,
    ttl: number(DAEMON.ttl) ?? OLD.ttl,
  };
}

const ROLES: readonly SyncRole[] = ['master', 'backup'];

function groupIn(attrs: readonly Attr[]): Ip | null {
  const [inet, inet6] = [findAttr(attrs, DAEMON.group), findAttr(attrs, DAEMON.group6)];
  if (inet !== undefined) return decodeInetAddr('inet', inet.payload);
  return inet6 === undefined ? OLD.group : decodeInetAddr('inet6', inet6.payload);
}

const roleAttr = (role: SyncRole): Attr => attr(DAEMON.state, littleEndian(DAEMON_STATE[role], 4));

/** Unlike those of services, its port is in host order (ip_vs_genl_new_daemon in ip_vs_ctl.c). */
function daemonAttrs({
  role,
  interface: name,
  id,
  maxLength,
  group,
  port,
  ttl,
}: SyncDaemon): readonly Attr[] {
  return [
    roleAttr(role),
    textAttr(DAEMON.interface, name),
    attr(DAEMON.id, littleEndian(id, 4)),
    ...(maxLength === null ? [] : [attr(DAEMON.maxLength, littleEndian(maxLength, 2))]),
    attr(ipFamily(group) === 'inet' ? DAEMON.group : DAEMON.group6, ipBytes(group)),
    attr(DAEMON.port, littleEndian(port, 2)),
    attr(DAEMON.ttl, littleEndian(ttl, 1)),
  ];
}

/** The kernel leaves alone what is not there. */
const timeoutAttrs = ({ tcp, tcpFin, udp }: WantedTimeouts): readonly Attr[] =>
  (
    [
      [TOP.timeoutTcp, tcp],
      [TOP.timeoutTcpFin, tcpFin],
      [TOP.timeoutUdp, udp],
    ] as const
  ).flatMap(([type, seconds]) => (seconds === null ? [] : [attr(type, littleEndian(seconds, 4))]));

const numbersIn =
  (attrs: readonly Attr[]) =>
  (type: number): number | null => {
    const found = findAttr(attrs, type);
    const value = found === undefined ? null : attrNumber(found);
    return value === null ? null : Number(value);
  };

const request = (command: keyof typeof COMMAND, attrs: readonly Attr[]): Uint8Array =>
  encodeGenl({ command: COMMAND[command], version: IPVS_VERSION, attrs });
