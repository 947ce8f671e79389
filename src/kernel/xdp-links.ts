import { closeSync, readdirSync, rmSync } from 'node:fs';
import { type Mac, macBytes } from '../base/mac.ts';
import { err, ok, type Result } from '../base/result.ts';
import { INTERFACE, INTERFACE_FLAGS } from '../wire/xdp/layout.ts';
import { type KernelError, kernelError } from './error.ts';
import { isLink, type Xdp } from './xdp.ts';

const EBUSY = 16;

/** `driver`: in the driver; `generic`: after the kernel has made its own of a frame; `kept`: as it was. */
export type XdpMode = 'driver' | 'generic' | 'kept';

export interface XdpInterface {
  readonly ifindex: number;
  readonly mac: Mac;
  /** Frames to the MACs of virtual routers are for this machine too. */
  readonly takesVirtualMacs: boolean;
}

/** Tells the program of an interface: only frames to its MAC are looked at. */
export function writeInterface({ maps }: Xdp, { ifindex, mac, takesVirtualMacs }: XdpInterface): void {
  const bytes = new Uint8Array(INTERFACE.size);
  const view = new DataView(bytes.buffer);
  view.setUint32(INTERFACE.at.ifindex, ifindex, true);
  bytes.set(macBytes(mac), INTERFACE.at.mac);
  view.setUint16(
    INTERFACE.at.flags,
    INTERFACE_FLAGS.used | (takesVirtualMacs ? INTERFACE_FLAGS.virtual_mac : 0),
    true,
  );
  new Uint8Array(maps.memory.interfaces).set(bytes, (ifindex % maps.entries.interfaces) * INTERFACE.size);
}

/**
 * Puts the program on an interface; where it is pinned there, it takes the place of the earlier one without a packet in
 * between. Without a directory, the link is the caller's to close. EBUSY where another interface has its place in the
 * map: their numbers differ by a multiple of its entries.
 */
export function attachXdp(
  { maps: { native, entries }, program }: Xdp,
  directory: string | null,
  ifindex: number,
): Result<{ readonly mode: XdpMode; readonly link: number | null }, KernelError> {
  const place = ifindex % entries.interfaces;
  const others = directory === null ? [] : attachedInterfaces(directory).filter((each) => each !== ifindex);
  if (others.some((each) => each % entries.interfaces === place)) return err(kernelError(EBUSY));
  const path = directory === null ? null : linkPath(directory, ifindex);
  if (path !== null) {
    const held = native.openPinned(path);
    if (held >= 0) {
      // The interface may have gone, and another one have its number.
      const isThere = native.linkInterface(held) === ifindex;
      const failed = isThere ? native.updateLink(held, program) : 0;
      closeSync(held);
      if (isThere) return failed < 0 ? err(kernelError(-failed)) : ok({ mode: 'kept', link: null });
      rmSync(path);
    }
  }
  let mode: XdpMode = 'driver';
  let link = native.attachProgram(program, ifindex, true);
  if (link < 0) {
    mode = 'generic';
    link = native.attachProgram(program, ifindex, false);
  }
  if (link < 0) return err(kernelError(-link));
  if (path === null) return ok({ mode, link });
  const failed = native.pinObject(link, path);
  closeSync(link);
  return failed < 0 ? err(kernelError(-failed)) : ok({ mode, link: null });
}

/** The interfaces that have a pinned link. */
export function attachedInterfaces(directory: string): readonly number[] {
  return readdirSync(directory)
    .filter(isLink)
    .map((name) => Number(name.slice('link-'.length)));
}

/** Takes the program from an interface. */
export function detachXdp(directory: string, ifindex: number): void {
  rmSync(linkPath(directory, ifindex), { force: true });
}

// By number: names may have dots, which this file system does not take.
const linkPath = (directory: string, ifindex: number): string => `${directory}/link-${ifindex}`;
