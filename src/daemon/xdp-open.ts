import { accessSync, constants, mkdirSync, readlinkSync } from 'node:fs';
import { err, ok, type Result } from '../base/result.ts';
import type { Millis } from '../base/units.ts';
import { BPFFS, mountBpffs } from '../kernel/bpffs.ts';
import { systemClock } from '../kernel/clock.ts';
import { watchInterfaces } from '../kernel/interfaces.ts';
import type { IpvsUnavailable } from '../kernel/ipvs.ts';
import { openNextHops } from '../kernel/neighbours.ts';
import { openXdp, removeXdp } from '../kernel/xdp.ts';
import { paced } from './check-pace.ts';
import type { Tell } from './check-tell.ts';
import type { XdpPlane, XdpSetup } from './dataplane.ts';
import { lackingForXdp } from './xdp-capabilities.ts';
import { KernelXdpPlane } from './xdp-plane.ts';
import { xdpRoom } from './xdp-room.ts';

/** Loads the program or takes over what an earlier process of this network namespace pinned, with its table. */
export async function openXdpPlane(setup: XdpSetup, tell: Tell): Promise<Result<XdpPlane, IpvsUnavailable>> {
  const lacking = lackingForXdp();
  if (lacking.length > 0) {
    const message = `XDP takes root, or CAP_NET_ADMIN, CAP_BPF and CAP_PERFMON: this process lacks ${lacking.join(' and ')}`;
    return err({ code: 'no_permission', message });
  }
  const directory = pinDirectory();
  const pinned = preparePins();
  if (!pinned.ok) return unavailable(`XDP keeps its maps in a BPF file system: ${pinned.error}`);
  let plane: KernelXdpPlane | null = null;
  const seldom = (run: () => void) => paced({ clock: systemClock, after }, REST, run);
  const interfaces = await watchInterfaces(() => plane?.machineChanged());
  if (!interfaces.ok) return unavailable(interfaces.error.message);
  const hops = openNextHops(seldom(() => plane?.hopsChanged()));
  if (!hops.ok) {
    interfaces.value.close();
    return unavailable(hops.error.message);
  }
  const opened = openXdp({ directory, entries: xdpRoom(setup.services) });
  if (!opened.ok) {
    interfaces.value.close();
    hops.value.close();
    const [message = '', ...log] = opened.error.message.split('\n');
    // What the verifier says is for who has to mend the program, or the kernel.
    if (log.length > 0) tell('debug', 'xdp_refused', message, { log: log.join('\n') });
    return unavailable(message);
  }
  const parts = { xdp: opened.value, directory, interfaces: interfaces.value, hops: hops.value };
  plane = new KernelXdpPlane(parts, setup, tell);
  return ok(plane);
}

/** Takes the program from all interfaces of this network namespace, with its table. */
export function removeXdpPlane(tell: Tell): void {
  const directory = pinDirectory();
  try {
    removeXdp(directory);
  } catch (error) {
    // Of an lbd that was root, for one that is not.
    const because = error instanceof Error ? error.message : String(error);
    const message = `an earlier XDP plane cannot be removed and goes on taking packets: ${because}`;
    tell('error', 'xdp_refused', message, { directory });
  }
}

/** Neighbours of thousands of servers change one by one, and all servers are looked at each time. */
const REST = 4;

function after(delay: Millis, run: () => void): () => void {
  const timer = setTimeout(run, delay);
  return () => clearTimeout(timer);
}

const unavailable = (message: string) => err<IpvsUnavailable>({ code: 'error', message });

const PINS = `${BPFFS}/lbd`;

/** By the network namespace: there may be a director in each, and they share the file system. */
function pinDirectory(): string {
  const inode = /\d+/.exec(readlinkSync('/proc/self/ns/net'))?.[0] ?? '0';
  return `${PINS}/net-${inode}`;
}

function preparePins(): Result<void, string> {
  const mounted = mountBpffs();
  if (!mounted.ok) return mounted;
  try {
    mkdirSync(PINS, { recursive: true, mode: 0o700 });
    accessSync(PINS, constants.W_OK | constants.X_OK);
    return ok(undefined);
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}
