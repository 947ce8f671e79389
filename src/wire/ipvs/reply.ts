import type { ObservedService } from '../../model/services.ts';
import { decodeGenl } from '../genl.ts';
import { type Attr, attrNumber, findAttr } from '../netlink.ts';
import { INFO, TOP } from './constants.ts';
import { decodeService } from './service.ts';

/** The service in an answer to IPVS_CMD_GET_SERVICE, its destinations still missing; null where there is none. */
export function decodeServiceReply(payload: Uint8Array): ObservedService | null {
  const nested = top(payload, TOP.service);
  return nested === null ? null : decodeService(nested);
}

export interface IpvsInfo {
  /** `1.2.1`. */
  readonly version: string;
  readonly connectionTableSize: number;
}

/** The answer to IPVS_CMD_GET_INFO; null where it cannot be read. */
export function decodeInfoReply(payload: Uint8Array): IpvsInfo | null {
  const version = number(top(payload, INFO.version));
  const size = number(top(payload, INFO.connectionTableSize));
  if (version === null || size === null) return null;
  return {
    version: [version >> 16, version >> 8, version].map((part) => part & 0xff).join('.'),
    connectionTableSize: size,
  };
}

function top(payload: Uint8Array, type: number): Attr | null {
  const decoded = decodeGenl(payload);
  return decoded.ok ? (findAttr(decoded.value.attrs, type) ?? null) : null;
}

function number(attribute: Attr | null): number | null {
  const value = attribute === null ? null : attrNumber(attribute);
  return value === null ? null : Number(value);
}
