import { concatBytes, dataView } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';

/**
 * One netlink message (linux/netlink.h, struct nlmsghdr). Netlink numbers are in the host's byte order; this
 * codec is little-endian, as are x86-64 and arm64.
 *
 * ```
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |              Length, header included, padding not             |
 * |             Type              |             Flags             |
 * |                        Sequence number                        |
 * |                     Port of the sender (pid)                  |
 * |           Payload, the next message 4-byte aligned            |
 * +---------------------------------------------------------------+
 * ```
 */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly seq: number;
  readonly port: number;
  readonly payload: Uint8Array;
}

export type NetlinkError = 'truncated' | 'length';

/** linux/netlink.h */
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;

/** linux/netlink.h: NLM_F_* of any message, then of GET and NEW requests, then of acknowledgements. */
export const NLM_F = {
  REQUEST: 0x1,
  MULTI: 0x2,
  ACK: 0x4,
  DUMP_INTR: 0x10,
  DUMP: 0x300,
  REPLACE: 0x100,
  EXCL: 0x200,
  CREATE: 0x400,
  CAPPED: 0x100,
  ACK_TLVS: 0x200,
} as const;

export const NETLINK_HEADER = 16;

/** Multiples of 4, to which messages, attributes and fixed parts are padded (NLMSG_ALIGN, NLA_ALIGN). */
export const align4 = (length: number): number => (length + 3) & ~3;

/** The datagram of these messages, each padded to 4 bytes. */
export function encodeMessages(messages: readonly NetlinkMessage[]): Uint8Array {
  const bytes = new Uint8Array(messages.reduce((sum, message) => sum + encodedLength(message), 0));
  const view = dataView(bytes);
  let at = 0;
  for (const message of messages) {
    view.setUint32(at, NETLINK_HEADER + message.payload.length, true);
    view.setUint16(at + 4, message.type, true);
    view.setUint16(at + 6, message.flags, true);
    view.setUint32(at + 8, message.seq, true);
    view.setUint32(at + 12, message.port, true);
    bytes.set(message.payload, at + NETLINK_HEADER);
    at += encodedLength(message);
  }
  return bytes;
}

/** Bytes that a message takes in a datagram. */
export const encodedLength = (message: { readonly payload: Uint8Array }): number =>
  NETLINK_HEADER + align4(message.payload.length);

/** Every message of a datagram; payloads share its bytes. An error where the last one is cut or a length lies. */
export function decodeMessages(datagram: Uint8Array): Result<readonly NetlinkMessage[], NetlinkError> {
  const view = dataView(datagram);
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at < datagram.length; ) {
    if (datagram.length - at < NETLINK_HEADER) return err('truncated');
    const length = view.getUint32(at, true);
    if (length < NETLINK_HEADER) return err('length');
    if (length > datagram.length - at) return err('truncated');
    messages.push({
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      seq: view.getUint32(at + 8, true),
      port: view.getUint32(at + 12, true),
      payload: datagram.subarray(at + NETLINK_HEADER, at + length),
    });
    // The last message may come without its padding.
    at += align4(length);
  }
  return ok(messages);
}

/** What NLMSG_ERROR (struct nlmsgerr) or NLMSG_DONE says. */
export interface NetlinkStatus {
  /** Positive; 0 is success. */
  readonly errno: number;
  /** The kernel's extended acknowledgement, where the socket asked for it (NETLINK_EXT_ACK). */
  readonly text: string | null;
}

const NLMSGERR_ATTR_MSG = 1;

/** Reads the payload of an NLMSG_ERROR message: errno, the request's header (and its payload unless capped). */
export function decodeStatus(message: NetlinkMessage): Result<NetlinkStatus, NetlinkError> {
  if (message.payload.length < 4 + NETLINK_HEADER) return err('truncated');
  const view = dataView(message.payload);
  const status = { errno: -view.getInt32(0, true) + 0, text: null };
  if ((message.flags & NLM_F.ACK_TLVS) === 0) return ok(status);
  const echoed = (message.flags & NLM_F.CAPPED) === 0 ? view.getUint32(4, true) : NETLINK_HEADER;
  if (echoed < NETLINK_HEADER) return err('length');
  return statusText(status, message.payload.subarray(4 + align4(echoed)));
}

