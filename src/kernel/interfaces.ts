import { type Family, type Ip, ipFamily } from '../base/ip.ts';
import type { Mac } from '../base/mac.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Micros } from '../base/units.ts';
import { ADDRESS_SCOPES, type AddressKey, type InterfaceAddress, type Link } from '../model/addresses.ts';
import type { NetlinkMessage } from '../wire/netlink.ts';
import {
  AF_UNSPEC,
  decodeAddress,
  decodeLink,
  encodeAddressDump,
  encodeLinkDump,
  RTM,
  RTNLGRP,
} from '../wire/rtnl.ts';
import { systemClock } from './clock.ts';
import type { KernelError } from './error.ts';
import { LeaseClock } from './lease-clock.ts';
import { openNetlink } from './netlink.ts';
import type { NetlinkSocket } from './netlink-socket.ts';

/** The interfaces of this network namespace and their addresses, as the last dump had them. */
export interface Interfaces {
  /** The error says what is missing, as the end of "interface eth0 …". */
  lookup(
    name: string,
    family: Family,
    virtual: ReadonlySet<Ip>,
  ): Result<{ readonly ifindex: number; readonly mac: Mac; readonly primary: Ip }, string>;
  ifindex(name: string): number | null;
  mac(name: string): Mac | null;
  isRunning(name: string): boolean;
  hasAddress(address: AddressKey): boolean;
  /** How long ago the lifetime of this address was last set; null where it is not there, or there for ever. */
  leaseAge(address: AddressKey): Micros | null;
  nameOf(ifindex: number): string | null;
  isLocal(address: Ip): boolean;
  close(): void;
}

/** Notifications come in bursts: one dump answers for all of a burst. */
const GATHER_MS = 5;

/**
 * Dumps links and addresses, and again whenever the kernel tells of a change or has lost one to tell: the state
 * is read, never pieced together. `onChange` is called after each later dump. A lifetime that is set anew, as that of a
 * lease is with each advert, is no change.
 */
export async function watchInterfaces(onChange: () => void): Promise<Result<Interfaces, KernelError>> {
  const links = new Map<string, Link>();
  let addresses: Map<string, InterfaceAddress> = new Map();
  const leaseClock = new LeaseClock();
  let gathering: NodeJS.Timeout | null = null;

  const questions = openNetlink('route');
  if (!questions.ok) return questions;
  const reread = async () => {
    const dumped = await dump(questions.value);
    if (!dumped.ok) return dumped;
    links.clear();
    for (const link of dumped.value.links) links.set(link.name, link);
    addresses = new Map(dumped.value.addresses.map((one) => [placeOf(one), one]));
    return ok(undefined);
  };
  const gather = () => {
    gathering ??= setTimeout(async () => {
      gathering = null;
      // A dump that failed leaves the last state; try again rather than act on nothing.
      if ((await reread()).ok) onChange();
      else gather();
    }, GATHER_MS);
  };
  /** Takes over a lifetime that was set anew; false where a notification tells of more, or cannot be read. */
  const renew = ({ type, payload }: NetlinkMessage): boolean => {
    const told = type === RTM.NEWADDR ? decodeAddress(payload) : null;
    if (told?.ok !== true) return false;
    const is = told.value;
    const was = addresses.get(placeOf(is));
    if (was === undefined || !isRenewed(was, is)) return false;
    if (is.setAt !== null && is.setAt !== was.setAt) leaseClock.learn(is.setAt, systemClock.now());
    addresses.set(placeOf(is), is);
    return true;
  };
  const watcher = openNetlink('route', {
    groups: [RTNLGRP.LINK, RTNLGRP.IPV4_IFADDR, RTNLGRP.IPV6_IFADDR],
    onNotification: (message) => {
      if (!renew(message)) gather();
    },
    onOverrun: gather,
  });
  if (!watcher.ok) {
    questions.value.close();
    return watcher;
  }
  const find = ({ address, prefix, dev }: AddressKey): InterfaceAddress | undefined => {
    const ifindex = links.get(dev)?.ifindex;
    return ifindex === undefined ? undefined : addresses.get(placeOf({ ifindex, address, prefix }));
  };
  const close = () => {
    if (gathering !== null) clearTimeout(gathering);
    watcher.value.close();
    questions.value.close();
  };
  const first = await reread();
  if (!first.ok) {
    close();
    return first;
  }
  return ok({
    lookup: (name, family, virtual) => lookup(links.get(name), family, [...addresses.values()], virtual),
    ifindex: (name) => links.get(name)?.ifindex ?? null,
    mac: (name) => (links.get(name)?.mac ?? null) as Mac | null,
    isRunning: (name) => links.get(name)?.running ?? false,
    hasAddress: (address) => find(address) !== undefined,
    leaseAge(address) {
      const found = find(address);
      if (found === undefined || found.lifetime === null || found.setAt === null) return null;
      return leaseClock.age(found.setAt, systemClock.now());
    },
    nameOf: (ifindex) => [...links.values()].find((link) => link.ifindex === ifindex)?.name ?? null,
    isLocal: (address) => [...addresses.values()].some((one) => one.address === address),
    close,
  });
}

function lookup(
  link: Link | undefined,
  family: Family,
  addresses: readonly InterfaceAddress[],
  virtual: ReadonlySet<Ip>,
) {
  if (link === undefined) return err('does not exist');
  if (!link.running) return err('is down');
  if (link.mac === null) return err('has no Ethernet address');
  const own = addresses.filter(
    ({ ifindex, address, scope }) =>
      ifindex === link.ifindex &&
      ipFamily(address) === family &&
      // RFC 9568 §5.1.2.1: adverts over IPv6 come from the link-local address.
      (family === 'inet' || scope === ADDRESS_SCOPES.link),
  );
  const fit = own.filter(({ address, secondary, usable }) => !secondary && usable && !virtual.has(address));
  // Linux tells the newest IPv6 address first, which may be a virtual one of another router; a static address of our
  // own configuration is by VRRP too.
  const primary = fit.find(({ isByVrrp }) => !isByVrrp) ?? fit[0];
  if (primary === undefined) {
    const what = family === 'inet' ? 'IPv4 address' : 'IPv6 link-local address';
    return err(own.length === 0 ? `has no ${what}` : `has no usable ${what} besides virtual ones`);
  }
  return ok({ ifindex: link.ifindex, mac: link.mac as Mac, primary: primary.address });
}

/** Whether nothing but the lifetime differs. One that was there for ever and is not now, or the reverse, differs. */
const isRenewed = (was: InterfaceAddress, is: InterfaceAddress): boolean =>
  was.scope === is.scope &&
  was.secondary === is.secondary &&
  was.usable === is.usable &&
  was.isByVrrp === is.isByVrrp &&
  (was.lifetime === null) === (is.lifetime === null);

const placeOf = (one: Pick<InterfaceAddress, 'ifindex' | 'address' | 'prefix'>): string =>
  `${one.ifindex} ${one.address}/${one.prefix}`;

async function dump(socket: NetlinkSocket) {
  const links = await socket.dump({ type: RTM.GETLINK, flags: 0, payload: encodeLinkDump() });
  if (!links.ok) return links;
  const addresses = await socket.dump({ type: RTM.GETADDR, flags: 0, payload: encodeAddressDump(AF_UNSPEC) });
  if (!addresses.ok) return addresses;
  return ok({
    links: links.value.map((message) => decodeLink(message.payload)).flatMap((r) => (r.ok ? [r.value] : [])),
    addresses: addresses.value
      .map((message) => decodeAddress(message.payload))
      .flatMap((r) => (r.ok ? [r.value] : [])),
  });
}
