import { createRequire } from 'node:module';

/** The functions of native/addon: what no package offers. Failures are negative errno values. */
export interface Native {
  openPacketSocket(): number;
  sendFrame(fd: number, ifindex: number, ethertype: number, frame: Uint8Array): number;
  closePacketSocket(fd: number): void;
  findNetlinkSocket(protocol: number, port: number): number;
  enableNetlinkOption(fd: number, option: number): number;
  socketDrops(fd: number): number;
}

// From dist/src/kernel: the addon is built in place, beside its sources.
export const native: Native = createRequire(import.meta.url)('../../../native/build/Release/lbd.node');
