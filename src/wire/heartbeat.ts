import { concatBytes, dataView } from '../base/bytes.ts';
import { type Family, type Ip, ipBytes, ipFromBytes } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type Micros, micros } from '../base/units.ts';

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
  /** How long a grant it asks the receiver for, whole milliseconds; 0 for none, which gives back one that it has. */
  readonly wants: Micros;
  /** By its own count it still has a grant of the receiver. */
  readonly hasGrant: boolean;
}

export type HeartbeatRole = (typeof ROLES)[number];

/** `not_yet`: the witness has not run for long enough to know whom its former self granted it. */
export type GrantVerdict = (typeof VERDICTS)[number];

/** What a witness answers to a wish of the receiver. */
export interface Grant {
  readonly family: Family;
  readonly vrid: number;
  readonly address: Ip | null;
  readonly verdict: GrantVerdict;
}

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
  /** The message of the receiver, by its sequence, that `grants` answer; 0 for none. */
  readonly answers: bigint;
  /** At most 255. */
  readonly grants: readonly Grant[];
}

/** `version`: no heartbeat, or of another version. `malformed`: it says what cannot be, or more than it should. */
export type HeartbeatError = 'truncated' | 'version' | 'malformed';

const ROLES = ['init', 'fault', 'backup', 'master'] as const;
/** "LBH" and the version. */
const MAGIC = 0x4c_42_48_01;
const HEADER = 39;
const ROUTER = 24;
const GRANT = 20;
const IPV6 = 0x80;
const NAMELESS = 0x40;
const HOLDS = 0x20;
const SERVES = 0x10;
const GRANTED = 0x08;
const UNUSED = 0x04;
const VERDICTS = ['yours', 'another', 'not_yet'] as const;
const GRANT_UNUSED = 0x3c;

/**
 * ```
 *  4 "LBH" 1   8 epoch   8 echo   8 sequence   8 answers
 *  1 length of the name   1 number of routers   1 number of grants   name
 *  each router:  1 flags: IPv6, no address, holds, can serve, has a grant, 0, role (2)   1 VRID   1 priority   1 zero
 *                4 wants, ms   16 address, IPv4 in the first four bytes
 *  each grant:   1 flags: IPv6, no address, 0, 0, 0, 0, verdict (2)   1 VRID   2 zero   16 address, as above
 * ```
 * Throws RangeError where a field has no room for its value.
 */
export function encodeHeartbeat(heartbeat: Heartbeat): Uint8Array {
  const { epoch, echo, sequence, routerId, routers, answers, grants } = heartbeat;
  const name = new TextEncoder().encode(routerId);
  if (name.length > 255 || routers.length > 255 || grants.length > 255) {
    throw new RangeError('a heartbeat counts in one byte');
  }
  const header = new Uint8Array(HEADER);
  const view = dataView(header);
  view.setUint32(0, MAGIC);
  view.setBigUint64(4, epoch);
  view.setBigUint64(12, echo);
  view.setBigUint64(20, sequence);
  view.setBigUint64(28, answers);
  header.set([name.length, routers.length, grants.length], 36);
  return concatBytes([header, name, ...routers.map(encodeRouter), ...grants.map(encodeGrant)]);
}

const flag = (bit: number, set: boolean): number => (set ? bit : 0);
const flagsOf = ({ family, address }: NewsKey): number =>
  flag(IPV6, family === 'inet6') | flag(NAMELESS, address === null);

function encodeRouter(news: RouterNews): Uint8Array {
  const { vrid, address, role, priority, holds, canServe, wants, hasGrant } = news;
  const bytes = new Uint8Array(ROUTER);
  const said = flag(HOLDS, holds) | flag(SERVES, canServe) | flag(GRANTED, hasGrant);
  bytes.set([flagsOf(news) | said | ROLES.indexOf(role), vrid, priority]);
  const milliseconds = wants / 1000;
  if (milliseconds > 0xffff_ffff) throw new RangeError('a grant is as long as four bytes of milliseconds');
  dataView(bytes).setUint32(4, milliseconds);
  if (address !== null) bytes.set(ipBytes(address), 8);
  return bytes;
}

