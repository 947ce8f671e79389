import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { type Family, parseIp } from '../base/ip.ts';
import { ok, type Result } from '../base/result.ts';
import type { LinkFacts, ModuleState, PlacedAddress, RealServerFacts } from '../plan/realserver.ts';
import { hostFacts } from './host-facts.ts';
import type { Run } from './run.ts';
import { answersArp, shownLinks } from './shown-links.ts';

/** What this machine, in this network namespace, has as a real server. An error says why that cannot be known. */
export async function realServerFacts(run: Run): Promise<Result<RealServerFacts, string>> {
  const found = await shownLinks(run);
  if (!found.ok) return found;
  const links = new Map<string, LinkFacts>();
  const addresses: PlacedAddress[] = [];
  for (const link of found.value) {
    const { ifname, flags, addr_info } = link;
    links.set(ifname, { isUp: flags.includes('UP'), answersArp: answersArp(link) });
    for (const { local, prefixlen, label } of addr_info) {
      const address = local === undefined ? null : parseIp(local);
      if (address !== null) addresses.push({ address, prefix: prefixlen, dev: ifname, label: label ?? null });
    }
  }
  return ok({ addresses, links, gue: await guePorts(run), sysctl: readSysctl, module: moduleState });
}

/** `ip fou` fails where the kernel has no fou yet: then there are none. */
async function guePorts(run: Run): Promise<readonly { readonly port: number; readonly family: Family }[]> {
  if (!hasModule('fou')) return [];
  const shown = await run(['ip', 'fou', 'show']);
  if (!shown.ok) return [];
  return [...shown.value.matchAll(/^port (\d+) gue( -6)?/gm)].map(([, port, isIpv6]) => ({
    port: Number(port),
    family: isIpv6 === undefined ? 'inet' : 'inet6',
  }));
}

/** The value of a sysctl by its name with dots; null where the kernel has none of that name. */
export function readSysctl(name: string): string | null {
  const file = sysctlFile(name);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
}

/** An interface may have dots in its name (`eth0.100`): it stands between the third dot and the last. */
export function sysctlFile(name: string): string {
  const [, family, kind, device, key] = /^net\.(ipv[46])\.(conf|neigh)\.(.+)\.([^.]+)$/.exec(name) ?? [];
  const parts = device === undefined ? name.split('.') : ['net', family, kind, device, key];
  return `/proc/sys/${parts.join('/')}`;
}

/** Whether a module is in the kernel, loaded or built in, or could be. */
export function moduleState(name: string): ModuleState {
  if (hasModule(name)) return 'loaded';
  const isThere = hostFacts().module(name);
  if (isThere === null) return 'unknown';
  return isThere ? 'installed' : 'missing';
}

function hasModule(name: string): boolean {
  if (existsSync(`/sys/module/${name}`)) return true;
  const list = `/lib/modules/${release()}/modules.builtin`;
  return existsSync(list) && readFileSync(list, 'utf8').includes(`/${name}.ko`);
}