/** Reads the payload of an NLMSG_DONE message. Kernels before 2.6 sent none, which means 0. */
export function decodeDone(message: NetlinkMessage): Result<NetlinkStatus, NetlinkError> {
  if (message.payload.length === 0) return ok({ errno: 0, text: null });
  if (message.payload.length < 4) return err('truncated');
  const status = { errno: -dataView(message.payload).getInt32(0, true) + 0, text: null };
  if ((message.flags & NLM_F.ACK_TLVS) === 0) return ok(status);
  return statusText(status, message.payload.subarray(4));
}

function statusText(status: NetlinkStatus, tlvs: Uint8Array): Result<NetlinkStatus, NetlinkError> {
  const attrs = decodeAttrs(tlvs);
  if (!attrs.ok) return attrs;
  const text = findAttr(attrs.value, NLMSGERR_ATTR_MSG);
  return ok({ errno: status.errno, text: text === undefined ? null : attrText(text) });
}

/** One attribute (struct nlattr) without its header. Unknown types are kept as they came. */
export interface Attr {
  readonly type: number;
  /** The NLA_F_NESTED bit: the payload holds attributes. The kernel does not always set it. */
  readonly nested: boolean;
  readonly payload: Uint8Array;
}

const NLA_F_NESTED = 0x8000;
const NLA_F_NET_BYTEORDER = 0x4000;
const NLA_HEADER = 4;
const NLA_MAX = 0xffff - NLA_HEADER;

/** Attributes one after the other, each padded. Throws RangeError for a payload that no attribute can hold. */
export function encodeAttrs(attrs: readonly Attr[]): Uint8Array {
  const bytes = new Uint8Array(
    attrs.reduce((sum, attr) => sum + NLA_HEADER + align4(attr.payload.length), 0),
  );
  const view = dataView(bytes);
  let at = 0;
  for (const { type, nested, payload } of attrs) {
    if (payload.length > NLA_MAX) throw new RangeError(`an attribute of ${payload.length} bytes`);
    view.setUint16(at, NLA_HEADER + payload.length, true);
    view.setUint16(at + 2, nested ? type | NLA_F_NESTED : type, true);
    bytes.set(payload, at + NLA_HEADER);
    at += NLA_HEADER + align4(payload.length);
  }
  return bytes;
}

/** Every attribute of a payload's attribute part. Up to 3 bytes of padding may follow the last. */
export function decodeAttrs(bytes: Uint8Array): Result<readonly Attr[], NetlinkError> {
  const view = dataView(bytes);
  const attrs: Attr[] = [];
  for (let at = 0; bytes.length - at >= NLA_HEADER; ) {
    const length = view.getUint16(at, true);
    if (length < NLA_HEADER) return err('length');
    if (length > bytes.length - at) return err('truncated');
    const type = view.getUint16(at + 2, true);
    attrs.push({
      type: type & ~(NLA_F_NESTED | NLA_F_NET_BYTEORDER),
      nested: (type & NLA_F_NESTED) !== 0,
      payload: bytes.subarray(at + NLA_HEADER, at + length),
    });
    at += align4(length);
  }
  return ok(attrs);
}

export const attr = (type: number, ...parts: readonly Uint8Array[]): Attr => ({
  type,
  nested: false,
  payload: parts.length === 1 && parts[0] !== undefined ? parts[0] : concatBytes(parts),
});

export const nestedAttr = (type: number, attrs: readonly Attr[]): Attr => ({
  type,
  nested: true,
  payload: encodeAttrs(attrs),
});

/** A NUL-terminated string of ASCII. */
export const textAttr = (type: number, text: string): Attr =>
  attr(
    type,
    Uint8Array.from(`${text}\0`, (character) => character.charCodeAt(0)),
  );

/** The last attribute of a type: the kernel's own parser lets the last one win. */
export const findAttr = (attrs: readonly Attr[], type: number): Attr | undefined =>
  attrs.findLast((candidate) => candidate.type === type);

/** An unsigned number of 1, 2, 4 or 8 bytes in host order; null at any other length. */
export function attrNumber(attribute: Attr): bigint | null {
  const view = dataView(attribute.payload);
  switch (view.byteLength) {
    case 1:
      return BigInt(view.getUint8(0));
    case 2:
      return BigInt(view.getUint16(0, true));
    case 4:
      return BigInt(view.getUint32(0, true));
    case 8:
      return view.getBigUint64(0, true);
    default:
      return null;
  }
}

/** Text up to the first NUL, byte by byte. */
export function attrText(attribute: Attr): string {
  const end = attribute.payload.indexOf(0);
  const bytes = end === -1 ? attribute.payload : attribute.payload.subarray(0, end);
  return String.fromCharCode(...bytes);
}
