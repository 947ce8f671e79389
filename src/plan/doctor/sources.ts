import { type Ip, ipFamily } from '../../base/ip.ts';
import type { CheckConfig } from '../../model/check.ts';
import type { Config, ServerConfig } from '../../model/config.ts';
import type { Finding, FindingCode } from '../../model/doctor.ts';
import { finding } from './examination.ts';
import type { RouteFact } from './facts.ts';
import { someOf } from './words.ts';

type WayTo = (server: ServerConfig) => RouteFact | null;

/**
 * A real server of dr or tun has the virtual address itself. Of two IPv6 addresses in one subnet the kernel prefers the
 * one that was added last as the source of what this machine sends.
 */
export const examineSources = (config: Config, wayTo: WayTo): readonly Finding[] => [
  ...borrowed(config, wayTo, 'tun'),
  ...borrowed(config, wayTo, 'dr'),
];

function borrowed({ services }: Config, wayTo: WayTo, forward: 'dr' | 'tun'): readonly Finding[] {
  const servers = new Map<Ip, Set<Ip>>();
  for (const { key, servers: all } of services) {
    if (key.kind !== 'address') continue;
    for (const server of all) {
      if (server.attrs.forward !== forward || wayTo(server)?.source !== key.address) continue;
      if (forward === 'dr' && !server.checks.some(isFromAnywhere)) continue;
      servers.set(key.address, (servers.get(key.address) ?? new Set()).add(server.key.address));
    }
  }
  return [...servers].map(([source, found]) => {
    const names = [...found];
    const fix =
      ipFamily(source) === 'inet'
        ? 'give this machine an address of its own towards those servers'
        : `${source}/128, or preferred_lft: 0, in virtual_addresses; then lbctl reload`;
    const { code, text } = told(forward, someOf(names), source);
    return finding('error', code, text, fix, [`ip route get ${names[0]}: src ${source}`]);
  });
}

/** The kernel chooses the address that it comes from. */
const isFromAnywhere = (check: CheckConfig): boolean => 'source' in check && check.source.address === null;

/** What comes from an address of its own a machine drops (fib_validate_source, ip6_tnl_rcv_ctl), or it answers to itself. */
const told = (
  forward: 'dr' | 'tun',
  names: string,
  source: Ip,
): { readonly code: FindingCode; readonly text: string } =>
  forward === 'tun'
    ? {
        code: 'tunnel_source',
        text: `what goes into the tunnels to ${names} comes from ${source}, which those servers have themselves: they drop it`,
      }
    : {
        code: 'check_source',
        text: `checks of ${names} come from ${source}, which those servers have themselves: the answers stay there, and the servers are down`,
      };
