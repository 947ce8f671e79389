import { ipFamily } from '../../base/ip.ts';
import type { Config, ServerConfig } from '../../model/config.ts';
import type { Diagnosis, Finding } from '../../model/doctor.ts';
import { inForce, NOT_STRICT } from '../realserver-needs.ts';
import { combine, finding, looked, missed, NOTHING, setSysctl } from './examination.ts';
import type { DirectorFacts, RouteFact } from './facts.ts';
import { examineSources } from './sources.ts';
import { examineTunnels } from './tunnels.ts';
import { someOf } from './words.ts';

/** Whether packets can come in, and reach the real servers in the way that they are to be forwarded. */
export function examinePaths(facts: DirectorFacts): Diagnosis {
  const { config } = facts;
  if (config === null) return NOTHING;
  return combine([carriers(config, facts), servers(config, facts), asymmetry(config, facts)]);
}

function carriers({ instances }: Config, { links }: DirectorFacts): Diagnosis {
  const names = [...new Set(instances.map((one) => one.interface))];
  if (names.length === 0) return NOTHING;
  const down = names.flatMap((name) => {
    const link = links.get(name);
    if (link === undefined || (link.isUp && link.hasCarrier)) return [];
    return [
      link.isUp
        ? finding(
            'error',
            'no_carrier',
            `${name} has no carrier: look at the cable, or the port of the switch`,
          )
        : finding('error', 'no_carrier', `${name} is down`, `ip link set ${name} up`),
    ];
  });
  return looked(`carrier of ${someOf(names)}`, down);
}

function servers(config: Config, facts: DirectorFacts): Diagnosis {
  const all = config.services.flatMap((service) => service.servers);
  if (all.length === 0) return NOTHING;
  const { routes } = facts;
  if (!routes.ok) return missed('ways to the real servers', routes.error);
  const wayTo = ({ key }: ServerConfig) => routes.value.get(key.address) ?? null;
  return looked('ways to the real servers', [
    ...distinct(all, 'dr').flatMap((server) => direct(server, wayTo(server))),
    ...examineSources(config, wayTo),
    ...examineTunnels(config, facts, wayTo),
    ...redirects(distinct(all, 'nat'), facts, wayTo),
  ]);
}

const distinct = (servers: readonly ServerConfig[], forward: 'dr' | 'nat'): readonly ServerConfig[] => [
  ...new Map(
    servers.filter(({ attrs }) => attrs.forward === forward).map((one) => [one.key.address, one]),
  ).values(),
];

/** A frame to the server's own MAC address carries the packet: nobody in between could pass it on. */
function direct({ key: { address } }: ServerConfig, way: RouteFact | null): readonly Finding[] {
  const fix =
    'put it onto a segment of this machine, or use forward: tun (lbctl realserver up --tunnel ipip there)';
  if (way === null) {
    return [
      finding('error', 'dr_not_on_link', `there is no route to ${address}, a server of direct routing`, fix),
    ];
  }
  if (way.gateway === null) return [];
  const text = `${address} is a server of direct routing, but on no segment of this machine: the way there leads through ${way.gateway}`;
  return [
    finding('error', 'dr_not_on_link', text, fix, [
      `ip route get ${address}: via ${way.gateway} dev ${way.dev}`,
    ]),
  ];
}

function redirects(
  servers: readonly ServerConfig[],
  { defaults, sysctl }: DirectorFacts,
  wayTo: (server: ServerConfig) => RouteFact | null,
): readonly Finding[] {
  if (!defaults.ok) return [];
  const arms = new Set(
    servers.flatMap((server) => {
      const way = wayTo(server);
      const isBoth = way !== null && ipFamily(server.key.address) === 'inet' && !way.isLocal;
      return isBoth && defaults.value.inet.includes(way.dev) ? [way.dev] : [];
    }),
  );
  return [...arms].flatMap((dev) => {
    const names = ['all', dev].map((each) => `net.ipv4.conf.${each}.send_redirects`);
    // Either is enough (IN_DEV_ORCONF, linux/inetdevice.h).
    if (names.every((name) => sysctl(name) !== '1')) return [];
    const text = `NAT servers and clients are both behind ${dev}: this machine will tell the servers by ICMP redirects to pass it by`;
    return [finding('warning', 'send_redirects', text, setSysctl(...names.map((name) => `${name}=0`)))];
  });
}

function asymmetry({ instances }: Config, { defaults, sysctl }: DirectorFacts): Diagnosis {
  const placed = instances.filter(({ family }) => family === 'inet');
  if (placed.length === 0) return NOTHING;
  if (!defaults.ok) return missed('reverse path filters', defaults.error);
  const { inet } = defaults.value;
  const devs = [...new Set(placed.map((one) => one.interface))];
  const strict = devs.filter((dev) => {
    const value = inForce(`net.ipv4.conf.${dev}.rp_filter`, sysctl);
    return value !== null && !NOT_STRICT.includes(value) && inet.length > 0 && !inet.includes(dev);
  });
  return looked(
    'reverse path filters',
    strict.map((dev) =>
      finding(
        'warning',
        'rp_filter_strict',
        `clients come in by ${dev}, and the way back to them leads through ${inet.join(', ')}: the strict rp_filter of ${dev} drops their packets`,
        setSysctl(`net.ipv4.conf.${dev}.rp_filter=2`),
      ),
    ),
  );
}
