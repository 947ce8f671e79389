import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { type Ip, ipFamily, parseIp } from '../../base/ip.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { type Micros, micros, seconds } from '../../base/units.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { parseDuration, printDuration } from '../duration.ts';

/** A schema whose value is read further by `parse`; its problem travels in the issue's `params.problem`. */
export function parsed<Schema extends z.ZodType, T>(
  schema: Schema,
  parse: (written: z.output<Schema>) => Result<T, Problem>,
) {
  return schema.transform((written, ctx): T => {
    const result = parse(written);
    if (result.ok) return result.value;
    ctx.issues.push({
      code: 'custom',
      input: written,
      message: result.error.message,
      params: { problem: result.error },
    });
    return z.NEVER;
  });
}

export const SECOND: Micros = seconds(1);
export const MILLISECOND: Micros = micros(1000);
const DAY: Micros = seconds(86_400);

/** `500ms`, `3s`, `5m`, or a number of seconds; a multiple of `step`. */
export function duration({ least, most = DAY, step }: { least: Micros; most?: Micros; step: Micros }) {
  const title = `a duration from ${printDuration(least)} to ${printDuration(most)}`;
  return parsed(z.union([z.string(), z.number()]).meta({ title }), (written): Result<Micros, Problem> => {
    const read = parseDuration(written);
    if (!read.ok && read.error === 'syntax') {
      return err(
        mistake('bad_value', `"${written}" is no duration: write 500ms, 3s or 5m (a bare number is seconds)`),
      );
    }
    if (!read.ok || read.value % step !== 0) {
      return err(mistake('bad_value', `${written} is not a multiple of ${printDuration(step)}`));
    }
    if (read.value < least || read.value > most) {
      const range = `${printDuration(least)} to ${printDuration(most)}`;
      return err(mistake('out_of_range', `${printDuration(read.value)} is out of range: ${range}`));
    }
    return ok(read.value);
  });
}

/** Reads a unicast address, of either family. */
export function parseHost(text: string): Result<Ip, Problem> {
  const address = parseIp(text);
  if (address === null) return err(mistake('bad_value', `"${text}" is not an IP address${because(text)}`));
  if (isUnicast(address)) return ok(address);
  const range: string = ipaddr.parse(address).range();
  return ['unspecified', 'multicast', 'broadcast'].includes(range)
    ? err(mistake('bad_value', `${address} is no address of a host (${range})`))
    : ok(address);
}

/** A unicast address of a host, of either family. */
export const hostAddress = parsed(z.string().meta({ title: 'an IP address' }), parseHost);

/** Of IPv4 from 1.0.0.0 to 223.255.255.255; not every other one is none. */
function isUnicast(address: Ip): boolean {
  const first = Number(address.slice(0, Math.max(0, address.indexOf('.'))));
  return first >= 1 && first <= 223;
}

/** A unicast IPv4 address. VRRPv2 knows no other (RFC 3768 §5.3.8). */
export const ipv4Address = parsed(
  hostAddress,
  (address): Result<Ip, Problem> =>
    ipFamily(address) === 'inet'
      ? ok(address)
      : err(mistake('not_supported', 'VRRP over IPv6 is not supported yet, only IPv4 addresses are')),
);

function because(text: string): string {
  if (text.includes('/')) return '; a prefix length has no place here';
  if (/^\d+\.\d+\.\d+\.\d+:\d+$/.test(text) || /^\[.*\]/.test(text)) return '; the port has its own key';
  return '';
}

/** Linux refuses other names (dev_valid_name in net/core/dev.c); 15 bytes is IFNAMSIZ less the final zero. */
export const deviceName = z
  .string()
  .regex(/^(?!\.{1,2}$)[!-.0-9;-~]{1,15}$/, 'an interface name has 1 to 15 characters without space, / or :')
  .meta({ title: 'the name of an interface' });

/** A file name in /run/netns. */
export const namespaceName = z
  .string()
  .regex(/^(?!\.{1,2}$)[!-.0-~]{1,255}$/, 'a network namespace has a name without space or /');

/** Names are printed, and typed as arguments of commands: `SERVER@SERVICE`. */
export const objectName = z
  .string()
  // Brackets are for services that are called after their address: `[2001:db8::80]:tcp:80`.
  .regex(
    /^(?=[\p{L}\p{N}_[])[\p{L}\p{N}_.:[\]/+() -]{0,63}[\p{L}\p{N}_.:[\]/+()-]$/u,
    'a name has 1 to 64 letters, digits or _ . : - / + ( ) [ ] and blanks within',
  );

export const wholeNumber = (least: number, most: number) => z.int().min(least).max(most);
