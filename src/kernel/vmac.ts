import { readFileSync, writeFileSync } from 'node:fs';
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
  /** Makes the interface, or makes an existing one right; the family tells which addresses it is for. */
  ensure(vmac: Vmac, family: Family): Promise<Result<void, string>>;
  /** An interface that is not there is a success. What was changed for it on its base is undone with the last one. */
  remove(name: string): Promise<Result<void, string>>;
  close(): void;
}

/**
 * What keepalived 2.2.7 sets on Linux 6.18, seen by comparing /proc/sys/net before and after. The base must not answer
 * for the virtual addresses with its own MAC (RFC 9568 §8.1.2), and the kernel must not make addresses out of the
 * virtual one (RFC 9568 §7.4).
 */
const ON_IPV4 = [
  ['ipv4', 'accept_local', '1'],
  ['ipv4', 'arp_ignore', '1'],
  ['ipv4', 'rp_filter', '0'],
  ['ipv4', 'promote_secondaries', '1'],
  ['ipv6', 'addr_gen_mode', '1'],
  ['ipv6', 'disable_ipv6', '1'],
] as const;
const ON_IPV6 = [['ipv6', 'addr_gen_mode', '1']] as const;
const ON_BASE = [
  ['ipv4', 'arp_ignore', '1'],
  ['ipv4', 'arp_filter', '1'],
] as const;

/** `linkOf` and `linkLocalOf` answer from the last dump. */
export function openVmacWriter(
  linkOf: (name: string) => Link | null,
  linkLocalOf: (name: string) => Ip | null,
): Result<VmacWriter, KernelError> {
  const opened = openNetlink('route');
  if (!opened.ok) return opened;
  const socket = opened.value;
  const made = new Map<string, Vmac>();
  /** By base: what its settings were before. */
  const changed = new Map<string, () => void>();

  const ask = async (
    type: number,
    flags: number,
    payload: Uint8Array,
  ): Promise<Result<void, KernelError>> => {
    const [outcome] = await socket.perform([{ type, flags, payload }]);
    if (outcome === undefined) throw new Error('rtnetlink gave no outcome');
    return outcome;
  };

  /** The index of the interface as the kernel has it now: the last dump may be from before it was made. */
  const indexNow = async (name: string): Promise<number | null> => {
    const dumped = await socket.dump({ type: RTM.GETLINK, flags: 0, payload: encodeLinkDump() });
    const links = dumped.ok ? dumped.value.map(({ payload }) => decodeLink(payload)) : [];
    return (
      links.flatMap((link) => (link.ok && link.value.name === name ? [link.value.ifindex] : []))[0] ?? null
    );
  };

  const removeLink = async (name: string): Promise<Result<void, string>> => {
    const link = linkOf(name);
    if (link === null) return ok(undefined);
    const gone = await ask(RTM.DELLINK, 0, encodeLinkKey(link.ifindex));
    return gone.ok || gone.error.code === 'ENODEV' ? ok(undefined) : err(gone.error.message);
  };

  const create = async ({ name, mac }: Vmac, base: Link): Promise<Result<void, string>> => {
    const there = linkOf(name);
    if (there !== null) {
      if (there.mac === mac && there.base === base.ifindex) return ok(undefined);
      const gone = await removeLink(name);
      if (!gone.ok) return gone;
    }
    const answer = await ask(RTM.NEWLINK, NLM_F.CREATE | NLM_F.EXCL, encodeMacvlan(name, base.ifindex, mac));
    return answer.ok ? answer : err(answer.error.message);
  };

  /** Adverts over IPv6 come from the link-local address of the base, which this interface has to know too. */
  const lendLinkLocal = async (vmac: Vmac, ifindex: number): Promise<Result<void, string>> => {
    const address = linkLocalOf(vmac.base);
    if (address === null) return err(`interface ${vmac.base} has no IPv6 link-local address`);
    const lent = { address, prefix: 64, scope: 'link', label: null, broadcast: null, peer: null } as const;
    const payload = encodeAddress({ ...lent, flags: [], preferredLifetime: 0 }, ifindex);
    const added = await ask(RTM.NEWADDR, NLM_F.CREATE | NLM_F.REPLACE, payload);
    return added.ok ? added : err(added.error.message);
  };

  return ok({
    async ensure(vmac, family) {
      const base = linkOf(vmac.base);
      if (base === null) return err(`interface ${vmac.base} does not exist`);
      const created = await create(vmac, base);
      if (!created.ok) return created;
      made.set(vmac.name, vmac);
      try {
        for (const [of, key, value] of family === 'inet' ? ON_IPV4 : ON_IPV6) {
          writeSetting(of, vmac.name, key, value);
        }
        if (family === 'inet' && !changed.has(vmac.base)) changed.set(vmac.base, changeBase(vmac.base));
      } catch (error) {
        return err(`cannot set up ${vmac.name}: ${error instanceof Error ? error.message : error}`);
      }
      const ifindex = await indexNow(vmac.name);
      if (ifindex === null) return err('it was removed again');
      const up = await ask(RTM.NEWLINK, 0, encodeLinkUp(ifindex));
      if (!up.ok) return err(up.error.message);
      return family === 'inet6' ? lendLinkLocal(vmac, ifindex) : ok(undefined);
    },
    async remove(name) {
      const vmac = made.get(name);
      made.delete(name);
      const gone = await removeLink(name);
      if (vmac !== undefined && ![...made.values()].some(({ base }) => base === vmac.base)) {
        changed.get(vmac.base)?.();
        changed.delete(vmac.base);
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

/** How to put back what is changed. */
function changeBase(base: string): () => void {
  const before = ON_BASE.map(
    ([of, key]) => [of, key, readFileSync(setting(of, base, key), 'latin1').trim()] as const,
  );
  for (const [of, key, value] of ON_BASE) writeSetting(of, base, key, value);
  return () => {
    for (const [of, key, value] of before) {
      try {
        writeSetting(of, base, key, value);
      } catch (error) {
        // The base itself is gone, and its settings with it.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  };
}

const setting = (of: 'ipv4' | 'ipv6', dev: string, key: string) => `/proc/sys/net/${of}/conf/${dev}/${key}`;

const writeSetting = (of: 'ipv4' | 'ipv6', dev: string, key: string, value: string) =>
  writeFileSync(setting(of, dev, key), value);
