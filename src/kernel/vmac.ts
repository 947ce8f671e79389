import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Family, Ip } from '../base/ip.ts';
import type { Mac } from '../base/mac.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Link } from '../model/addresses.ts';
import { NLM_F } from '../wire/netlink.ts';
import {
  decodeLink,
  encodeAddress,
  encodeLinkDump,
  encodeLinkKey,
  encodeLinkUp,
  encodeMacvlan,
  RTM,
} from '../wire/rtnl.ts';
import type { KernelError } from './error.ts';
import { openNetlink } from './netlink.ts';

/** A private macvlan with the MAC address of a virtual router. */
export interface Vmac {
  readonly name: string;
  readonly base: string;
  readonly mac: Mac;
}

/** Makes and removes interfaces with a virtual MAC address. Needs CAP_NET_ADMIN. */
export interface VmacWriter {
  /**
   * Makes the interface, or makes an existing one right, for addresses of these families. An interface of that name
   * which is no macvlan is left alone, and an error.
   */
  ensure(vmac: Vmac, families: ReadonlySet<Family>): Promise<Result<void, string>>;
  /**
   * Removes what `ensure` made or found right; another or no interface of that name is a success. What was changed on
   * the base is undone with the last one.
   */
  remove(name: string): Promise<Result<void, string>>;
  close(): void;
}

/**
 * What keepalived 2.2.7 sets on Linux 6.18, seen by comparing /proc/sys/net before and after. The base must not answer
 * for the virtual addresses with its own MAC (RFC 9568 §8.1.2), and the kernel must not make addresses out of the
 * virtual one (RFC 9568 §7.4).
 */
const FOR_IPV4 = [
  ['ipv4', 'accept_local', '1'],
  ['ipv4', 'arp_ignore', '1'],
  ['ipv4', 'rp_filter', '0'],
  ['ipv4', 'promote_secondaries', '1'],
] as const;
const ON_BASE = [
  ['ipv4', 'arp_ignore', '1'],
  ['ipv4', 'arp_filter', '1'],
] as const;

