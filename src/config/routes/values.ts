import { type Family, type Ip, ipBytes, ipFamily, ipFromBytes, parseIp } from '../../base/ip.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Subnet } from '../../model/routes.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { nearest } from '../nearest.ts';
import { deviceName } from '../schema/scalars.ts';
import { maskLength } from '../subnet.ts';
import type { Parse } from './line.ts';
import { ROUTE_PROTOCOLS, ROUTE_SCOPES, type RouteNames } from './names.ts';

const quote = (text: string): string => `"${text.slice(0, 60)}"`;

/** A whole number, decimal or with 0x. */
export const number =
  (least: number, most: number): Parse<number> =>
  (text) => {
    if (!/^(0x[\da-f]{1,16}|\d{1,16})$/i.test(text)) {
      return err(mistake('bad_value', `${quote(text)} is no whole number (${least} to ${most})`));
    }
    const value = Number(text);
    return value >= least && value <= most
      ? ok(value)
      : err(mistake('out_of_range', `${text} is out of range: ${least} to ${most}`));
  };

/** A name of a table of names, or a number. */
const named =
  (names: ReadonlyMap<string, number>, what: string, least: number, most: number): Parse<number> =>
  (text) => {
    const value = names.get(text);
    if (value !== undefined) return ok(value);
    if (/^\d/.test(text)) return number(least, most)(text);
    const allowed = [...names.keys()];
    const suggestion = nearest(text, allowed);
    const message = `${quote(text)} is no ${what}: give a name that is known here or a number`;
    return err(
      mistake('unknown_value', message, { suggestion, allowed: allowed.length <= 30 ? allowed : null }),
    );
  };

export const table = (names: RouteNames): Parse<number> =>
  named(names.tables, 'routing table', 1, 0xffff_ffff);
export const scope: Parse<number> = named(
  new Map([...Object.entries(ROUTE_SCOPES), ['universe', 0]]),
  'scope of a route',
  0,
  255,
);
export const protocol: Parse<number> = named(
  new Map(Object.entries(ROUTE_PROTOCOLS)),
  'routing protocol',
  1,
  255,
);

/** A value of the TOS field. A bare number is decimal, as for keepalived 2.2.7 (`ip route` reads hexadecimal). */
export const tos: Parse<number> = (text) => {
  const value = number(0, 0xfc)(text);
  // Linux answers EINVAL (fib4_rule_configure, rtm_to_fib_config).
  return value.ok && (value.value & 3) !== 0
    ? err(mistake('bad_value', `${quote(text)} has bits of ECN set: a TOS here is a multiple of 4`))
    : value;
};

export const device: Parse<string> = (text) =>
  deviceName.safeParse(text).success
    ? ok(text)
    : err(mistake('bad_value', `${quote(text)} is no name of an interface`));

export const address: Parse<Ip> = (text) => {
  const value = parseIp(text);
  return value === null ? err(mistake('bad_value', `${quote(text)} is not an IP address`)) : ok(value);
};

/** Unicast, as a gateway or a source is. */
export const host: Parse<Ip> = (text) => {
  const value = address(text);
  if (!value.ok) return value;
  const first = ipBytes(value.value)[0] ?? 0;
  const isHost =
    ipFamily(value.value) === 'inet' ? first !== 0 && first < 224 : first !== 0xff && value.value !== '::';
  return isHost ? value : err(mistake('bad_value', `${value.value} is no address of a host`));
};

const looksLikeAddress = (text: string): boolean => /^(\d+\.|[\da-f]*:)[\da-f:./]*$/i.test(text);

/** Whether a word stands for a prefix, be it a good one or not. */
export const isPrefixLike = (text: string): boolean => looksLikeAddress(text) || /^\d+(\/\d*)?$/.test(text);

/** `A/len`, `A/netmask` or `A` alone. */
export const prefix: Parse<Subnet> = (text) => {
  const [written = '', bits, ...rest] = text.split('/');
  const value = address(written);
  if (!value.ok) return value;
  const most = widthOf(ipFamily(value.value));
  if (bits === undefined) return ok({ address: value.value, prefix: most });
  const length = /^\d{1,3}$/.test(bits) && rest.length === 0 ? Number(bits) : maskOf(bits, value.value);
  return length !== null && length <= most
    ? ok({ address: value.value, prefix: length })
    : err(mistake('bad_value', `${quote(text.slice(written.length))} is no prefix length: /0 to /${most}`));
};

export const anyAddress = (family: Family): Ip => (family === 'inet' ? '0.0.0.0' : '::') as Ip;

export const widthOf = (family: Family): 32 | 128 => (family === 'inet' ? 32 : 128);

const maskOf = (text: string, of: Ip): number | null => (ipFamily(of) === 'inet' ? maskLength(text) : null);

/** A prefix without bits behind its length, which Linux refuses or ignores in a route. */
export function network(text: string): Result<Subnet, Problem> {
  const value = prefix(text);
  if (!value.ok) return value;
  const base = { ...value.value, address: networkAddress(value.value) };
  if (base.address === value.value.address) return value;
  const suggestion = `${base.address}/${base.prefix}`;
  const message = `${quote(text)} has bits set behind its prefix length`;
  return err(mistake('bad_value', message, { suggestion }));
}

function networkAddress({ address, prefix }: Subnet): Ip {
  const bytes = ipBytes(address).map((byte, i) => {
    const kept = Math.min(8, Math.max(0, prefix - 8 * i));
    return byte & (0xff00 >> kept);
  });
  return ipFromBytes(bytes);
}
