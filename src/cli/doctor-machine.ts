import { existsSync, readdirSync, readFileSync, readlinkSync, statfsSync } from 'node:fs';
import { release } from 'node:os';
import { type Family, type Ip, parseIp } from '../base/ip.ts';
import type { Mac } from '../base/mac.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { RouteFact } from '../plan/doctor/facts.ts';
import type { NftItem } from '../plan/doctor/nft.ts';
import type { Run } from './run.ts';

/** The ways of the kernel to some addresses; null for none. */
export async function routesTo(
  addresses: readonly Ip[],
  run: Run,
): Promise<Result<ReadonlyMap<Ip, RouteFact | null>, string>> {
  const found = new Map<Ip, RouteFact | null>(addresses.map((address) => [address, null]));
  if (addresses.length === 0) return ok(found);
  const batch = addresses.map((address) => `route get ${address}\n`).join('');
  const shown = await run(['ip', '-j', '-force', '-batch', '-'], batch);
  if (!shown.ok && shown.error.code === 'absent') return err(shown.error.because);
  // One without a route has the whole batch fail, after the others were printed.
  const printed = shown.ok ? shown.value : shown.error.stdout;
  for (const line of printed.split('\n').filter((one) => one.startsWith('[{"'))) {
    const [route]: readonly ShownRoute[] = JSON.parse(line);
    const address = route === undefined ? null : parseIp(route.dst);
    if (route === undefined || address === null) continue;
    const gateway = route.gateway === undefined ? null : parseIp(route.gateway);
    const source = route.prefsrc === undefined ? null : parseIp(route.prefsrc);
    found.set(address, { dev: route.dev, gateway, source, isLocal: route.type === 'local' });
  }
  return ok(found);
}

interface ShownRoute {
  readonly dst: string;
  readonly dev: string;
  readonly gateway?: string;
  readonly prefsrc?: string;
  readonly type?: string;
  readonly nexthops?: readonly { readonly dev: string }[];
}

/** The interfaces of the default routes. */
export async function defaultRoutes(
  run: Run,
): Promise<Result<Readonly<Record<Family, readonly string[]>>, string>> {
  const [inet, inet6] = await Promise.all([
    run(['ip', '-j', '-4', 'route', 'show', 'default']),
    run(['ip', '-j', '-6', 'route', 'show', 'default']),
  ]);
  if (!inet.ok) return err(inet.error.because);
  const devs = (text: string) => {
    const routes: readonly ShownRoute[] = JSON.parse(text);
    return [...new Set(routes.flatMap(({ dev, nexthops }) => nexthops?.map((hop) => hop.dev) ?? [dev]))];
  };
  // A kernel without IPv6 has none.
  return ok({ inet: devs(inet.value), inet6: inet6.ok ? devs(inet6.value) : [] });
}

/** Hardware addresses of neighbours, as far as they are known and not known to be gone. */
export async function neighboursOf(run: Run): Promise<Map<Ip, Mac>> {
  const shown = await run(['ip', '-j', 'neigh', 'show']);
  const found = new Map<Ip, Mac>();
  const entries: readonly ShownNeighbour[] = shown.ok ? JSON.parse(shown.value) : [];
  for (const { dst, lladdr, state } of entries) {
    const address = parseIp(dst);
    if (address !== null && lladdr !== undefined && !state.includes('FAILED')) {
      found.set(address, lladdr as Mac);
    }
  }
  return found;
}

interface ShownNeighbour {
  readonly dst: string;
  readonly lladdr?: string;
  readonly state: readonly string[];
}

/** The rules of nftables, which also has those of iptables unless that is the legacy one. */
export async function rulesetOf(run: Run): Promise<Result<readonly NftItem[], string>> {
  const legacy = ['/proc/net/ip_tables_names', '/proc/net/ip6_tables_names'].filter(hasLines);
  if (legacy.length > 0) {
    return err('rules of iptables-legacy are in force, which nft does not show: iptables-legacy -S');
  }
  const shown = await run(['nft', '-j', 'list', 'ruleset']);
  if (!shown.ok) return err(shown.error.because);
  // Where there is nothing at all, old versions print nothing.
  if (shown.value.trim() === '') return ok([]);
  const { nftables }: { readonly nftables: readonly NftItem[] } = JSON.parse(shown.value);
  return ok(nftables);
}

/** No such module: no such file. */
const hasLines = (file: string): boolean => (attempt(() => readFileSync(file, 'utf8').trim()) ?? '') !== '';

/** Programs that keep virtual addresses or services of IPVS, by the names of their processes. */
const RIVALS: readonly string[] = ['keepalived', 'vrrpd', 'ucarp', 'ldirectord', 'kube-proxy'];

/** Those that run in this network namespace, or in one that is not for us to see. */
export function rivalsHere(): readonly { readonly name: string; readonly pid: number }[] {
  const here = readlinkSync('/proc/self/ns/net');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const name = attempt(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
      if (name === null || !RIVALS.includes(name)) return [];
      const there = attempt(() => readlinkSync(`/proc/${pid}/ns/net`));
      // Of one that ends root sees no namespace either.
      const isHidden = there === null && process.geteuid?.() !== 0;
      return isHidden || there === here ? [{ name, pid: Number(pid) }] : [];
    });
}

/** What can be read; null where it is gone, or not for us to see. */
function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    // ENOENT, ESRCH or EACCES: each means that there is nothing to tell.
    return null;
  }
}

/** Those that systemd would start with the machine, by the names of their processes. */
export async function enabledRivals(run: Run): Promise<Result<readonly string[], string>> {
  // sd_booted(3).
  if (!existsSync('/run/systemd/system')) return err('systemd does not run here');
  const units = RIVALS.map((name) => `${name}.service`);
  const words = ['list-unit-files', '--state=enabled', '--no-legend', '--plain', ...units];
  const listed = await run(['systemctl', ...words]);
  if (!listed.ok) return err(listed.error.because);
  return ok([...listed.value.matchAll(/^(\S+)\.service\s/gm)].map(([, name = '']) => name));
}

/** Whether the kernel says that its clock follows another one. */
export async function clockFollows(run: Run): Promise<Result<boolean, string>> {
  const shown = await run(['timedatectl', 'show', '-p', 'NTPSynchronized', '--value']);
  if (shown.ok) return ok(shown.value.trim() === 'yes');
  const tracking = await run(['chronyc', '-c', 'tracking']);
  if (tracking.ok) return ok(!/not synchronised/i.test(tracking.value));
  return err('neither timedatectl nor chronyc answers here');
}

/** linux/magic.h */
const BPF_FS_MAGIC = 0xcafe4a11;

/** What the kernel has for programs of BPF. */
export const bpfOf = () => ({
  hasTypes: existsSync('/sys/kernel/btf/vmlinux'),
  hasFilesystem: attempt(() => statfsSync('/sys/fs/bpf').type) === BPF_FS_MAGIC,
});

/** Major and minor number of the running kernel. */
export function kernelVersion(): readonly [number, number] {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return [major, minor];
}

/** Whether these interfaces take the VLAN tags off frames that arrive, as ethtool says. */
export async function vlanOffloadsOf(
  devs: readonly string[],
  run: Run,
): Promise<ReadonlyMap<string, Result<boolean, string>>> {
  const asked = devs.map(async (dev) => {
    const shown = await run(['ethtool', '-k', dev]);
    const isOn = shown.ok ? ok(/^rx-vlan-offload: on/m.test(shown.value)) : err(shown.error.because);
    return [dev, isOn] as const;
  });
  return new Map(await Promise.all(asked));
}
