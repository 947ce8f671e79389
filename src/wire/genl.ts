import { concatBytes } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import {
  type Attr,
  attrNumber,
  decodeAttrs,
  encodeAttrs,
  findAttr,
  type NetlinkError,
  textAttr,
} from './netlink.ts';

/**
 * The payload of a generic netlink message (linux/genetlink.h, struct genlmsghdr): command, version, two
 * reserved bytes, attributes.
 */
export interface GenlPayload {
  readonly command: number;
  readonly version: number;
  readonly attrs: readonly Attr[];
}

export const GENL_HEADER = 4;

export function encodeGenl(payload: GenlPayload): Uint8Array {
  return concatBytes([Uint8Array.of(payload.command, payload.version, 0, 0), encodeAttrs(payload.attrs)]);
}

export function decodeGenl(bytes: Uint8Array): Result<GenlPayload, NetlinkError> {
  if (bytes.length < GENL_HEADER) return err('truncated');
  const attrs = decodeAttrs(bytes.subarray(GENL_HEADER));
  if (!attrs.ok) return attrs;
  return ok({ command: bytes[0] ?? 0, version: bytes[1] ?? 0, attrs: attrs.value });
}

/** Message type of the controller, which knows the other families (linux/genetlink.h). */
export const GENL_ID_CTRL = 16;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_ATTR_FAMILY_ID = 1;
const CTRL_ATTR_FAMILY_NAME = 2;

/** The question for a family's id; the kernel may load the family's module to answer it. */
export function encodeGetFamily(name: string): Uint8Array {
  return encodeGenl({
    command: CTRL_CMD_GETFAMILY,
    version: 1,
    attrs: [textAttr(CTRL_ATTR_FAMILY_NAME, name)],
  });
}

/** The message type that stands for the family in this answer; null where it has none. */
export function decodeFamilyId(bytes: Uint8Array): number | null {
  const payload = decodeGenl(bytes);
  if (!payload.ok) return null;
  const id = findAttr(payload.value.attrs, CTRL_ATTR_FAMILY_ID);
  const number = id === undefined ? null : attrNumber(id);
  return number === null ? null : Number(number);
}
