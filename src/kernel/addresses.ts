import { err, ok, type Result } from '../base/result.ts';
import type { AddressKey, VirtualAddress } from '../model/addresses.ts';
import { NLM_F } from '../wire/netlink.ts';
import { encodeAddress, RTM } from '../wire/rtnl.ts';
import type { KernelError, KernelErrorCode } from './error.ts';
import { openNetlink } from './netlink.ts';
import type { NetlinkRequest } from './netlink-socket.ts';

/** Puts addresses on interfaces and takes them off (rtnetlink). Needs CAP_NET_ADMIN. */
export interface AddressWriter {
  /** Each address's outcome, in order: whether it was added (`true`) or was there before. */
  add(addresses: readonly VirtualAddress[]): Promise<readonly Result<boolean, string>[]>;
  /** An address, or an interface, that is not there is a success. */
  remove(addresses: readonly AddressKey[]): Promise<readonly Result<void, string>[]>;
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

  return ok({
    add: (addresses) =>
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
      ),
    remove: (addresses) =>
      perform<AddressKey, void>(
        addresses,
        (key, ifindex) => {
          const payload = encodeAddress({ ...key, scope: 'global', label: null, broadcast: null }, ifindex);
          return { type: RTM.DELADDR, flags: 0, payload };
        },
        (outcome) =>
          outcome.ok || GONE.includes(outcome.error.code) ? ok(undefined) : err(outcome.error.message),
      ),
    close: () => socket.close(),
  });
}

const NO_DEVICE: KernelError = { code: 'ENODEV', errno: 19, message: 'no such interface' };
