import { type Ip, parseIp } from '../base/ip.ts';

/** `10.0.0.1`, `10.0.0.1:80`, `2001:db8::1`, `[2001:db8::1]:80`; null for anything else. */
export function parseServer(text: string): { readonly address: Ip; readonly port: number | null } | null {
  const whole = parseIp(text);
  if (whole !== null) return { address: whole, port: null };
  const [, bracketed, plain, digits] = /^(?:\[(.+)\]|([^[\]:]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = parseIp(bracketed ?? plain ?? '');
  return address === null ? null : { address, port: Number(digits) };
}