/** `linkLocalOf` answers from the last dump. */
export function openVmacWriter(linkLocalOf: (name: string) => Ip | null): Result<VmacWriter, KernelError> {
  const opened = openNetlink('route');
  if (!opened.ok) return opened;
  const socket = opened.value;
  const made = new Map<string, Vmac>();
  const changed = new Map<string, ChangedBase>();

  const ask = async (
    type: number,
    flags: number,
    payload: Uint8Array,
  ): Promise<Result<void, KernelError>> => {
    const [outcome] = await socket.perform([{ type, flags, payload }]);
    if (outcome === undefined) throw new Error('rtnetlink gave no outcome');
    return outcome;
  };

  /** Links by name as the kernel has them now: another dump may be from before our own last change. */
  const readLinks = async (): Promise<Result<ReadonlyMap<string, Link>, string>> => {
    const dumped = await socket.dump({ type: RTM.GETLINK, flags: 0, payload: encodeLinkDump() });
    if (!dumped.ok) return err(dumped.error.message);
    const links = dumped.value.map(({ payload }) => decodeLink(payload));
    return ok(new Map(links.flatMap((link) => (link.ok ? [[link.value.name, link.value]] : []))));
  };

  const removeLink = async (ifindex: number): Promise<Result<void, string>> => {
    const gone = await ask(RTM.DELLINK, 0, encodeLinkKey(ifindex));
    return gone.ok || gone.error.code === 'ENODEV' ? ok(undefined) : err(gone.error.message);
  };

  /** Makes the interface unless it is there and right; its index. */
  const create = async (
    { name, mac }: Vmac,
    base: Link,
    there: Link | undefined,
  ): Promise<Result<number, string>> => {
    if (there !== undefined) {
      const { macvlan } = there;
      if (macvlan === null) return err('there is another interface of this name');
      if (there.mac === mac && macvlan.base === base.ifindex && macvlan.isPrivate) return ok(there.ifindex);
      const gone = await removeLink(there.ifindex);
      if (!gone.ok) return gone;
    }
    const answer = await ask(RTM.NEWLINK, NLM_F.CREATE | NLM_F.EXCL, encodeMacvlan(name, base.ifindex, mac));
    if (!answer.ok) return err(answer.error.message);
    const links = await readLinks();
    if (!links.ok) return links;
    const made = links.value.get(name);
    return made === undefined ? err('it was removed again') : ok(made.ifindex);
  };

  /** Adverts over IPv6 come from the link-local address of the base, which this interface has to know too. */
  const lendLinkLocal = async (vmac: Vmac, ifindex: number): Promise<Result<void, string>> => {
    const address = linkLocalOf(vmac.base);
    if (address === null) return err(`interface ${vmac.base} has no IPv6 link-local address`);
    const lent = { address, prefix: 64, scope: 'link', label: null, broadcast: null, peer: null } as const;
    const payload = encodeAddress({ ...lent, flags: [], preferredLifetime: 0 }, ifindex, null);
    const added = await ask(RTM.NEWADDR, NLM_F.CREATE | NLM_F.REPLACE, payload);
    return added.ok ? added : err(added.error.message);
  };

  return ok({
    async ensure(vmac, families) {
      const links = await readLinks();
      if (!links.ok) return links;
      const base = links.value.get(vmac.base);
      if (base === undefined) return err(`interface ${vmac.base} does not exist`);
      const created = await create(vmac, base, links.value.get(vmac.name));
      if (!created.ok) return created;
      made.set(vmac.name, vmac);
      try {
        setUpIpv6(vmac.name, families.has('inet6'));
        if (families.has('inet')) {
          for (const [of, key, value] of FOR_IPV4) writeSetting(of, vmac.name, key, value);
          if (changed.get(vmac.base)?.ifindex !== base.ifindex) changed.set(vmac.base, changeBase(base));
        }
      } catch (error) {
        return err(`cannot set up ${vmac.name}: ${error instanceof Error ? error.message : error}`);
      }
      const up = await ask(RTM.NEWLINK, 0, encodeLinkUp(created.value));
      if (!up.ok) return err(up.error.message);
      return families.has('inet6') ? lendLinkLocal(vmac, created.value) : ok(undefined);
    },
    async remove(name) {
      const vmac = made.get(name);
      if (vmac === undefined) return ok(undefined);
      made.delete(name);
      const links = await readLinks();
      if (!links.ok) return links;
      const link = links.value.get(name);
      const isOurs = link !== undefined && link.macvlan !== null;
      const gone = isOurs ? await removeLink(link.ifindex) : ok(undefined);
      if (![...made.values()].some(({ base }) => base === vmac.base)) {
        const before = changed.get(vmac.base);
        changed.delete(vmac.base);
        if (before !== undefined && links.value.get(vmac.base)?.ifindex === before.ifindex) before.restore();
      }
      return gone;
    },
    close: () => socket.close(),
  });
}

/** Sets net.ipv4.conf.DEV.promote_secondaries: others of a subnet stay when its first address goes. */
export function promoteSecondaries(dev: string): Result<void, string> {
  try {
    writeSetting('ipv4', dev, 'promote_secondaries', '1');
    return ok(undefined);
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}

function setUpIpv6(name: string, isWanted: boolean): void {
  // Linux was started with ipv6.disable=1.
  if (!existsSync('/proc/sys/net/ipv6')) return;
  writeSetting('ipv6', name, 'addr_gen_mode', '1');
  writeSetting('ipv6', name, 'disable_ipv6', isWanted ? '0' : '1');
}

/** An interface of which the settings were changed, and how to put them back. */
interface ChangedBase {
  readonly ifindex: number;
  restore(): void;
}

function changeBase({ name, ifindex }: Link): ChangedBase {
  const before = ON_BASE.map(
    ([of, key]) => [of, key, readFileSync(setting(of, name, key), 'latin1').trim()] as const,
  );
  for (const [of, key, value] of ON_BASE) writeSetting(of, name, key, value);
  return {
    ifindex,
    restore() {
      for (const [of, key, value] of before) {
        try {
          writeSetting(of, name, key, value);
        } catch (error) {
          // The interface has gone since, and its settings with it.
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        }
      }
    },
  };
}

const setting = (of: 'ipv4' | 'ipv6', dev: string, key: string) => `/proc/sys/net/${of}/conf/${dev}/${key}`;

const writeSetting = (of: 'ipv4' | 'ipv6', dev: string, key: string, value: string) =>
  writeFileSync(setting(of, dev, key), value);
