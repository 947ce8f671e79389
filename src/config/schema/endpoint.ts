import { parseIp } from '../../base/ip.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { mistake, type Problem } from '../diagnostic.ts';

/** Where a real server is: without a port it has the service's. */
export interface Endpoint {
  /** Canonical. */
  readonly address: string;
  readonly port?: number | undefined;
}

/** Reads `address`, `address:port`, `[address6]:port`. */
export function parseEndpoint(text: string): Result<Endpoint, Problem> {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = parseIp(bracketed ?? plain ?? text);
  const port = digits === undefined ? undefined : Number(digits);
  if (address === null) {
    return err(
      mistake('bad_value', `"${text}" is no server: write address, address:port or [address6]:port`),
    );
  }
  if (port !== undefined && (port < 1 || port > 65_535)) {
    return err(mistake('out_of_range', `port ${port} is out of range: 1 to 65535`));
  }
  return ok(port === undefined ? { address } : { address, port });
}
