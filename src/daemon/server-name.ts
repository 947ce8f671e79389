import { type Ip, parseIp } from '../base/ip.ts';

/** A real server; null for every port. */
export interface ServerName {
  readonly address: Ip;
  readonly port: number | null;
}

/** `10.0.0.1`, `10.0.0.1:80`, `2001:db8::1`, `[2001:db8::1]:80`; null for anything else. */
export function parseServer(text: string): ServerName | null {
  const whole = parseIp(text);
  if (whole !== null) return { address: whole, port: null };
  const [, bracketed, plain, digits] = /^(?:\[(.+)\]|([^[\]:]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = parseIp(bracketed ?? plain ?? '');
  return address === null ? null : { address, port: Number(digits) };
}

/** `SERVER` or `SERVER@SERVICE`, with the service as it is written and null for all; null for anything else. */
export function parseServerOf(text: string): (ServerName & { readonly service: string | null }) | null {
  const [, server = '', service = null] = /^([^@]*)(?:@(.*))?$/.exec(text) ?? [];
  const end = parseServer(server);
  return end === null ? null : { ...end, service };
}
