import { type Family, ipFamily } from '../base/ip.ts';
import type { InstanceConfig, VmacConfig } from '../model/config.ts';
import type { VrrpPorts } from './vrrp-ports.ts';

/** The interfaces with a virtual MAC address that instances ask for. */
export class VrrpVmacs {
  private readonly ports: Pick<VrrpPorts, 'vmacs' | 'interfaces'>;
  private readonly complain: (interface_: string, because: string) => void;
  private readonly made = new Map<string, string>();
  private work: Promise<void> = Promise.resolve();

  constructor(
    ports: Pick<VrrpPorts, 'vmacs' | 'interfaces'>,
    complain: (interface_: string, because: string) => void,
  ) {
    this.ports = ports;
    this.complain = complain;
  }

  /** Makes what these instances need; an interface of which the base has gone and come is made again. */
  follow(instances: readonly InstanceConfig[]): void {
    for (const config of instances) {
      const { vmac, addressVmacs, family } = config;
      if (vmac !== null) this.ensure(vmac, new Set([family, ...familiesOn(vmac.name, config)]));
      for (const one of addressVmacs) this.ensure(one, familiesOn(one.name, config));
    }
  }

  /** Removes what these instances do not need any more; to be called when their addresses are off. */
  keepOnly(instances: readonly InstanceConfig[]): void {
    const needed = new Set(
      instances.flatMap(({ vmac, addressVmacs }) =>
        [...(vmac === null ? [] : [vmac]), ...addressVmacs].map(({ name }) => name),
      ),
    );
    for (const name of this.made.keys()) {
      if (needed.has(name)) continue;
      this.made.delete(name);
      this.enqueue(name, () => this.ports.vmacs.remove(name));
    }
  }

  /** Whether it has been asked for, and the machine has not refused it. */
  isComing(name: string): boolean {
    return (this.made.get(name) ?? '') !== '';
  }

  settled(): Promise<void> {
    return this.work;
  }

  private ensure(vmac: VmacConfig, families: ReadonlySet<Family>): void {
    const { interfaces } = this.ports;
    const base = interfaces.ifindex(vmac.base);
    const identity = `${JSON.stringify(vmac)} ${[...families].toSorted()} ${base}`;
    // While the base is missing there is nothing to make it on.
    if (base === null) return;
    if (this.made.get(vmac.name) === identity && interfaces.ifindex(vmac.name) !== null) return;
    if (this.made.get(vmac.name) === `${identity} asked`) return;
    this.made.set(vmac.name, `${identity} asked`);
    this.enqueue(vmac.name, async () => {
      const outcome = await this.ports.vmacs.ensure(vmac, families);
      if (this.made.has(vmac.name)) this.made.set(vmac.name, outcome.ok ? identity : '');
      return outcome;
    });
  }

  private enqueue(name: string, run: () => ReturnType<VrrpPorts['vmacs']['ensure']>): void {
    this.work = this.work.then(async () => {
      const outcome = await run();
      if (!outcome.ok) this.complain(name, outcome.error);
    });
  }
}

/** The families of the addresses that an instance has on an interface. */
function familiesOn(
  dev: string,
  { virtualAddresses, excludedAddresses }: Pick<InstanceConfig, 'virtualAddresses' | 'excludedAddresses'>,
): ReadonlySet<Family> {
  const there = [...virtualAddresses, ...excludedAddresses].filter((address) => address.dev === dev);
  return new Set(there.map(({ address }) => ipFamily(address)));
}
