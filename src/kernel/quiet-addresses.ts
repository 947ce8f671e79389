import { ipFamily } from '../base/ip.ts';
import { ok, type Result } from '../base/result.ts';
import { addressKey, type VirtualAddress } from '../model/addresses.ts';
import type { AddressWriter } from './addresses.ts';
import { silence } from './interface-silence.ts';

/** Addresses that another machine has taken over, and that packets are still under way to. */
export interface QuietAddresses {
  /**
   * Takes them off their interface, without a gap in which packets to them are refused: for two seconds at most,
   * whatever becomes of this process, they are on the loopback interface, where nobody on the link is answered for them.
   * The interface is kept from answering by its sysctls, which the next process puts back (`endForgottenSilence`) where
   * this one dies before `release`.
   * Where that cannot be done (the outcome says why) the address is taken off all the same.
   */
  quiet(addresses: readonly VirtualAddress[]): Promise<readonly Result<void, string>[]>;
  /** Ends that; what is on its own interface again stays there. */
  release(addresses: readonly VirtualAddress[]): Promise<readonly Result<void, string>[]>;
}

/** Seconds. */
const LIFETIME = 2;

interface Held {
  readonly copy: VirtualAddress;
  /** Nobody else had put the copy there. */
  readonly isOurs: boolean;
}

export function openQuietAddresses(here: Pick<AddressWriter, 'lend' | 'remove'>): QuietAddresses {
  const held = new Map<string, Held>();
  const silent = new Map<string, { count: number; readonly restore: () => void }>();

  const hush = ({ address, dev }: VirtualAddress): Result<void, string> => {
    if (ipFamily(address) === 'inet6') return ok(undefined);
    const known = silent.get(dev);
    if (known !== undefined) {
      known.count++;
      return ok(undefined);
    }
    const silenced = silence(dev);
    if (!silenced.ok) return silenced;
    silent.set(dev, { count: 1, restore: silenced.value });
    return ok(undefined);
  };

  const speak = ({ address, dev }: VirtualAddress): void => {
    const known = ipFamily(address) === 'inet6' ? undefined : silent.get(dev);
    if (known === undefined || --known.count > 0) return;
    silent.delete(dev);
    known.restore();
  };

  return {
    async quiet(addresses) {
      const silenced = addresses.map((one) => (held.has(addressKey(one)) ? ok(undefined) : hush(one)));
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
