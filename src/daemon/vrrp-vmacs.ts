import type { Family } from '../base/ip.ts';
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
    for (const { vmac, addressVmacs, family } of instances) {
      for (const one of [...(vmac === null ? [] : [vmac]), ...addressVmacs]) this.ensure(one, family);
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

  settled(): Promise<void> {
    return this.work;
  }

  private ensure(vmac: VmacConfig, family: Family): void {
    const { interfaces } = this.ports;
    const base = interfaces.ifindex(vmac.base);
    const identity = `${JSON.stringify(vmac)} ${base}`;
    // While the base is missing there is nothing to make it on.
    if (base === null) return;
    if (this.made.get(vmac.name) === identity && interfaces.ifindex(vmac.name) !== null) return;
    if (this.made.get(vmac.name) === `${identity} asked`) return;
    this.made.set(vmac.name, `${identity} asked`);
    this.enqueue(vmac.name, async () => {
      const outcome = await this.ports.vmacs.ensure(vmac, family);
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
