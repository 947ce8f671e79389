import { parseEndpoint } from './endpoint.ts';
import { parseHost } from './scalars.ts';
import type { WrittenServer } from './services.ts';

/**
 * What the schema makes of a server that is written as most are: as a text, or as a map of nothing but address, port and
 * weight. Null for any other, be it wrong or not.
 */
export function usualServer(written: unknown): WrittenServer | null {
  if (typeof written === 'string') {
    const endpoint = parseEndpoint(written);
    return endpoint.ok ? serverAt(endpoint.value.address, endpoint.value.port, 1) : null;
  }
  if (typeof written !== 'object' || written === null) return null;
  for (const key in written) if (key !== 'address' && key !== 'port' && key !== 'weight') return null;
  const { address, port, weight = 1 } = written as Readonly<Record<string, unknown>>;
  if (port === undefined && 'port' in written) return null;
  if (typeof address !== 'string' || !isUpTo(weight, 2_147_483_647)) return null;
  return port === undefined || isUpTo(port, 65_535) ? serverAt(address, port, weight) : null;
}

const isUpTo = (value: unknown, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;

function serverAt(text: string, port: number | undefined, weight: number): WrittenServer | null {
  const host = parseHost(text);
  if (!host.ok) return null;
  const { value: address } = host;
  return port === undefined
    ? { address, weight, upper_threshold: 0, lower_threshold: 0 }
    : { address, port, weight, upper_threshold: 0, lower_threshold: 0 };
}
