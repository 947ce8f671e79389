import type { Ip } from '../base/ip.ts';
import type { Result } from '../base/result.ts';
import { type AddressKey, addressKey, type VirtualAddress } from '../model/addresses.ts';
import type { RouteConfig, RuleConfig } from '../model/routes.ts';
import type { Belongings } from '../vrrp/instances.ts';
import type { VrrpPorts, Writer } from './vrrp-ports.ts';

type Ports = Pick<VrrpPorts, 'addresses' | 'routes' | 'rules' | 'interfaces'>;

/**
 * The addresses, routes and rules of one owner. Changes are performed one after the other, in the order in which they
 * were asked for; adverts never wait for them.
 */
export class VrrpBelongings {
  private readonly ports: Ports;
  private readonly complain: (what: string, because: string) => void;
  /** Told of what somebody else had taken away and is back. */
  private readonly restored: (what: string, addresses: readonly Ip[]) => void;
  /** Addresses that this process put on an interface: all that an owner takes off again. */
  private readonly added = new Map<string, AddressKey>();
  /** Those that are served without being answered for. */
  private readonly quiet = new Map<string, VirtualAddress>();
  private work: Promise<void> = Promise.resolve();
  /** Changes under way; a renewal is none. */
  private busy = 0;
  private renewing = false;
  /** A route or rule could not be set, or was taken away: to be tried again at the next change of the machine. */
  private isIncomplete = false;
  /** Seconds that addresses stay unless their lifetime is renewed; null for ever. */
  private readonly lease: () => number | null;

  constructor(
    ports: Ports,
    lease: () => number | null,
    complain: VrrpBelongings['complain'],
    restored: VrrpBelongings['restored'],
  ) {
    this.ports = ports;
    this.lease = lease;
    this.complain = complain;
    this.restored = restored;
  }

  add({ addresses, routes, rules }: Belongings): void {
    this.enqueue(async () => {
      for (const [address, isNew] of await this.perform(this.leased, addresses, showAddress)) {
        if (isNew) this.added.set(addressKey(address), address);
      }
      await this.release(addresses);
      await this.perform(this.ports.routes, routes, showRoute);
      await this.perform(this.ports.rules, rules, showRule);
    });
  }

  /** Sets the lifetimes of these anew. While other changes are under way that is not needed, or too late. */
  renew(addresses: readonly VirtualAddress[]): void {
    const lease = this.lease();
    if (lease === null || this.busy > 0 || this.renewing || addresses.length === 0) return;
    this.renewing = true;
    this.prolong(addresses, lease);
  }

  /** Has these stay for so many seconds from now, where they are leased: nobody renews them while they are held. */
  hold(addresses: readonly VirtualAddress[], seconds: number): void {
    const lease = this.lease();
    if (lease !== null && addresses.length > 0) this.prolong(addresses, Math.max(lease, seconds));
  }

  private prolong(addresses: readonly VirtualAddress[], lifetime: number): void {
    this.work = this.work.then(async () => {
      const outcomes = await this.ports.addresses.renew(addresses, lifetime);
      this.renewing = false;
      for (const [i, address] of addresses.entries()) {
        const outcome = outcomes[i];
        if (outcome?.ok !== true) this.fail(`renew ${showAddress(address)}`, outcome);
      }
    });
  }

  /** What is under way to these is served, and nobody is answered any more; `keepsForeign` as for `remove`. */
  quieten(addresses: readonly VirtualAddress[], keepsForeign: boolean): void {
    this.enqueue(async () => {
      const ours = keepsForeign ? addresses.filter((a) => this.added.has(addressKey(a))) : addresses;
      for (const address of ours) this.quiet.set(addressKey(address), address);
      const outcomes = ours.length === 0 ? [] : await this.ports.addresses.quiet(ours);
      for (const [i, address] of ours.entries()) {
        if (outcomes[i]?.ok !== true) this.fail(`quieten ${showAddress(address)}`, outcomes[i]);
      }
    });
  }

  /** Takes off what there is of these; `keepsForeign`: only the addresses that this process had put there. */
  remove({ addresses, routes, rules }: Belongings, keepsForeign: boolean): void {
    this.enqueue(async () => {
      await this.take(this.ports.rules, rules, showRule);
      await this.take(this.ports.routes, routes, showRoute);
      const ours = keepsForeign ? addresses.filter((a) => this.added.has(addressKey(a))) : addresses;
      await this.take(this.ports.addresses, ours, showAddress);
      await this.release(ours);
      for (const address of ours) this.added.delete(addressKey(address));
      this.isIncomplete = false;
    });
  }

