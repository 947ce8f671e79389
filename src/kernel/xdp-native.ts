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
  /** The clock of flows: ticks. */
  flowTick(): number;
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