function encodeGrant(grant: Grant): Uint8Array {
  const bytes = new Uint8Array(GRANT);
  bytes.set([flagsOf(grant) | VERDICTS.indexOf(grant.verdict), grant.vrid]);
  if (grant.address !== null) bytes.set(ipBytes(grant.address), 4);
  return bytes;
}

/** The whole of `bytes` is one heartbeat. */
export function decodeHeartbeat(bytes: Uint8Array): Result<Heartbeat, HeartbeatError> {
  if (bytes.length < HEADER) return err('truncated');
  const view = dataView(bytes);
  if (view.getUint32(0) !== MAGIC) return err('version');
  const routersAt = HEADER + view.getUint8(36);
  const grantsAt = routersAt + view.getUint8(37) * ROUTER;
  const length = grantsAt + view.getUint8(38) * GRANT;
  if (bytes.length < length) return err('truncated');
  if (bytes.length > length) return err('malformed');
  const routerId = decodeName(bytes.subarray(HEADER, routersAt));
  const routers = decodeEach(bytes.subarray(routersAt, grantsAt), ROUTER, decodeRouter);
  const grants = decodeEach(bytes.subarray(grantsAt), GRANT, decodeGrant);
  if (routerId === null || routers === null || grants === null) return err('malformed');
  return ok({
    epoch: view.getBigUint64(4),
    echo: view.getBigUint64(12),
    sequence: view.getBigUint64(20),
    routerId,
    routers,
    answers: view.getBigUint64(28),
    grants,
  });
}

/** Null for what is not UTF-8. */
function decodeName(bytes: Uint8Array): string | null {
  const name = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const again = new TextEncoder().encode(name);
  return again.length === bytes.length && again.every((byte, i) => byte === bytes[i]) ? name : null;
}

/** Null where one of them is malformed. */
function decodeEach<T>(bytes: Uint8Array, size: number, decode: (one: Uint8Array) => T | null): T[] | null {
  const all: T[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const one = decode(bytes.subarray(at, at + size));
    if (one === null) return null;
    all.push(one);
  }
  return all;
}

function decodeRouter(bytes: Uint8Array): RouterNews | null {
  const [flags = 0, vrid = 0, priority = 0, zero = 0] = bytes;
  const role = ROLES[flags & 3];
  const address = decodeAddress(flags, bytes.subarray(8));
  if (role === undefined || address === undefined || (flags & UNUSED) !== 0 || zero !== 0) return null;
  return {
    family: familyOf(flags),
    vrid,
    address,
    role,
    priority,
    holds: (flags & HOLDS) !== 0,
    canServe: (flags & SERVES) !== 0,
    wants: micros(dataView(bytes).getUint32(4) * 1000),
    hasGrant: (flags & GRANTED) !== 0,
  };
}

function decodeGrant(bytes: Uint8Array): Grant | null {
  const [flags = 0, vrid = 0, zero = 0, another = 0] = bytes;
  const verdict = VERDICTS[flags & 3];
  const address = decodeAddress(flags, bytes.subarray(4));
  if (verdict === undefined || address === undefined || (flags & GRANT_UNUSED) !== 0) return null;
  return zero === 0 && another === 0 ? { family: familyOf(flags), vrid, address, verdict } : null;
}

const familyOf = (flags: number): Family => ((flags & IPV6) === 0 ? 'inet' : 'inet6');

/** Null for none; undefined where bytes that mean nothing are not zero. */
function decodeAddress(flags: number, bytes: Uint8Array): Ip | null | undefined {
  const size = (flags & NAMELESS) !== 0 ? 0 : (flags & IPV6) !== 0 ? 16 : 4;
  if (bytes.subarray(size).some((byte) => byte !== 0)) return undefined;
  return size === 0 ? null : ipFromBytes(bytes.subarray(0, size));
}

type NewsKey = Pick<RouterNews, 'family' | 'vrid' | 'address'>;

/** What tells a virtual router from all others of the two directors. */
export const newsKey = ({ family, vrid, address }: NewsKey): string => `${family} ${vrid} ${address ?? ''}`;
