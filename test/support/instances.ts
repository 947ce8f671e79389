import type { Ip } from '../../src/base/ip.ts';
import { centis, seconds } from '../../src/base/units.ts';
import type { VirtualAddress } from '../../src/model/addresses.ts';
import type { InstanceConfig } from '../../src/model/config.ts';
import { NO_NOTIFY } from '../../src/model/notify.ts';

export const ip = (text: string): Ip => text as Ip;

export function virtualAddress(address: string, prefix = 24, dev = 'eth0'): VirtualAddress {
  return {
    address: ip(address),
    prefix,
    dev,
    scope: 'global',
    label: null,
    broadcast: null,
    peer: null,
    flags: [],
    preferredLifetime: null,
    noTrack: false,
  };
}

/** An instance as keepalived's defaults have it, with what a test cares about put over it. */
export function instanceConfig(over: Partial<InstanceConfig> = {}): InstanceConfig {
  return {
    name: 'VI_1',
    interface: 'eth0',
    family: 'inet',
    version: 2,
    vrid: 51,
    priority: 100,
    preempt: true,
    preemptDelay: seconds(0),
    advertInterval: centis(100),
    authentication: { type: 'pass', password: '1111' },
    hmac: null,
    sourceAddress: null,
    transport: { kind: 'multicast', group: ip('224.0.0.18') },
    checksum: 'rfc5798',
    downTimerAdverts: 3,
    lease: 'serve',
    takeover: null,
    allowedSources: null,
    virtualAddresses: [virtualAddress('10.0.0.100')],
    excludedAddresses: [],
    routes: [],
    rules: [],
    accept: true,
    answersLower: true,
    advertisesOnYield: false,
    ownerIgnoresAdverts: false,
    vmac: null,
    addressVmacs: [],
    garp: {
      delay: seconds(5),
      repeat: 5,
      refresh: seconds(0),
      refreshRepeat: 1,
      lowerDelay: seconds(5),
      lowerRepeat: 5,
      extraInterface: seconds(0),
    },
    tracksInterface: true,
    tracksSource: false,
    tracks: [],
    promoteSecondaries: false,
    notify: NO_NOTIFY,
    ...over,
  };
}
