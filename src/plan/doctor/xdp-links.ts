import type { Diagnosis, Finding } from '../../model/doctor.ts';
import { combine, command, finding, looked, missed, NOTHING } from './examination.ts';
import type { DirectorFacts, LinkState } from './facts.ts';
import { usesXdp } from './xdp.ts';

/** These take no frames that the XDP of a driver sends out of another interface: they have no ndo_xdp_xmit. */
const TAKES_NONE: ReadonlySet<string> = new Set(['vlan', 'bridge', 'macvlan', 'ipvlan', 'dummy']);

/** Of these interfaces, those that VLANs are on. */
export const devsWithVlans = (
  devs: readonly string[],
  links: ReadonlyMap<string, LinkState>,
): readonly string[] => devs.filter((dev) => vlansOn(dev, links).length > 0);

const vlansOn = (dev: string, links: ReadonlyMap<string, LinkState>): readonly string[] =>
  [...links].flatMap(([name, { kind, below }]) => (kind === 'vlan' && below === dev ? [name] : []));

/** Whether frames come into XDP whole, and have a way out of it. */
export function examineXdpLinks(facts: DirectorFacts): Diagnosis {
  const { config, links } = facts;
  if (config === null || config.services.length === 0 || !usesXdp(config, facts)) return NOTHING;
  const { interfaces } = config.dataplane;
  const veths = interfaces.filter((name) => links.get(name)?.kind === 'veth');
  return combine([
    looked('the interfaces of XDP', [...veths.map(partialChecksums), ...noWayOut(facts)]),
    ...devsWithVlans(interfaces, links).map((dev) => examineVlans(dev, facts)),
  ]);
}

/** A veth hands over what its other end has left to hardware that is not there. */
const partialChecksums = (name: string): Finding =>
  finding(
    'hint',
    'xdp_partial_checksums',
    `${name} is a veth: TCP and UDP of containers on this machine come before their checksums are made, and XDP sends them on so: real servers drop them. What comes from other machines is whole`,
    'in each container that is a client here, with its interface for DEV: ethtool -K DEV tx off',
  );

function examineVlans(dev: string, { vlanOffloads, links }: DirectorFacts): Diagnosis {
  const what = `VLAN tags on ${dev}`;
  const isOn = vlanOffloads.get(dev);
  if (isOn === undefined) return NOTHING;
  if (!isOn.ok) return missed(what, isOn.error);
  if (!isOn.value) return looked(what, []);
  const vlans = vlansOn(dev, links).join(', ');
  return looked(what, [
    finding(
      'warning',
      'xdp_vlan_offload',
      `${dev} takes the tags off frames before XDP sees them, and has VLANs (${vlans}): what comes in those for a service may leave without a tag`,
      command(`ethtool -K ${dev} rxvlan off`, 'and where this interface is configured'),
    ),
  ]);
}

/** What arrives at an interface of XDP can leave by it; other ways out depend on what they are. */
function noWayOut({ config, links, routes }: DirectorFacts): readonly Finding[] {
  const direct = new Set(
    config?.services.flatMap(({ servers }) =>
      servers.filter(({ attrs }) => attrs.forward !== 'nat').map(({ key }) => key.address),
    ),
  );
  const servers = new Map<string, string[]>();
  for (const [address, route] of routes.ok ? routes.value : []) {
    if (route === null || route.isLocal || !direct.has(address)) continue;
    const kind = links.get(route.dev)?.kind ?? null;
    if (kind === null || !TAKES_NONE.has(kind) || config?.dataplane.interfaces.includes(route.dev)) continue;
    servers.set(route.dev, [...(servers.get(route.dev) ?? []), address]);
  }
  return [...servers].map(([dev, addresses]) =>
    finding(
      'warning',
      'xdp_way_out',
      `${addresses.length === 1 ? 'a real server is' : `${addresses.length} real servers are`} reached over ${dev}, a ${links.get(dev)?.kind}, which takes no frames from the XDP of a driver: what is for ${addresses.length === 1 ? 'it' : 'them'} arrives only where lbctl status says generic`,
      `a way over a physical interface or a veth, ${dev} among xdp.interfaces if clients come that way too, or dataplane: ipvs`,
      addresses,
    ),
  );
}
