import { concatBytes, dataView } from '../base/bytes.ts';
import { type Family, type Ip, ipBytes, ipFromBytes } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';

/** What a director says of one of its virtual routers. */
export interface RouterNews {
  readonly family: Family;
  readonly vrid: number;
  /** Its first virtual address; null for none. With the two above it tells routers of several links apart. */
  readonly address: Ip | null;
  readonly role: HeartbeatRole;
  /** Effective, 0–255. */
  readonly priority: number;
  /** Its addresses are on the machine. */
  readonly holds: boolean;
  /** It has no fault, and reaches what it has to. */
  readonly canServe: boolean;
}

export type HeartbeatRole = (typeof ROLES)[number];

/** One message of a director to another. */
export interface Heartbeat {
  /** A number that the sender draws at its start, 64 bits. */
  readonly epoch: bigint;
  /** The last epoch of the receiver that the sender knows; 0 for none. */
  readonly echo: bigint;
  /** Grows with every message of an epoch, 64 bits. */
  readonly sequence: bigint;
  /** Name of the sender, at most 255 bytes of UTF-8. */
  readonly routerId: string;
  /** At most 255. */
  readonly routers: readonly RouterNews[];
}

/** `version`: no heartbeat, or of another version. `malformed`: it says what cannot be, or more than it should. */
export type HeartbeatError = 'truncated' | 'version' | 'malformed';

const ROLES = ['init', 'fault', 'backup', 'master'] as const;
/** "LBH" and the version. */
const MAGIC = 0x4c_42_48_01;
const HEADER = 30;
const ROUTER = 20;
const IPV6 = 0x80;
const NAMELESS = 0x40;
const HOLDS = 0x20;
const SERVES = 0x10;
const UNUSED = 0x0c;

/**
 * ```
 *  4 "LBH" 1   8 epoch   8 echo   8 sequence   1 length of the name   1 number of routers   name
 *  each router:  1 flags: IPv6, no address, holds, can serve, 0, 0, role (2)   1 VRID   1 priority   1 zero
 *                16 address, IPv4 in the first four bytes
 * ```
 * Throws RangeError where a field has no room for its value.
 */
export function encodeHeartbeat({ epoch, echo, sequence, routerId, routers }: Heartbeat): Uint8Array {
  const name = new TextEncoder().encode(routerId);
  if (name.length > 255 || routers.length > 255) throw new RangeError('a heartbeat counts in one byte');
  const header = new Uint8Array(HEADER);
  const view = dataView(header);
  view.setUint32(0, MAGIC);
  view.setBigUint64(4, epoch);
  view.setBigUint64(12, echo);
  view.setBigUint64(20, sequence);
  view.setUint8(28, name.length);
  view.setUint8(29, routers.length);
  return concatBytes([header, name, ...routers.map(encodeRouter)]);
}

function encodeRouter({ family, vrid, address, role, priority, holds, canServe }: RouterNews): Uint8Array {
  const bytes = new Uint8Array(ROUTER);
  const flag = (bit: number, set: boolean) => (set ? bit : 0);
  bytes[0] =
    flag(IPV6, family === 'inet6') |
    flag(NAMELESS, address === null) |
    flag(HOLDS, holds) |
    flag(SERVES, canServe) |
    ROLES.indexOf(role);
  bytes[1] = vrid;
  bytes[2] = priority;
  if (address !== null) bytes.set(ipBytes(address), 4);
  return bytes;
}

/** The whole of `bytes` is one heartbeat. */
export function decodeHeartbeat(bytes: Uint8Array): Result<Heartbeat, HeartbeatError> {
  if (bytes.length < HEADER) return err('truncated');
  const view = dataView(bytes);
  if (view.getUint32(0) !== MAGIC) return err('version');
  const routersAt = HEADER + view.getUint8(28);
  const count = view.getUint8(29);
  const length = routersAt + count * ROUTER;
  if (bytes.length < length) return err('truncated');
  if (bytes.length > length) return err('malformed');
  const routerId = decodeName(bytes.subarray(HEADER, routersAt));
  if (routerId === null) return err('malformed');
  const routers: RouterNews[] = [];
  for (let at = routersAt; at < length; at += ROUTER) {
    const router = decodeRouter(bytes.subarray(at, at + ROUTER));
    if (router === null) return err('malformed');
    routers.push(router);
  }
  return ok({
    epoch: view.getBigUint64(4),
    echo: view.getBigUint64(12),
    sequence: view.getBigUint64(20),
    routerId,
    routers,
  });
}

/** Null for what is not UTF-8. */
function decodeName(bytes: Uint8Array): string | null {
  const name = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const again = new TextEncoder().encode(name);
  return again.length === bytes.length && again.every((byte, i) => byte === bytes[i]) ? name : null;
}

function decodeRouter(bytes: Uint8Array): RouterNews | null {
  const [flags = 0, vrid = 0, priority = 0, zero = 0] = bytes;
  const role = ROLES[flags & 3];
  const isIpv6 = (flags & IPV6) !== 0;
  const address = bytes.subarray(4, isIpv6 ? 20 : 8);
  const isNameless = (flags & NAMELESS) !== 0;
  const unused = isNameless ? bytes.subarray(4) : isIpv6 ? bytes.subarray(20) : bytes.subarray(8);
  if (role === undefined || (flags & UNUSED) !== 0 || zero !== 0 || unused.some((byte) => byte !== 0))
    return null;
  return {
    family: isIpv6 ? 'inet6' : 'inet',
    vrid,
    address: isNameless ? null : ipFromBytes(address),
    role,
    priority,
    holds: (flags & HOLDS) !== 0,
    canServe: (flags & SERVES) !== 0,
  };
}

/** What tells a virtual router from all others of the two directors. */
export const newsKey = ({ family, vrid, address }: Pick<RouterNews, 'family' | 'vrid' | 'address'>): string =>
  `${family} ${vrid} ${address ?? ''}`;
