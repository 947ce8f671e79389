import { inSubnet } from '../base/in-subnet.ts';
import { type Ip, ipFamily } from '../base/ip.ts';
import type { Config, HmacKey } from '../model/config.ts';
import { mistake, warning } from './diagnostic.ts';
import type { HostFacts, Lack } from './host.ts';
import type { Path } from './path.ts';

/** What this machine lacks for what is asked before a takeover, for signatures, and to reach other directors. */
export function judgeTakeover(config: Config, host: HostFacts): readonly Lack[] {
  return [...keyFiles(config, host), ...paths(config, host), ...gateways(config, host)];
}

/** lbd starts with none of these keys missing. */
function keyFiles({ instances, heartbeat, dataplane }: Config, host: HostFacts): readonly Lack[] {
  const keys: readonly (readonly [Path, HmacKey['secret']])[] = [
    ...instances.flatMap(({ name, hmac }) =>
      (hmac?.keys ?? []).map(
        ({ id, secret }) => [['vrrp', name, 'auth_hmac', 'keys', String(id)], secret] as const,
      ),
    ),
    ...(heartbeat === null ? [] : [[['heartbeat_key'], heartbeat.key] as const]),
    ...(dataplane.key === null ? [] : [[['xdp', 'key'], dataplane.key] as const]),
  ];
  return keys.flatMap(([path, key]) => {
    if (key.kind !== 'file') return [];
    const fault = host.keyFile(key.path);
    if (fault === null) return [];
    const text = `${key.path} ${fault.text}`;
    const problem = fault.isFatal ? mistake('bad_value', text) : warning('value_unusual', text);
    return [{ path, problem }];
  });
}

/** An address may come later, as those of links that are down: only what never works is an error. */
function paths({ heartbeat, dataplane: { sync } }: Config, { interfaces }: HostFacts): readonly Lack[] {
  const own = [...interfaces.values()].flat();
  const has = (wanted: string) => own.some(({ address }) => address === wanted);
  const beats = (heartbeat?.paths ?? []).map(({ local, peer }, i) => {
    const at: Path = ['heartbeat', i];
    return { local, at, peers: [[[...at, 'peer'], peer] as const] };
  });
  const at: Path = ['xdp', 'sync'];
  const peersOf = (peers: readonly Ip[]) => peers.map((peer, i) => [[...at, 'peers', i], peer] as const);
  const shares = sync === null ? [] : [{ local: sync.local, at, peers: peersOf(sync.peers) }];
  return [...beats, ...shares].flatMap(({ local, at, peers }) => {
    const isAlone = peers.some(([, peer]) => has(peer));
    const onLink = own.find((each) => peers.some(([, peer]) => inSubnet(peer, each)));
    const suggestion = isAlone ? null : (onLink?.address ?? null);
    const absent = `no interface of this machine has ${local}: nothing can be sent on this path`;
    return [
      ...(has(local)
        ? []
        : [
            {
              path: [...at, 'local'],
              problem: warning('host_interface', absent, { suggestion }),
            },
          ]),
      ...peers.flatMap(([path, peer]) => {
        if (!has(peer)) return [];
        const self = `${peer} is an address of this machine: give that of the other one`;
        return [{ path, problem: mistake('bad_value', self) }];
      }),
    ];
  });
}

/** Who is asked by ARP or neighbour solicitation answers on his own link only. */
function gateways({ instances }: Config, { interfaces }: HostFacts): readonly Lack[] {
  return instances.flatMap(({ name, interface: dev, takeover }) => {
    const gateway = takeover?.gateway ?? null;
    const own = interfaces.get(dev);
    if (gateway === null || own === undefined || own.some((each) => inSubnet(gateway, each))) return [];
    const same = own.filter(({ address }) => ipFamily(address) === ipFamily(gateway));
    const subnets = same.map(({ address, prefix }) => `${address}/${prefix}`).join(', ');
    const text = `${gateway} is in no subnet of ${dev} (${subnets === '' ? 'it has no address' : subnets}): a gateway that does not answer there takes ${name} down`;
    return [{ path: ['vrrp', name, 'takeover', 'gateway'], problem: warning('host_subnet', text) }];
  });
}
