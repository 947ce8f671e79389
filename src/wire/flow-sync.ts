import { concatBytes, dataView } from '../base/bytes.ts';
import { type Ip, ipBytes, ipFamily, ipFromBytes } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type WallTime, wallTime } from '../base/units.ts';
import type { FlowBatch, SharedFlow, SharedState } from '../model/flow-sync.ts';
import type { DestKey, Protocol } from '../model/services.ts';
import type { XdpServiceKey } from '../model/xdp.ts';
import { PROTOCOLS } from './xdp/key.ts';
import { FLOW_STATES } from './xdp/layout.ts';

/** One datagram of a director to the others. */
export interface FlowSyncMessage {
  /** The sender, so that nobody else can send it again as his own. */
  readonly source: Ip;
  /** Grows with every start of the sender: microseconds since 1970 as its clock had them. */
  readonly epoch: bigint;
  /** Grows by one with every datagram of an epoch, 64 bits. */
  readonly sequence: bigint;
  /** When it was sent. */
  readonly time: WallTime;
  readonly body: FlowSyncBody;
}

/**
 * `hello` says that the sender is there. Another `request` than before asks for all flows: the sender has started, or
 * has not heard us for a while.
 */
export type FlowSyncBody =
  | { readonly kind: 'hello'; readonly request: number }
  | ({ readonly kind: 'flows' } & FlowBatch);

/** `version`: no such message, or of another version. `malformed`: it says what cannot be. */
export type FlowSyncError = 'truncated' | 'version' | 'malformed';

/** "LBF" and the version. */
const MAGIC = 0x4c_42_46_01;
const KINDS = { hello: 0, flows: 1 } as const;
const HEADER = 48;

/** Bytes of what a message is made of; all flows of one have to be counted in the bytes for that. */
export const FLOW_SYNC_SIZES = { header: HEADER + 4, service: 20, server: 20, flow: 14 } as const;
export const MOST_NAMES = 255;

/**
 * ```
 *  4 "LBF" 1   1 kind   1 IP version of the source   2 zero   8 epoch   8 sequence   8 time, ms   16 source
 *  hello:   4 request
 *  flows:   1 number of services   1 number of servers   2 number of flows
 *  each service:  1 IP version   1 protocol             2 port   16 address
 *  each server:   1 IP version   1 place of its service  2 port   16 address
 *  each flow:     8 tag   1 place of its server   1 state   4 left, ticks
 * ```
 * Addresses of IPv4 are in the first four bytes. Throws RangeError where a field has no room for its value.
 */
export function encodeFlowSync({ source, epoch, sequence, time, body }: FlowSyncMessage): Uint8Array {
  const header = new Uint8Array(HEADER);
  const view = dataView(header);
  view.setUint32(0, MAGIC);
  header.set([KINDS[body.kind], ipVersion(source)], 4);
  view.setBigUint64(8, epoch);
  view.setBigUint64(16, sequence);
  view.setBigUint64(24, BigInt(time));
  header.set(ipBytes(source), 32);
  return concatBytes([
    header,
    ...(body.kind === 'hello' ? [encodeRequest(body.request)] : encodeBatch(body)),
  ]);
}

function encodeRequest(request: number): Uint8Array {
  const bytes = new Uint8Array(4);
  dataView(bytes).setUint32(0, request);
  return bytes;
}

function encodeBatch({ services, servers, flows }: FlowBatch): readonly Uint8Array[] {
  if (services.length > MOST_NAMES || servers.length > MOST_NAMES || flows.length > 0xffff)
    throw new RangeError('a message has too many flows');
  const counts = new Uint8Array(4);
  counts.set([services.length, servers.length]);
  dataView(counts).setUint16(2, flows.length);
  const bytes = new Uint8Array(flows.length * FLOW_SYNC_SIZES.flow);
  const view = dataView(bytes);
  for (const [i, { tag, server, state, left }] of flows.entries()) {
    const at = i * FLOW_SYNC_SIZES.flow;
    view.setBigUint64(at, tag);
    view.setUint8(at + 8, server);
    view.setUint8(at + 9, FLOW_STATES[state]);
    view.setUint32(at + 10, left);
  }
  return [
    counts,
    ...services.map(({ address, protocol, port }) => encodeName(address, PROTOCOLS[protocol], port)),
    ...servers.map(({ service, key }) => encodeName(key.address, service, key.port)),
    bytes,
  ];
}

const ipVersion = (address: Ip): 4 | 6 => (ipFamily(address) === 'inet' ? 4 : 6);

function encodeName(address: Ip, second: number, port: number): Uint8Array {
  const bytes = new Uint8Array(FLOW_SYNC_SIZES.service);
  bytes.set([ipVersion(address), second]);
  dataView(bytes).setUint16(2, port);
  bytes.set(ipBytes(address), 4);
  return bytes;
}

