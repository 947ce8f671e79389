import { type AddressKey, addressKey, type VirtualAddress } from '../model/addresses.ts';
import type { InstanceConfig } from '../model/config.ts';
import { encodeGratuitousArp } from '../wire/arp.ts';
import { PRIORITY_OWNER } from '../wire/vrrp.ts';
import type { VrrpPorts } from './vrrp-ports.ts';

/**
 * The virtual addresses of one instance on their interfaces. Changes are performed one after the other, in the
 * order in which they were asked for; adverts never wait for them.
 */
export class VrrpAddresses {
  private readonly ports: Pick<VrrpPorts, 'addresses' | 'announcer' | 'interfaces'>;
  private readonly complain: (what: string, because: string) => void;
  /** Addresses that this process put on an interface: all that an owner takes off again. */
  private readonly added = new Map<string, AddressKey>();
  private work: Promise<void> = Promise.resolve();

  constructor(
    ports: Pick<VrrpPorts, 'addresses' | 'announcer' | 'interfaces'>,
    complain: (what: string, because: string) => void,
  ) {
    this.ports = ports;
    this.complain = complain;
  }

  add(addresses: readonly VirtualAddress[]): void {
    this.work = this.work.then(async () => {
      const outcomes = await this.ports.addresses.add(addresses);
      for (const [i, address] of addresses.entries()) {
        const outcome = outcomes[i];
        if (outcome?.ok !== true) this.complain(`add ${show(address)}`, outcome?.error ?? 'no answer');
        else if (outcome.value) this.added.set(addressKey(address), address);
      }
    });
  }

  remove(addresses: readonly AddressKey[], priority: InstanceConfig['priority']): void {
    this.work = this.work.then(async () => {
      // An owner's addresses are the machine's own; only what was added is taken off.
      const ours =
        priority === PRIORITY_OWNER ? addresses.filter((a) => this.added.has(addressKey(a))) : addresses;
      const outcomes = ours.length === 0 ? [] : await this.ports.addresses.remove(ours);
      for (const [i, address] of ours.entries()) {
        const outcome = outcomes[i];
        if (outcome?.ok === true) this.added.delete(addressKey(address));
        else this.complain(`remove ${show(address)}`, outcome?.error ?? 'no answer');
      }
    });
  }

  /**
   * Sends `rounds` gratuitous ARPs for each address once the changes before it are done, unless `wanted` says
   * no by then. `sent` is called for each one that left.
   */
  announce(
    rounds: number,
    addresses: readonly VirtualAddress[],
    wanted: () => boolean,
    sent: () => void,
  ): void {
    this.work = this.work.then(() => {
      for (let round = 0; round < rounds && wanted(); round++) {
        for (const address of addresses) {
          const at = this.ports.interfaces.lookup(address.dev, new Set());
          const outcome = at.ok
            ? this.ports.announcer.send(at.value.ifindex, encodeGratuitousArp(at.value.mac, address.address))
            : at;
          if (outcome.ok) sent();
          else this.complain(`announce ${show(address)}`, outcome.error);
        }
      }
    });
  }

  /** Answers when everything asked for so far has been done. */
  settled(): Promise<void> {
    return this.work;
  }
}

const show = (address: AddressKey): string => `${address.address}/${address.prefix} on ${address.dev}`;
