import { ipFamily } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type AddressKey, addressKey, type VirtualAddress } from '../model/addresses.ts';
import { NLM_F } from '../wire/netlink.ts';
import { AF_UNSPEC, decodeAddress, encodeAddress, encodeAddressDump, RTM } from '../wire/rtnl.ts';
import type { KernelError, KernelErrorCode } from './error.ts';
import { openNetlink } from './netlink.ts';
import type { NetlinkRequest } from './netlink-socket.ts';

/**
 * Puts addresses on interfaces and takes them off (rtnetlink). Needs CAP_NET_ADMIN. Lifetimes are whole seconds, null for
 * ever, and the preferred lifetime of an address is never longer.
 *
 * Linux 6.18 was seen to remove an address 0.01–0.42 s after its end, and up to 1 s where several end apart: it
 * looks at most once a second (ADDRCONF_TIMER_FUZZ and ADDRCONF_TIMER_FUZZ_MAX in include/net/addrconf.h).
 */
export interface AddressWriter {
  /**
   * Each address's outcome, in order: whether it was added (`true`) or was there before. One that was there gets the
   * lifetime anew; one that was there for ever and shall be is not touched.
   */
  add(
    addresses: readonly VirtualAddress[],
    lifetime: number | null,
  ): Promise<readonly Result<boolean, string>[]>;
  /** Sets their lifetimes anew, and puts back what has gone; calls of one turn go together. */
  renew(addresses: readonly VirtualAddress[], lifetime: number): Promise<readonly Result<void, string>[]>;
  /**
   * Adds them for a while only: what was there before (`false`) is not touched, and what another removal takes away is
   * not put back.
   */
  lend(addresses: readonly VirtualAddress[], lifetime: number): Promise<readonly Result<boolean, string>[]>;
  /**
   * An address, or an interface, that is not there is a success. What this writer added to the same interface stays:
   * with the first address of a subnet Linux takes the others away too, unless `promote_secondaries` is set
   * (__inet_del_ifa in net/ipv4/devinet.c), so they are put back.
   */
  remove(addresses: readonly VirtualAddress[]): Promise<readonly Result<void, string>[]>;
  close(): void;
}

interface Leased extends AddressKey {
  readonly of: VirtualAddress;
  readonly lifetime: number | null;
}

const GONE: readonly KernelErrorCode[] = ['EADDRNOTAVAIL', 'ENODEV'];