/** The whole of `bytes` is one message. */
export function decodeFlowSync(bytes: Uint8Array): Result<FlowSyncMessage, FlowSyncError> {
  if (bytes.length < FLOW_SYNC_SIZES.header) return err('truncated');
  const view = dataView(bytes);
  if (view.getUint32(0) !== MAGIC) return err('version');
  const source = decodeAddress(view.getUint8(5), bytes.subarray(32, HEADER));
  const time = view.getBigUint64(24);
  if (source === null || view.getUint16(6) !== 0 || time > Number.MAX_SAFE_INTEGER) return err('malformed');
  const body = decodeBody(view.getUint8(4), bytes.subarray(HEADER));
  if (!body.ok) return body;
  return ok({
    source,
    epoch: view.getBigUint64(8),
    sequence: view.getBigUint64(16),
    time: wallTime(Number(time)),
    body: body.value,
  });
}

function decodeBody(kind: number, bytes: Uint8Array): Result<FlowSyncBody, FlowSyncError> {
  if (kind === KINDS.flows) return decodeBatch(bytes);
  if (kind !== KINDS.hello || bytes.length > 4) return err('malformed');
  return ok({ kind: 'hello', request: dataView(bytes).getUint32(0) });
}

function decodeBatch(bytes: Uint8Array): Result<FlowSyncBody, FlowSyncError> {
  const counts = dataView(bytes);
  const serversAt = 4 + counts.getUint8(0) * FLOW_SYNC_SIZES.service;
  const flowsAt = serversAt + counts.getUint8(1) * FLOW_SYNC_SIZES.server;
  const length = flowsAt + counts.getUint16(2) * FLOW_SYNC_SIZES.flow;
  if (bytes.length < length) return err('truncated');
  if (bytes.length > length) return err('malformed');
  const services = each(bytes.subarray(4, serversAt), FLOW_SYNC_SIZES.service, decodeService);
  if (services === null) return err('malformed');
  const servers = each(bytes.subarray(serversAt, flowsAt), FLOW_SYNC_SIZES.server, (one) =>
    decodeServer(one, services.length),
  );
  if (servers === null) return err('malformed');
  const flows = each(bytes.subarray(flowsAt), FLOW_SYNC_SIZES.flow, (one) => decodeFlow(one, servers.length));
  return flows === null ? err('malformed') : ok({ kind: 'flows', services, servers, flows });
}

/** Null where one of them is malformed. */
function each<T>(bytes: Uint8Array, size: number, decode: (one: Uint8Array) => T | null): T[] | null {
  const all: T[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const one = decode(bytes.subarray(at, at + size));
    if (one === null) return null;
    all.push(one);
  }
  return all;
}

const PROTOCOL_NAMES: ReadonlyMap<number, Protocol> = new Map(
  (Object.keys(PROTOCOLS) as Protocol[]).map((name) => [PROTOCOLS[name], name]),
);
const STATES: readonly SharedState[] = ['established', 'fin', 'udp', 'sctp', 'persist'];
const STATE_NAMES: ReadonlyMap<number, SharedState> = new Map(
  STATES.map((name) => [FLOW_STATES[name], name]),
);

function decodeService(bytes: Uint8Array): XdpServiceKey | null {
  const protocol = PROTOCOL_NAMES.get(bytes[1] ?? 0);
  const name = decodeName(bytes);
  return name === null || protocol === undefined ? null : { kind: 'address', protocol, ...name };
}

function decodeServer(bytes: Uint8Array, services: number): FlowBatch['servers'][number] | null {
  const service = bytes[1] ?? 0;
  const key = decodeName(bytes);
  return key === null || service >= services ? null : { service, key };
}

function decodeName(bytes: Uint8Array): DestKey | null {
  const address = decodeAddress(bytes[0] ?? 0, bytes.subarray(4));
  return address === null ? null : { address, port: dataView(bytes).getUint16(2) };
}

function decodeFlow(bytes: Uint8Array, servers: number): SharedFlow | null {
  const view = dataView(bytes);
  const server = view.getUint8(8);
  const state = STATE_NAMES.get(view.getUint8(9));
  if (server >= servers || state === undefined) return null;
  return { tag: view.getBigUint64(0), server, state, left: view.getUint32(10) };
}

/** Null for what is no address, or has bytes that mean nothing and are not zero. */
function decodeAddress(version: number, bytes: Uint8Array): Ip | null {
  const size = version === 4 ? 4 : version === 6 ? 16 : 0;
  if (size === 0 || bytes.subarray(size).some((byte) => byte !== 0)) return null;
  return ipFromBytes(bytes.subarray(0, size));
}
