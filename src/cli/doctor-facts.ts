import { type Ip, ipFamily } from '../base/ip.ts';
import type { Mac } from '../base/mac.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Config } from '../model/config.ts';
import type { DirectorFacts, LinkState } from '../plan/doctor/facts.ts';
import { devsWithVlans } from '../plan/doctor/xdp-links.ts';
import { type AskByArp, arpAsker } from './doctor-arp.ts';
import type { AskedDaemon } from './doctor-daemon.ts';
import {
  bpfOf,
  clockFollows,
  defaultRoutes,
  enabledRivals,
  kernelVersion,
  neighboursOf,
  rivalsHere,
  routesTo,
  rulesetOf,
  vlanOffloadsOf,
} from './doctor-machine.ts';
import { moduleState, readSysctl } from './realserver-facts.ts';
import type { Run } from './run.ts';
import { addressesOf, answersArp, type ShownLink } from './shown-links.ts';

/** More addresses than these are not asked for: each takes a second or so, and all of them together the segment's time. */
const MOST_ASKED = 16;
const MOST_SERVERS_ASKED = 64;

export interface ReadConfiguration {
  readonly config: Config | null;
  readonly configFile: string;
  readonly configFindings: DirectorFacts['configFindings'];
}

/** Looks at everything on this machine that a configuration depends on. */
export async function directorFacts(
  read: ReadConfiguration,
  daemon: Result<AskedDaemon, string>,
  expectsDaemon: boolean,
  shown: readonly ShownLink[],
  run: Run,
): Promise<DirectorFacts> {
  const links = new Map(shown.map((link) => [link.ifname, linkState(link)]));
  const { config } = read;
  const servers = unique(
    (config?.services ?? []).flatMap((one) => one.servers.map(({ key }) => key.address)),
  );
  const needsClock = config?.instances.some(({ hmac }) => hmac?.antiReplay === 'time') ?? false;
  const neighbours = await neighboursOf(run);
  const [answers, routes, defaults, ruleset, enabledUnits, clock, vlanOffloads] = await Promise.all([
    askSegments(config, daemon, links, neighbours, run),
    routesTo(servers, run),
    defaultRoutes(run),
    rulesetOf(run),
    enabledRivals(run),
    needsClock ? clockFollows(run) : err('nothing depends on it'),
    vlanOffloadsOf(devsWithVlans(config?.dataplane.interfaces ?? [], links), run),
  ]);
  return {
    ...read,
    daemon: daemon.ok ? ok(daemon.value.facts) : daemon,
    expectsDaemon,
    links,
    sysctl: readSysctl,
    module: moduleState,
    ...{ answers, routes, defaults, ruleset, enabledUnits, clock, vlanOffloads },
    neighbours,
    rivals: rivalsHere(),
    bpf: bpfOf(),
    kernel: kernelVersion(),
  };
}

const linkState = (link: ShownLink): LinkState => ({
  isUp: link.flags.includes('UP'),
  hasCarrier: link.flags.includes('LOWER_UP'),
  answersArp: answersArp(link),
  mtu: link.mtu,
  mac: link.link_type === 'ether' ? ((link.address ?? null) as Mac | null) : null,
  kind: link.linkinfo?.info_kind ?? null,
  below: link.link ?? null,
  addresses: addressesOf(link),
});

/** Asks for every virtual address; where somebody else answers, also who the real servers and the masters are. */
async function askSegments(
  config: Config | null,
  daemon: Result<AskedDaemon, string>,
  links: ReadonlyMap<string, LinkState>,
  neighbours: Map<Ip, Mac>,
  run: Run,
): Promise<DirectorFacts['answers']> {
  const wanted = (config?.instances ?? []).flatMap(({ virtualAddresses, excludedAddresses, ...instance }) =>
    [...virtualAddresses, ...excludedAddresses].map(({ address }) => ({ address, dev: instance.interface })),
  );
  const vips = new Set(wanted.map(({ address }) => address));
  const source = (dev: string) =>
    links.get(dev)?.addresses.find(({ address }) => ipFamily(address) === 'inet' && !vips.has(address))
      ?.address ?? null;
  const ask = await arpAsker(run, source);
  const answers = new Map(
    await Promise.all(
      wanted.map(async ({ address, dev }, i) => {
        const obstacle = obstacleOf(address, links.get(dev), i);
        return [address, obstacle === null ? await ask(dev, address) : err(obstacle)] as const;
      }),
    ),
  );
  const own = new Set([...links.values()].map(({ mac }) => mac));
  const isAnswered = [...answers.values()].some((one) => one.ok && one.value.some((mac) => !own.has(mac)));
  if (isAnswered)
    await meet(
      whoMayAnswer(config, daemon),
      wanted.map(({ dev }) => dev),
      neighbours,
      ask,
    );
  return answers;
}

function obstacleOf(address: Ip, link: LinkState | undefined, i: number): string | null {
  if (ipFamily(address) === 'inet6') return 'only IPv4 is asked for; ndisc6 does for IPv6';
  if (link === undefined) return 'there is no such interface';
  if (!link.isUp || !link.hasCarrier) return 'its interface is down';
  return i < MOST_ASKED ? null : `${MOST_ASKED} addresses are asked for`;
}

/** Real servers that share the segment, and the masters that lbd hears. */
function whoMayAnswer(config: Config | null, daemon: Result<AskedDaemon, string>): readonly Ip[] {
  const servers = (config?.services ?? []).flatMap((service) =>
    service.servers.filter(({ attrs }) => attrs.forward !== 'nat').map(({ key }) => key.address),
  );
  const vrrp = daemon.ok && daemon.value.facts.vrrp.ok ? daemon.value.facts.vrrp.value.instances : [];
  return unique([...vrrp.flatMap(({ master }) => (master === null ? [] : [master])), ...servers]);
}

async function meet(
  addresses: readonly Ip[],
  devs: readonly string[],
  neighbours: Map<Ip, Mac>,
  ask: AskByArp,
): Promise<void> {
  const strangers = addresses.filter((one) => !neighbours.has(one) && ipFamily(one) === 'inet');
  const asked = strangers.slice(0, MOST_SERVERS_ASKED).flatMap((address) =>
    unique(devs).map(async (dev) => {
      const answer = await ask(dev, address);
      const [mac] = answer.ok ? answer.value : [];
      if (mac !== undefined) neighbours.set(address, mac);
    }),
  );
  await Promise.all(asked);
}

const unique = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];
