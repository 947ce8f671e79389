import { createRequire } from 'node:module';
import { err, ok, type Result } from '../base/result.ts';
import type { XdpMapName } from '../wire/xdp/layout.ts';

/** How the program takes the descriptors of maps that are there, and how large it makes the others. */
export interface NativeXdpLoad {
  readonly constants: Uint8Array;
  readonly maps: Partial<Record<XdpMapName, number>>;
  readonly entries: Partial<Record<XdpMapName, number>>;
}

/** The functions of native/xdp. Failures are negative errno values; descriptors are for who asked to close. */
export interface NativeXdp {
  loadObject(
    path: string,
    load: NativeXdpLoad,
  ):
    | { readonly program: number; readonly maps: Readonly<Record<XdpMapName, number>> }
    | { readonly error: number; readonly log: string };
  /**
   * Runs the program on a packet that nobody sent, as one from this interface or from the loopback interface;
   * `nanoseconds` are of one run.
   */
  runProgram(
    program: number,
    packet: Uint8Array,
    repeat: number,
    ifindex?: number,
  ): { readonly verdict: number; readonly nanoseconds: number; readonly packet: Uint8Array } | number;
  possibleProcessors(): number;
  attachProgram(program: number, ifindex: number, isDriverMode: boolean): number;
  updateLink(link: number, program: number): number;
  /** The ifindex of the interface of a link, 0 where that has gone. */
  linkInterface(link: number): number;
  pinObject(fd: number, path: string): number;
  openPinned(path: string): number;
  mountBpffs(directory: string): number;
  mapShape(
    fd: number,
  ): { readonly keySize: number; readonly valueSize: number; readonly entries: number } | number;
  setEntry(fd: number, key: Uint8Array, value: Uint8Array): number;
  deleteEntry(fd: number, key: Uint8Array): number;
  getEntries(
    fd: number,
    keySize: number,
    valueSize: number,
  ): readonly (readonly [key: Uint8Array, value: Uint8Array])[] | number;
  /** An array that can be mapped; it outlives the descriptor. */
  mapMemory(fd: number, length: number): ArrayBuffer | number;
  /** Empties entries that have expired, or whose server is marked in `gone`; gives how many live ones it has seen. */
  sweepFlows(
    flows: ArrayBuffer,
    conns: ArrayBuffer,
    from: number,
    buckets: number,
    gone: Uint8Array | null,
  ): number;
  /**
   * Writes entries that other directors are to be told of into `out`: 8 bytes tag, 4 server | state << 24, 4 ticks that
   * are left, in host order. `told`, as large as `flows`, has what they were told; all zero at first. `scopes` is a byte
   * for each service: 0 none of its flows, 1 all, 2 those that the ring would not give. Entries that were told before the
   * tick `since` are told again. `next` is the bucket to go on with, `waiting` counts those that found no room.
   */
  collectFlows(
    flows: ArrayBuffer,
    told: ArrayBuffer,
    config: ArrayBuffer,
    servers: ArrayBuffer,
    services: ArrayBuffer,
    rings: ArrayBuffer,
    scopes: Uint8Array,
    from: number,
    buckets: number,
    since: number,
    out: ArrayBuffer,
  ): { readonly count: number; readonly next: number; readonly waiting: number };
  /** Puts `count` entries, as `collectFlows` gives them, into the table. */
  insertFlows(
    flows: ArrayBuffer,
    marks: ArrayBuffer,
    conns: ArrayBuffer,
    entries: ArrayBuffer,
    count: number,
    mayReplace: boolean,
  ): NativeInserted;
  /** The clock of flows: ticks. */
  flowTick(): number;
}

/** Flows that are in the table now, that were kept as they were there, and that found their buckets full. */
export interface NativeInserted {
  readonly stored: number;
  readonly kept: number;
  readonly full: number;
}

/** The addon, or why it cannot be had: it was not built, or libbpf is missing. */
export function loadXdpAddon(): Result<NativeXdp, string> {
  try {
    // From dist/src/kernel: the addon is built in place, beside its sources.
    return ok(createRequire(import.meta.url)('../../../native/xdp/build/Release/lbd_xdp.node'));
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}
