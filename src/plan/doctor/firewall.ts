import { type Ip, ipFamily } from '../../base/ip.ts';
import type { Config, InstanceConfig } from '../../model/config.ts';
import type { Diagnosis, Finding } from '../../model/doctor.ts';
import type { Protocol } from '../../model/services.ts';
import { command, finding, looked, missed, NOTHING } from './examination.ts';
import type { DirectorFacts, LinkState } from './facts.ts';
import { type NftItem, type Passage, passageOf } from './nft.ts';
import type { Packet } from './nft-match.ts';
import { someOf } from './words.ts';

/** Whether the packet filter lets adverts in and out, and the answers of NAT servers through. */
export function examineFirewall(facts: DirectorFacts): Diagnosis {
  const { config, ruleset } = facts;
  if (config === null) return NOTHING;
  const concerns = config.instances.length > 0 || natServers(config).length > 0;
  if (!concerns) return NOTHING;
  if (!ruleset.ok) return missed('packet filter', ruleset.error);
  const items = ruleset.value;
  return looked('packet filter (nftables)', [
    ...config.instances.flatMap((instance) => adverts(items, instance, facts.links.get(instance.interface))),
    ...forwarded(items, config, facts),
  ]);
}

/** The number and the name that nft knows it by. */
const VRRP = ['112', 'vrrp'];

function adverts(
  items: readonly NftItem[],
  instance: InstanceConfig,
  link: LinkState | undefined,
): readonly Finding[] {
  const own = link?.addresses.find(({ address }) => ipFamily(address) === instance.family)?.address ?? null;
  return [
    ...obstacles(items, IN, incoming(instance, own)).map((each) => advertsDropped(instance, each, 'in')),
    ...obstacles(items, OUT, outgoing(instance, own)).map((each) => advertsDropped(instance, each, 'out')),
  ];
}

const IN = ['prerouting', 'input'];
const OUT = ['output', 'postrouting'];

/** What keeps some of the packets back, once for each chain. */
function obstacles(
  items: readonly NftItem[],
  hooks: readonly string[],
  packets: readonly Packet[],
): readonly Passage[] {
  const found = packets.map((packet) => passageOf(items, hooks, packet));
  const kept = found.filter(({ verdict }) => verdict !== 'passes');
  return [...new Map(kept.map((each) => [each.chain, each])).values()];
}

function incoming(instance: InstanceConfig, own: Ip | null): readonly Packet[] {
  const { transport, vmac } = instance;
  // With a virtual MAC adverts arrive at either interface.
  const base = { ...packetOf(instance), iif: vmac === null ? instance.interface : null };
  if (transport.kind === 'multicast') {
    return [{ ...base, source: own === null ? null : { near: own }, destination: transport.group }];
  }
  return transport.peers.map(({ address }) => ({ ...base, source: { exact: address }, destination: own }));
}

function outgoing(instance: InstanceConfig, own: Ip | null): readonly Packet[] {
  const { transport, vmac } = instance;
  const source = own === null ? null : { exact: own };
  const oif = vmac === null || vmac.transmitsOnBase ? instance.interface : vmac.name;
  const to =
    transport.kind === 'multicast' ? [transport.group] : transport.peers.map(({ address }) => address);
  return to.map((destination) => ({ ...packetOf(instance), source, oif, destination }));
}

/** Connection tracking sees no answer to multicast adverts, and may see one to others. */
const packetOf = ({ family, transport }: InstanceConfig): Packet => ({
  protocol: VRRP,
  iif: null,
  oif: null,
  source: null,
  destination: null,
  family: family === 'inet' ? 'ip' : 'ip6',
  states: transport.kind === 'multicast' ? ['new'] : ['new', 'established'],
});

function advertsDropped(
  { name }: InstanceConfig,
  { verdict, by, chain }: Passage,
  way: 'in' | 'out',
): Finding {
  const does = verdict === 'drops' ? 'drops' : 'possibly drops';
  const text =
    way === 'in'
      ? `the packet filter ${does} the adverts of others for ${name}: there will be two masters`
      : `the packet filter ${does} our adverts for ${name}: there will be two masters`;
  const fix = command(
    `nft insert rule ${chain} meta l4proto 112 accept`,
    "and into the firewall's own configuration",
  );
  return finding(
    verdict === 'drops' ? 'error' : 'warning',
    'firewall_vrrp',
    text,
    fix,
    by === null ? [] : [by],
  );
}

function forwarded(items: readonly NftItem[], config: Config, facts: DirectorFacts): readonly Finding[] {
  const tracks = facts.sysctl('net.ipv4.vs.conntrack') === '1';
  const dropped = natServers(config).flatMap(({ address, protocol }) => {
    const family = ipFamily(address) === 'inet' ? 'ip' : 'ip6';
    const route = facts.routes.ok ? (facts.routes.value.get(address) ?? null) : null;
    const passage = passageOf(items, ['forward'], {
      protocol: PROTOCOLS[protocol],
      iif: route?.dev ?? null,
      oif: null,
      source: { exact: address },
      destination: null,
      family,
      // IPVS takes the request from connection tracking, which then knows nothing that the answer belongs to.
      states: tracks ? ['established'] : ['invalid', 'untracked'],
    });
    return passage.verdict === 'passes' ? [] : [{ address, family, ...passage }];
  });
  const ways = new Map(dropped.map((one) => [`${one.family} ${one.chain}`, one]));
  return [...ways.values()].map(({ chain, family, by }) => {
    const those = dropped.filter((one) => one.chain === chain && one.family === family);
    const servers = [...new Set(those.map(({ address }) => address))];
    const text = `the packet filter may drop what servers answer through this machine (NAT): ${someOf(servers)}`;
    const from = servers.length === 1 ? servers[0] : `{ ${servers.join(', ')} }`;
    const besides = "and into the firewall's own configuration";
    const fix = command(
      `nft insert rule ${chain} ${family} saddr ${from} accept`,
      tracks
        ? besides
        : `${besides}; or, where the rules go by connections, sysctl -w net.ipv4.vs.conntrack=1`,
    );
    return finding('warning', 'firewall_forward', text, fix, by === null ? [] : [by]);
  });
}

const PROTOCOLS: Readonly<Record<Protocol, readonly string[]>> = {
  tcp: ['6', 'tcp'],
  udp: ['17', 'udp'],
  sctp: ['132', 'sctp'],
};

function natServers({ services }: Config): readonly { readonly address: Ip; readonly protocol: Protocol }[] {
  return services.flatMap(({ key, servers }) =>
    servers
      .filter(({ attrs }) => attrs.forward === 'nat')
      .map((server) => ({
        address: server.key.address,
        protocol: key.kind === 'address' ? key.protocol : 'tcp',
      })),
  );
}
