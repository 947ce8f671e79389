import { err, ok, type Result } from '../base/result.ts';
import { type AddressKey, addressKey, type VirtualAddress } from '../model/addresses.ts';
import { NLM_F } from '../wire/netlink.ts';
import { encodeAddress, RTM } from '../wire/rtnl.ts';
import type { KernelError, KernelErrorCode } from './error.ts';
import { openNetlink } from './netlink.ts';
import type { NetlinkRequest } from './netlink-socket.ts';

/** Puts addresses on interfaces and takes them off (rtnetlink). Needs CAP_NET_ADMIN. */
export interface AddressWriter {
  /** Each address's outcome, in order: whether it was added (`true`) or was there before. */
  add(addresses: readonly VirtualAddress[]): Promise<readonly Result<boolean, string>[]>;
  /**
   * An address, or an interface, that is not there is a success. What this writer added to the same interface stays:
   * with the first address of a subnet Linux takes the others away too, unless `promote_secondaries` is set
   * (__inet_del_ifa in net/ipv4/devinet.c), so they are put back.
   */
  remove(addresses: readonly VirtualAddress[]): Promise<readonly Result<void, string>[]>;
  close(): void;
}

const GONE: readonly KernelErrorCode[] = ['EADDRNOTAVAIL', 'ENODEV'];

/** `ifindexOf` answers from the last dump of the links. */
export function openAddressWriter(
  ifindexOf: (dev: string) => number | null,
): Result<AddressWriter, KernelError> {
  const opened = openNetlink('route');
  if (!opened.ok) return opened;
  const socket = opened.value;
  const wanted = new Map<string, VirtualAddress>();

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

  const put = (addresses: readonly VirtualAddress[]) =>
    perform<VirtualAddress, boolean>(
      addresses,
      (address, ifindex) => ({
        type: RTM.NEWADDR,
        flags: NLM_F.CREATE | NLM_F.EXCL,
        payload: encodeAddress(address, ifindex),
      }),
      (outcome) => {
        if (outcome.ok) return ok(true);
        return outcome.error.code === 'EEXIST' ? ok(false) : err(outcome.error.message);
      },
    );

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

  return ok({
    add(addresses) {
      for (const address of addresses) wanted.set(addressKey(address), address);
      return put(addresses);
    },
    async remove(addresses) {
      for (const key of addresses) wanted.delete(addressKey(key));
      const outcomes = await perform<VirtualAddress, void>(
        addresses,
        (key, ifindex) => {
          const payload = encodeAddress(key, ifindex);
          return { type: RTM.DELADDR, flags: 0, payload };
        },
        (outcome) =>
          outcome.ok || GONE.includes(outcome.error.code) ? ok(undefined) : err(outcome.error.message),
      );
      const lost = await putBack(addresses);
      return lost === null ? outcomes : outcomes.map((outcome) => (outcome.ok ? err(lost) : outcome));
    },
    close: () => socket.close(),
  });
}

const NO_DEVICE: KernelError = { code: 'ENODEV', errno: 19, message: 'no such interface' };
