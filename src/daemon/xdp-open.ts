import { readlinkSync } from 'node:fs';
import { err, ok, type Result } from '../base/result.ts';
import { BPFFS, mountBpffs } from '../kernel/bpffs.ts';
import { watchInterfaces } from '../kernel/interfaces.ts';
import type { IpvsUnavailable } from '../kernel/ipvs.ts';
import { openNextHops } from '../kernel/neighbours.ts';
import { openXdp, removeXdp } from '../kernel/xdp.ts';
import type { Tell } from './check-tell.ts';
import type { XdpPlane, XdpSetup } from './dataplane.ts';
import { KernelXdpPlane } from './xdp-plane.ts';

/** Loads the program or takes over what an earlier process of this network namespace pinned, with its table. */
export async function openXdpPlane(setup: XdpSetup, tell: Tell): Promise<Result<XdpPlane, IpvsUnavailable>> {
  const mounted = mountBpffs();
  if (!mounted.ok)
    return err({ code: 'error', message: `XDP keeps its maps in a BPF file system: ${mounted.error}` });
  const directory = pinDirectory();
  let plane: KernelXdpPlane | null = null;
  const interfaces = await watchInterfaces(() => plane?.machineChanged());
  if (!interfaces.ok) return err({ code: 'error', message: interfaces.error.message });
  const hops = openNextHops(() => plane?.hopsChanged());
  if (!hops.ok) {
    interfaces.value.close();
    return err({ code: 'error', message: hops.error.message });
  }
  const opened = openXdp({ directory, entries: {} });
  if (!opened.ok) {
    interfaces.value.close();
    hops.value.close();
    const { code, message } = opened.error;
    return err({ code: code === 'no_permission' ? code : 'error', message });
  }
  const parts = { xdp: opened.value, directory, interfaces: interfaces.value, hops: hops.value };
  plane = new KernelXdpPlane(parts, setup, tell);
  return ok(plane);
}

/** Takes the program from all interfaces of this network namespace, with its table. */
export const removeXdpPlane = (): void => removeXdp(pinDirectory());

/** By the network namespace: there may be a director in each, and they share the file system. */
function pinDirectory(): string {
  const inode = /\d+/.exec(readlinkSync('/proc/self/ns/net'))?.[0] ?? '0';
  return `${BPFFS}/lbd/net-${inode}`;
}
