import { z } from 'zod';
import { err, ok, type Result } from '../../base/result.ts';
import { type AddressRange, parseAddressRange } from '../address-range.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { hostAddress, parsed, wholeNumber } from './scalars.ts';

/** What a service of several addresses is reached by; a port of its own, or undefined for the service's. */
export type WrittenEntrance =
  | (AddressRange & { readonly port: number | undefined })
  | { readonly fwmark: number; readonly ip_family: 'inet' | 'inet6' | undefined };

const entrance = z.union([
  parsed(z.string(), parseEntrance),
  z
    .strictObject({
      address: hostAddress.describe('Virtual address'),
      port: wholeNumber(0, 65_535).optional().describe("The service's port unless given"),
    })
    .transform(({ address, port }): WrittenEntrance => ({ first: address, count: 1, port })),
  z
    .strictObject({
      fwmark: wholeNumber(1, 4_294_967_295).describe('Firewall mark'),
      ip_family: z.enum(['inet', 'inet6']).optional().describe('inet unless given'),
    })
    .transform(({ fwmark, ip_family }): WrittenEntrance => ({ fwmark, ip_family })),
]);

export const entrances = z.array(entrance).min(1, 'a service needs an address');

/** `ADDRESSES`, `ADDRESSES:PORT`, `[ADDRESSES]:PORT`, where these are `A`, `A-N`, `A-B` or `A/LEN`. */
function parseEntrance(text: string): Result<WrittenEntrance, Problem> {
  const isBareIpv6 = !text.startsWith('[') && text.split(':').length > 2;
  const [, bracketed, plain, digits] = isBareIpv6
    ? ['', undefined, text]
    : (/^(?:\[([^\]]*)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? []);
  const range = parseAddressRange(bracketed ?? plain ?? text);
  if (!range.ok) return range;
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && port > 65_535) {
    return err(mistake('out_of_range', `port ${port} is out of range: 0 to 65535`));
  }
  return ok({ ...range.value, port });
}
