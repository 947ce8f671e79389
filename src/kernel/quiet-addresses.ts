import { readFileSync, writeFileSync } from 'node:fs';
import { ipFamily } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { addressKey, type VirtualAddress } from '../model/addresses.ts';
import type { AddressWriter } from './addresses.ts';

/** Addresses that another machine has taken over, and that packets are still under way to. */
export interface QuietAddresses {
  /**
   * Takes them off their interface, without a gap in which packets to them are refused: for two seconds at most,
   * whatever becomes of this process, they are on the loopback interface, where nobody on the link is answered for them.
   * The interface is kept from answering by its sysctls, which a process that dies before `release` leaves behind.
   * Where that cannot be done (the outcome says why) the address is taken off all the same.
   */
  quiet(addresses: readonly VirtualAddress[]): Promise<readonly Result<void, string>[]>;
  /** Ends that; what is on its own interface again stays there. */
  release(addresses: readonly VirtualAddress[]): Promise<readonly Result<void, string>[]>;
}

/** Seconds. */
const LIFETIME = 2;

/**
 * Documentation/networking/ip-sysctl.rst: an interface does not answer for addresses of another interface, and does not
 * ask with them as the source, which would tell its neighbours the same. An IPv6 interface does neither anyway
 * (ndisc_recv_ns and ndisc_send_ns in net/ipv6/ndisc.c look for addresses of that interface).
 */
const SILENCE = [
  ['arp_ignore', 1],
  ['arp_announce', 2],
] as const;

interface Held {
  readonly copy: VirtualAddress;
  /** Nobody else had put the copy there. */
  readonly isOurs: boolean;
}

type Restore = () => void;

export function openQuietAddresses(here: Pick<AddressWriter, 'lend' | 'remove'>): QuietAddresses {
  const held = new Map<string, Held>();
  const silent = new Map<string, { count: number; readonly restore: readonly Restore[] }>();

  const silence = ({ address, dev }: VirtualAddress): Result<void, string> => {
    if (ipFamily(address) === 'inet6') return ok(undefined);
    const known = silent.get(dev);
    if (known !== undefined) {
      known.count++;
      return ok(undefined);
    }
    const restore: Restore[] = [];
    try {
      for (const [key, value] of SILENCE) restore.push(raise(dev, key, value));
    } catch (error) {
      for (const undo of restore) undo();
      return err(`cannot silence ${dev}: ${error instanceof Error ? error.message : error}`);
    }
    silent.set(dev, { count: 1, restore });
    return ok(undefined);
  };

  const speak = ({ address, dev }: VirtualAddress): void => {
    const known = ipFamily(address) === 'inet6' ? undefined : silent.get(dev);
    if (known === undefined || --known.count > 0) return;
    silent.delete(dev);
    for (const undo of known.restore) undo();
  };

  return {
    async quiet(addresses) {
      const silenced = addresses.map((one) => (held.has(addressKey(one)) ? ok(undefined) : silence(one)));
      const able = addresses.filter((_, i) => silenced[i]?.ok === true);
      const lent = await here.lend(able.map(onLoopback), LIFETIME);
      for (const [i, address] of able.entries()) {
        const key = addressKey(address);
        const outcome = lent[i];
        const isNew = outcome?.ok === true && outcome.value;
        held.set(key, { copy: onLoopback(address), isOurs: isNew || held.get(key)?.isOurs === true });
      }
      const removed = await here.remove(addresses);
      const outcomes = lent.values();
      return addresses.map((_, i) => {
        const steps = [silenced[i], silenced[i]?.ok === true ? outcomes.next().value : undefined, removed[i]];
        const failed = steps.find((step) => step?.ok === false);
        return failed?.ok === false ? failed : ok(undefined);
      });
    },

    async release(addresses) {
      const outcomes = await here.remove(
        addresses.flatMap((address) => {
          const one = held.get(addressKey(address));
          return one?.isOurs === true ? [one.copy] : [];
        }),
      );
      const removed = outcomes.values();
      return addresses.map((address) => {
        const one = held.get(addressKey(address));
        if (one === undefined) return ok(undefined);
        held.delete(addressKey(address));
        speak(address);
        return one.isOurs ? (removed.next().value ?? ok(undefined)) : ok(undefined);
      });
    },
  };
}

function onLoopback({ address }: VirtualAddress): VirtualAddress {
  return {
    address,
    prefix: ipFamily(address) === 'inet' ? 32 : 128,
    dev: 'lo',
    scope: 'host',
    label: null,
    broadcast: null,
    peer: null,
    // Linux keeps the route to the subnet of an IPv6 address that had an end.
    flags: ['noprefixroute'],
    preferredLifetime: null,
    noTrack: true,
  };
}

/**
 * Raises a sysctl of an interface (the higher one of the interface and of `all` counts); gives what puts it back, which
 * leaves a value alone that somebody else has set since. Throws what the file system says, but for an interface that is
 * not there: nothing has to be done about it.
 */
function raise(dev: string, key: string, value: number): Restore {
  const file = `/proc/sys/net/ipv4/conf/${dev}/${key}`;
  const before = read(file);
  if (before === null || Number(before) >= value) return () => undefined;
  writeFileSync(file, `${value}`);
  return () => {
    if (read(file) === `${value}`) writeFileSync(file, before);
  };
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'latin1').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
