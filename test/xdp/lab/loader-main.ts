// Loads the program in a network namespace, gives it a service unless it finds one, and stays until it is killed.
import assert from 'node:assert/strict';
import type { Ip } from '../../../src/base/ip.ts';
import type { Mac } from '../../../src/base/mac.ts';
import { mountBpffs } from '../../../src/kernel/bpffs.ts';
import { enterNetworkNamespace } from '../../../src/kernel/namespace.ts';
import { configureXdp, openXdp } from '../../../src/kernel/xdp.ts';
import { attachXdp, writeInterface } from '../../../src/kernel/xdp-links.ts';
import { readTable } from '../../../src/kernel/xdp-read.ts';
import { writePath, writeXdp } from '../../../src/kernel/xdp-write.ts';
import type { XdpOp } from '../../../src/model/xdp.ts';
import { TIMEOUTS } from '../plane.ts';

export interface LoaderArguments {
  readonly netns: string;
  readonly directory: string;
  readonly ifindex: number;
  readonly mac: Mac;
  readonly vip: Ip;
  readonly scheduler: string;
  readonly servers: readonly { readonly address: Ip; readonly mac: Mac }[];
  /** Of servers. */
  readonly ring: readonly number[];
}

export interface LoaderReport {
  readonly isAdopted: boolean;
  readonly mode: string;
  readonly services: number;
  readonly active: readonly number[];
}

const args: LoaderArguments = JSON.parse(process.argv[2] ?? '');
const entered = enterNetworkNamespace(args.netns);
assert.ok(entered.ok);
const mounted = mountBpffs();
assert.ok(mounted.ok, mounted.ok ? '' : mounted.error);
const opened = openXdp({
  directory: args.directory,
  entries: { flows: 1024, servers: 64, services: 16, rings: 8192 },
});
assert.ok(opened.ok, opened.ok ? '' : opened.error.message);
const xdp = opened.value;
const write = (op: XdpOp): void => assert.ok(writeXdp(xdp.maps, op).ok, op.op);

if (!xdp.isAdopted) {
  const key = { kind: 'address', protocol: 'tcp', address: args.vip, port: 80 } as const;
  configureXdp(xdp, { keys: [1n, 2n, 3n, 4n, 5n].map((n) => n * 0x1234567890abcdefn), timeouts: TIMEOUTS });
  const attrs = {
    scheduler: args.scheduler,
    schedulerFlags: [2],
    persistence: null,
    onePacket: false,
  } as const;
  const nothing = { offset: 0, size: 0 };
  write({ op: 'putService', slot: 0, service: { key, attrs, isOwned: true, ring: nothing, ringOf: 0 } });
  args.servers.forEach(({ address, mac }, slot) => {
    const dest = { weight: 1, forward: 'dr', upperThreshold: 0, lowerThreshold: 0, tunnel: null } as const;
    const server = {
      slot,
      state: 'in',
      key: { address, port: 80 },
      attrs: dest,
      configuredWeight: 1,
    } as const;
    write({ op: 'putServer', service: 0, server });
    writePath(xdp.maps, slot, {
      ifindex: args.ifindex,
      source: args.mac,
      destination: mac,
      mtu: 1500,
      outerSource: null,
    });
  });
  write({ op: 'putKey', key, service: 0 });
  write({ op: 'putAddress', address: args.vip, isHeld: true });
}
const region = { offset: xdp.isAdopted ? 4096 : 0, size: args.ring.length };
write({ op: 'writeRing', region, words: Uint32Array.from(args.ring) });
write({ op: 'flip', service: 0, ring: region, ringOf: 1 });
writeInterface(xdp, { ifindex: args.ifindex, mac: args.mac, takesVirtualMacs: false });
const attached = attachXdp(xdp, args.directory, args.ifindex);
assert.ok(attached.ok, attached.ok ? '' : attached.error.message);

const report: LoaderReport = {
  isAdopted: xdp.isAdopted,
  mode: attached.value.mode,
  services: readTable(xdp.maps).services.length,
  active: args.servers.map((_, slot) => xdp.maps.conns[2 * slot] ?? 0),
};
console.log(JSON.stringify(report));
setInterval(() => undefined, 60_000);
