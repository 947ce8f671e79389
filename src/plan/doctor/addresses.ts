import { type Ip, ipFamily } from '../../base/ip.ts';
import type { Mac } from '../../base/mac.ts';
import type { Config, InstanceConfig } from '../../model/config.ts';
import type { Diagnosis, Finding } from '../../model/doctor.ts';
import { hostPrefix } from '../realserver-change.ts';
import { inForce, SILENT, type TunnelEnd } from '../realserver-needs.ts';
import { combine, command, finding, looked, missed, NOTHING, setSysctl } from './examination.ts';
import type { DirectorFacts, InstanceFacts } from './facts.ts';
import { realServerUp, someOf } from './words.ts';

/** Whether the virtual addresses are where they should be: here, on the segment, and nowhere else. */
export function examineAddresses(facts: DirectorFacts): Diagnosis {
  const { config } = facts;
  if (config === null || config.instances.length === 0) return NOTHING;
  const here = config.instances.flatMap((instance) => misplaced(instance, facts));
  return combine([
    looked('virtual addresses on this machine', here),
    ...config.instances.map((instance) => answering(instance, config, facts)),
  ]);
}

function misplaced(instance: InstanceConfig, facts: DirectorFacts): readonly Finding[] {
  const state = instanceOf(instance, facts)?.state ?? null;
  return addressesOf(instance).flatMap(({ address, dev }) => {
    const places = [...facts.links].flatMap(([name, link]) =>
      link.addresses.some((one) => one.address === address) ? [{ name, link }] : [],
    );
    return places.flatMap(({ name, link }) => {
      if (name === LOOPBACK) return state === 'MASTER' ? [] : loud(address, instance, facts);
      if (!link.answersArp || (state === 'MASTER' && name === dev)) return [];
      const why =
        state === null
          ? 'lbd does not run'
          : name === dev
            ? `${instance.name} is ${state}`
            : `lbd has it on ${dev}`;
      const text = `${address} is on ${name}, although ${why}: somebody else has put it there`;
      const prefix = link.addresses.find((one) => one.address === address)?.prefix ?? hostPrefix(address);
      const fix = command(
        `ip addr del ${address}/${prefix} dev ${name}`,
        'and out of what puts it there (/etc/network, netplan, keepalived)',
      );
      return [finding(state === null ? 'warning' : 'error', 'vip_outside_lbd', text, fix)];
    });
  });
}

const LOOPBACK = 'lo';

/** A director that is a real server too has the address on the loopback interface: a backup must be silent about it. */
function loud(address: Ip, instance: InstanceConfig, { sysctl }: DirectorFacts): readonly Finding[] {
  if (ipFamily(address) === 'inet6') return [];
  const value = inForce(`net.ipv4.conf.${instance.interface}.arp_ignore`, sysctl);
  if (value === null || SILENT.includes(value)) return [];
  const text = `${address} is on lo, and this machine answers ARP for it on ${instance.interface} as a backup too`;
  const fix = setSysctl('net.ipv4.conf.all.arp_ignore=1', 'net.ipv4.conf.all.arp_announce=2');
  return [finding('error', 'arp_ignore', text, fix, [`arp_ignore is ${value} on ${instance.interface}`])];
}

function answering(instance: InstanceConfig, config: Config, facts: DirectorFacts): Diagnosis {
  return combine(
    addressesOf(instance).flatMap(({ address }) => {
      const answers = facts.answers.get(address);
      const what = `who answers for ${address} on ${instance.interface}`;
      if (answers === undefined) return [];
      if (!answers.ok) return [missed(what, answers.error)];
      return [looked(what, judgeAnswers(address, answers.value, instance, config, facts))];
    }),
  );
}

function judgeAnswers(
  address: Ip,
  answers: readonly Mac[],
  instance: InstanceConfig,
  config: Config,
  facts: DirectorFacts,
): readonly Finding[] {
  const own = new Set([...facts.links.values()].map(({ mac }) => mac));
  const told = instanceOf(instance, facts);
  const isMaster = told?.state === 'MASTER';
  const expected = isMaster ? new Set<Mac>() : masterMacs(instance, told?.master ?? null, facts);
  const strangers = [...new Set(answers)].filter((mac) => !own.has(mac) && !expected.has(mac));
  const servers = (mac: Mac) =>
    serversOf(config).filter(({ server }) => facts.neighbours.get(server) === mac);
  const loudServers = strangers.filter((mac) => servers(mac).length > 0);
  const others = strangers.filter((mac) => servers(mac).length === 0);
  // Of a router that has not said who the master is, one that answers may be it.
  const isKnown = isMaster || expected.size > 0;
  const excess = isKnown || others.length > 1 ? others : [];
  return [
    ...loudServers.flatMap((mac) => {
      const [first] = servers(mac);
      if (first === undefined) return [];
      const { server, tunnel } = first;
      const text = `${server} answers ARP for ${address}: clients reach that real server past the director`;
      return finding(
        'error',
        'real_server_answers_arp',
        text,
        command(realServerUp(address, tunnel), `on ${server}`),
        [`${mac} says that it has ${address}`],
      );
    }),
    ...(excess.length === 0
      ? []
      : [
          finding(
            'error',
            'vip_elsewhere',
            `${isKnown ? 'another machine has' : 'several machines have'} ${address}: ${someOf(excess)}`,
            'ip neigh, or the table of the switch, tells which: take the address off that machine',
            excess.map((mac) => `${mac} says that it has ${address}`),
          ),
        ]),
  ];
}

/** The hardware addresses that the master of this router may answer with, as far as they are known. */
function masterMacs(
  instance: InstanceConfig,
  master: Ip | null,
  { neighbours }: DirectorFacts,
): ReadonlySet<Mac> {
  const mac = master === null ? undefined : neighbours.get(master);
  const vrid = instance.vrid.toString(16).padStart(2, '0');
  // RFC 9568 §7.3.
  return mac === undefined ? new Set() : new Set([mac, `00:00:5e:00:01:${vrid}` as Mac]);
}

/** Real servers that have the virtual address themselves. */
const serversOf = ({ services }: Config): readonly { readonly server: Ip; readonly tunnel: TunnelEnd }[] =>
  services.flatMap(({ servers }) =>
    servers
      .filter(({ attrs }) => attrs.forward === 'dr' || attrs.forward === 'tun')
      .map(({ key, attrs }) => ({ server: key.address, tunnel: attrs.tunnel })),
  );

const addressesOf = ({ virtualAddresses, excludedAddresses }: InstanceConfig) => [
  ...virtualAddresses,
  ...excludedAddresses,
];

const instanceOf = ({ name }: InstanceConfig, { daemon }: DirectorFacts): InstanceFacts | undefined =>
  daemon.ok && daemon.value.vrrp.ok
    ? daemon.value.vrrp.value.instances.find((one) => one.name === name)
    : undefined;