/** `ifindexOf` answers from the last dump of the links. */
export function openAddressWriter(
  ifindexOf: (dev: string) => number | null,
): Result<AddressWriter, KernelError> {
  const opened = openNetlink('route');
  if (!opened.ok) return opened;
  const socket = opened.value;
  const wanted = new Map<string, Leased>();
  /** IPv6 addresses whose lifetime has an end by this writer. */
  const ending = new Set<string>();
  /** Many virtual routers renew theirs in the same turn of the loop: one message tells the kernel. */
  const due: Leased[] = [];
  let renewing: Promise<readonly Result<void, string>[]> | null = null;
  const encode = rememberEncoded();

  async function perform<Key extends AddressKey, T>(
    keys: readonly Key[],
    request: (key: Key, ifindex: number) => NetlinkRequest,
    judge: (outcome: Result<void, KernelError>) => Result<T, string>,
  ): Promise<readonly Result<T, string>[]> {
    const requests = keys.map((key) => {
      const ifindex = ifindexOf(key.dev);
      return ifindex === null ? null : request(key, ifindex);
    });
    const outcomes = (await socket.perform(requests.filter((r) => r !== null))).values();
    return requests.map((r) => judge((r === null ? null : outcomes.next().value) ?? err(NO_DEVICE)));
  }

  const put = async (addresses: readonly Leased[]): Promise<readonly Result<boolean, string>[]> => {
    const outcomes = await perform<Leased, boolean>(
      addresses,
      (leased, ifindex) => ({
        type: RTM.NEWADDR,
        flags: NLM_F.CREATE | NLM_F.EXCL,
        payload: encode(leased, ifindex),
      }),
      (outcome) => {
        if (outcome.ok) return ok(true);
        return outcome.error.code === 'EEXIST' ? ok(false) : err(outcome.error.message);
      },
    );
    for (const [i, one] of addresses.entries()) {
      const outcome = outcomes[i];
      if (outcome?.ok === true && outcome.value && one.lifetime !== null && isIpv6(one))
        ending.add(addressKey(one));
    }
    return outcomes;
  };

  const set = (addresses: readonly Leased[]) =>
    perform<Leased, void>(
      addresses,
      (leased, ifindex) => ({
        type: RTM.NEWADDR,
        flags: NLM_F.CREATE | NLM_F.REPLACE,
        payload: encode(leased, ifindex),
      }),
      (outcome) => (outcome.ok ? ok(undefined) : err(outcome.error.message)),
    );

  /**
   * An IPv6 address that stays for ever and gets an end takes the route to its subnet with it at once, even from other
   * addresses of the subnet (seen on Linux 6.18; modify_prefix_route in net/ipv6/addrconf.c). So it first lets go of the
   * route, and makes one of its own if it was alone with it.
   */
  const replace = async (addresses: readonly Leased[]) => {
    const first = addresses.filter(
      (one) => isIpv6(one) && one.lifetime !== null && !ending.has(addressKey(one)),
    );
    if (first.length > 0) await set(first.map(withoutRoute));
    for (const one of addresses.filter(isIpv6)) {
      if (one.lifetime === null) ending.delete(addressKey(one));
      else ending.add(addressKey(one));
    }
    return set(addresses);
  };

  /** Linux takes the route to the subnet of an IPv6 address with it only if the address was there for ever. */
  const stayForNow = async (addresses: readonly VirtualAddress[]): Promise<void> => {
    const these = addresses.filter((address) => ending.delete(addressKey(address)));
    if (these.length > 0) await set(lease(these, null));
  };

  /** Why what shares an interface with addresses that went could not stay, or null. */
  async function putBack(gone: readonly AddressKey[]): Promise<string | null> {
    const devices = new Set(gone.map(({ dev }) => dev));
    const others = [...wanted.values()].filter(({ dev }) => devices.has(dev));
    const outcomes = others.length === 0 ? [] : await put(others);
    const failed = outcomes.flatMap((outcome, i) =>
      outcome.ok ? [] : `${others[i]?.address} was lost with it: ${outcome.error}`,
    );
    return failed[0] ?? null;
  }

  /** Keys of the addresses that the kernel has for a while only. */
  async function expiring(): Promise<Result<ReadonlySet<string>, string>> {
    const dumped = await socket.dump({
      type: RTM.GETADDR,
      flags: 0,
      payload: encodeAddressDump(AF_UNSPEC),
    });
    if (!dumped.ok) return err(dumped.error.message);
    const all = dumped.value.map(({ payload }) => decodeAddress(payload));
    return ok(new Set(all.flatMap((a) => (a.ok && a.value.lifetime !== null ? [placeOf(a.value)] : []))));
  }

  /** Gives addresses that are there the lifetime which they have not yet. */
  async function prolong(there: readonly Leased[]): Promise<readonly Result<void, string>[]> {
    if (there.every(({ lifetime }) => lifetime !== null)) return replace(there);
    const now = await expiring();
    if (!now.ok) return there.map(() => now);
    const isDue = (leased: Leased) =>
      now.value.has(placeOf({ ...leased, ifindex: ifindexOf(leased.dev) ?? 0 }));
    const outcomes = (await replace(there.filter(isDue))).values();
    return there.map((leased) => (isDue(leased) ? (outcomes.next().value ?? err(NO_DEVICE.message)) : DONE));
  }

  return ok({
    async add(addresses, lifetime) {
      const leased = lease(addresses, lifetime);
      for (const one of leased) wanted.set(addressKey(one), one);
      const outcomes = await put(leased);
      const wasThere = (outcome: Result<boolean, string> | undefined) =>
        outcome?.ok === true && !outcome.value;
      const there = leased.filter((_, i) => wasThere(outcomes[i]));
      // Somebody else may have put them there meanwhile.
      for (const one of there) ending.delete(addressKey(one));
      const prolonged = (there.length === 0 ? [] : await prolong(there)).values();
      return outcomes.map((outcome) => {
        const then = wasThere(outcome) ? prolonged.next().value : undefined;
        return then?.ok === false ? then : outcome;
      });
    },
    async renew(addresses, lifetime) {
      const leased = lease(addresses, lifetime);
      for (const one of leased) wanted.set(addressKey(one), one);
      const from = due.length;
      due.push(...leased);
      renewing ??= Promise.resolve().then(() => {
        renewing = null;
        return replace(due.splice(0));
      });
      return (await renewing).slice(from, from + leased.length);
    },
    lend: (addresses, lifetime) => put(lease(addresses, lifetime)),
    async remove(addresses) {
      for (const key of addresses) wanted.delete(addressKey(key));
      await stayForNow(addresses);
      const outcomes = await perform<Leased, void>(
        lease(addresses, null),
        ({ of }, ifindex) => ({ type: RTM.DELADDR, flags: 0, payload: encodeAddress(of, ifindex, null) }),
        (outcome) =>
          outcome.ok || GONE.includes(outcome.error.code) ? ok(undefined) : err(outcome.error.message),
      );
      const lost = await putBack(addresses);
      return lost === null ? outcomes : outcomes.map((outcome) => (outcome.ok ? err(lost) : outcome));
    },
    close: () => socket.close(),
  });
}

const lease = (addresses: readonly VirtualAddress[], lifetime: number | null): readonly Leased[] =>
  addresses.map((of) => ({ address: of.address, prefix: of.prefix, dev: of.dev, of, lifetime }));

const isIpv6 = ({ address }: AddressKey): boolean => ipFamily(address) === 'inet6';

const withoutRoute = ({ of, ...key }: Leased): Leased => ({
  ...key,
  of: { ...of, flags: [...of.flags, 'noprefixroute'] },
  lifetime: null,
});

/** Adverts renew the same addresses again and again, and the bytes stay the same. */
function rememberEncoded(): (leased: Leased, ifindex: number) => Uint8Array {
  interface Encoded {
    readonly ifindex: number;
    readonly lifetime: number | null;
    readonly payload: Uint8Array;
  }
  const encoded = new WeakMap<VirtualAddress, Encoded>();
  return ({ of, lifetime }, ifindex) => {
    const known = encoded.get(of);
    if (known?.ifindex === ifindex && known.lifetime === lifetime) return known.payload;
    const payload = encodeAddress(of, ifindex, lifetime);
    encoded.set(of, { ifindex, lifetime, payload });
    return payload;
  };
}

const placeOf = (a: Pick<AddressKey, 'address' | 'prefix'> & { readonly ifindex: number }) =>
  `${a.address}/${a.prefix}@${a.ifindex}`;

const DONE: Result<void, string> = ok(undefined);
const NO_DEVICE: KernelError = { code: 'ENODEV', errno: 19, message: 'no such interface' };
