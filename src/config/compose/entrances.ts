import type { ServiceKey } from '../../model/services.ts';
import { eachAddress } from '../address-range.ts';
import { mistake } from '../diagnostic.ts';
import type { WrittenService } from '../schema/services.ts';
import type { Say } from './say.ts';

/** A service with its servers is in the kernel once for each address. */
const MOST_ADDRESSES = 10_000;
const MOST_SERVERS = 200_000;

/** What the service is in the kernel: once for each of its addresses and marks. None after an error. */
export function composeEntrances(written: WrittenService, say: Say): readonly ServiceKey[] {
  const { addresses } = written;
  if (addresses === undefined) {
    const key = keyOf(written, say);
    return key === null ? [] : [key];
  }
  for (const key of ['address', 'fwmark', 'ip_family'] as const) {
    if (written[key] === undefined) continue;
    say([key], mistake('conflicting_keys', `a service with "addresses" has no "${key}"`));
  }
  const count = addresses.reduce((sum, each) => sum + ('fwmark' in each ? 1 : each.count), 0);
  if (count > MOST_ADDRESSES || count * written.servers.length > MOST_SERVERS) {
    const text = `a service has at most ${MOST_ADDRESSES} addresses, and ${MOST_SERVERS} servers at all of them together`;
    say(['addresses'], mistake('too_large', text));
    return [];
  }
  const keys = addresses.flatMap((each, i): readonly ServiceKey[] => {
    if ('fwmark' in each) return [{ kind: 'fwmark', fwmark: each.fwmark, family: each.ip_family ?? 'inet' }];
    const port = each.port ?? written.port;
    const { protocol } = written;
    if (port === undefined) {
      const text = 'the key "port" is missing: give one for the service, or for each address';
      say(['addresses', i], mistake('missing_key', text));
    }
    if (protocol === undefined) sayNoProtocol(say);
    if (port === undefined || protocol === undefined) return [];
    return [...eachAddress(each)].map((address) => ({ kind: 'address', protocol, address, port }));
  });
  const isAll = keys.some((key) => key.kind === 'address' && key.port === 0);
  if (isAll) sayAllPorts(written, 'addresses', say);
  return keys;
}

function keyOf(written: WrittenService, say: Say): ServiceKey | null {
  const { address, port, protocol, fwmark, ip_family } = written;
  if (fwmark !== undefined) {
    for (const key of ['address', 'port', 'protocol'] as const) {
      if (written[key] === undefined) continue;
      say([key], mistake('conflicting_keys', `a service of a fwmark has no "${key}"`));
    }
    return { kind: 'fwmark', fwmark, family: ip_family ?? 'inet' };
  }
  if (ip_family !== undefined) {
    say(['ip_family'], mistake('conflicting_keys', 'only a service of a fwmark needs "ip_family"'));
  }
  if (address === undefined)
    say(['address'], mistake('missing_key', 'a service needs an "address", "addresses" or a "fwmark"'));
  if (port === undefined) say(['port'], mistake('missing_key', 'the key "port" is missing'));
  if (protocol === undefined) sayNoProtocol(say);
  if (address === undefined || port === undefined || protocol === undefined) return null;
  if (port === 0) sayAllPorts(written, 'port', say);
  return { kind: 'address', protocol, address, port };
}

function sayNoProtocol(say: Say): void {
  const hint = { allowed: ['tcp', 'udp', 'sctp'] };
  const text = 'the key "protocol" is missing; keepalived would take udp';
  say(['protocol'], mistake('missing_key', text, hint));
}

function sayAllPorts({ persistence_timeout }: WrittenService, key: string, say: Say): void {
  if (persistence_timeout !== undefined) return;
  say([key], mistake('conflicting_keys', 'port 0, all ports, needs a "persistence_timeout"'));
}