  /** Somebody took routes or rules away. */
  lose(): void {
    this.isIncomplete = true;
  }

  /** Puts back what the machine has lost of these: called when something about it has changed. */
  restore(all: Belongings, wanted: () => boolean): void {
    // While changes are under way what the last dump says of them is too old.
    if (this.busy > 0) return;
    const tracked = { ...all, addresses: all.addresses.filter(({ noTrack }) => !noTrack) };
    const gone = tracked.addresses.filter(
      (address) =>
        this.ports.interfaces.ifindex(address.dev) !== null && !this.ports.interfaces.hasAddress(address),
    );
    const again = this.isIncomplete;
    if (gone.length === 0 && !again) return;
    this.enqueue(async () => {
      if (!wanted()) return;
      this.isIncomplete = false;
      const back = await this.perform(this.leased, gone, showAddress);
      const addresses = back.flatMap(([address, isNew]) => (isNew ? [address] : []));
      const routes = again ? await this.perform(this.ports.routes, all.routes, showRoute) : [];
      const rules = again ? await this.perform(this.ports.rules, all.rules, showRule) : [];
      const what = [
        ...addresses.map(showAddress),
        ...routes.flatMap(([route, isNew]) => (isNew ? [showRoute(route)] : [])),
        ...rules.flatMap(([rule, isNew]) => (isNew ? [showRule(rule)] : [])),
      ];
      for (const address of addresses) this.added.set(addressKey(address), address);
      if (what.length > 0) {
        this.restored(
          what.join(', '),
          addresses.map(({ address }) => address),
        );
      }
    });
  }

  /** Runs something after all that was asked for before. */
  afterwards(run: () => void): void {
    this.enqueue(async () => run());
  }

  /** Answers when everything asked for so far has been done. */
  settled(): Promise<void> {
    return this.work;
  }

  private get leased(): Pick<Writer<VirtualAddress>, 'add'> {
    return { add: (addresses) => this.ports.addresses.add(addresses, this.lease()) };
  }

  private async release(addresses: readonly VirtualAddress[]): Promise<void> {
    const were = addresses.filter((address) => this.quiet.delete(addressKey(address)));
    const outcomes = were.length === 0 ? [] : await this.ports.addresses.release(were);
    for (const [i, address] of were.entries()) {
      if (outcomes[i]?.ok !== true) this.fail(`release ${showAddress(address)}`, outcomes[i]);
    }
  }

  private enqueue(run: () => Promise<void>): void {
    this.busy++;
    this.work = this.work.then(run).finally(() => {
      this.busy--;
    });
  }

  private async perform<T>(
    writer: Pick<Writer<T>, 'add'>,
    objects: readonly T[],
    show: (object: T) => string,
  ): Promise<readonly (readonly [T, boolean])[]> {
    if (objects.length === 0) return [];
    const outcomes = await writer.add(objects);
    return objects.flatMap((object, i) => {
      const outcome = outcomes[i];
      if (outcome?.ok === true) return [[object, outcome.value] as const];
      this.fail(`add ${show(object)}`, outcome);
      return [];
    });
  }

  private async take<T>(
    writer: Pick<Writer<T>, 'remove'>,
    objects: readonly T[],
    show: (object: T) => string,
  ): Promise<void> {
    if (objects.length === 0) return;
    const outcomes = await writer.remove(objects);
    for (const [i, object] of objects.entries()) {
      if (outcomes[i]?.ok !== true) this.fail(`remove ${show(object)}`, outcomes[i]);
    }
  }

  private fail(what: string, outcome: Result<unknown, string> | undefined): void {
    this.isIncomplete = true;
    this.complain(what, outcome === undefined || outcome.ok ? 'no answer' : outcome.error);
  }
}

const showAddress = ({ address, prefix, dev }: AddressKey): string => `${address}/${prefix} on ${dev}`;
const showRoute = ({ destination, table }: RouteConfig): string =>
  `route ${destination.address}/${destination.prefix} in table ${table}`;
const showRule = ({ preference, table }: RuleConfig): string => `rule ${preference} for table ${table}`;
