import type { Ip } from '../../src/base/ip.ts';
import { centis, seconds } from '../../src/base/units.ts';
import type { VirtualAddress } from '../../src/model/addresses.ts';
import type { InstanceConfig } from '../../src/model/config.ts';

export const ip = (text: string): Ip => text as Ip;

export function virtualAddress(address: string, prefix = 24): VirtualAddress {
  return { address: ip(address), prefix, dev: 'eth0', scope: 'global', label: null, broadcast: null };
}

/** An instance as keepalived's defaults have it, with what a test cares about put over it. */
export function instanceConfig(over: Partial<InstanceConfig> = {}): InstanceConfig {
  return {
    name: 'VI_1',
    interface: 'eth0',
    vrid: 51,
    priority: 100,
    preempt: true,
    advertInterval: centis(100),
    authentication: { type: 'pass', password: '1111' },
    sourceAddress: null,
    virtualAddresses: [virtualAddress('10.0.0.100')],
    garp: { delay: seconds(5), repeat: 5, refresh: seconds(0), refreshRepeat: 1 },
    ...over,
  };
}
