import { createRequire } from 'node:module';

/** A socket that tells what the IP header of a datagram said. Failures are negative errno values. */
export interface NativeIpSocket {
  /** 0 when it was opened. */
  readonly error: number;
  join(group: Uint8Array, ifindex: number): number;
  /** The next datagram that waits; null for none. */
  receive():
    | {
        readonly source: Uint8Array;
        readonly destination: Uint8Array;
        readonly ttl: number;
        readonly bytes: Uint8Array;
      }
    | number
    | null;
  /** `source` null and `ifindex` 0 are the kernel's choice. */
  send(
    destination: Uint8Array,
    port: number,
    source: Uint8Array | null,
    ifindex: number,
    ttl: number,
    tos: number,
    bytes: Uint8Array,
  ): number;
  /** While it is paused, nobody is called back for what waits. */
  pause(isPaused: boolean): void;
  close(): void;
}

/** Receives Ethernet frames of one protocol from every interface. Failures are negative errno values. */
export interface NativeFrameSocket {
  /** 0 when it was opened. */
  readonly error: number;
  /** Puts another program of classic BPF in the place of the last one. */
  filter(program: Uint8Array): number;
  /** The next frame that waits, from its link header on, at most 2048 bytes of it; null for none. */
  receive(): { readonly ifindex: number; readonly bytes: Uint8Array } | number | null;
  close(): void;
}

/** TCP handshakes, many at a time. */
export interface NativeTcpProber {
  /** 0 when it was opened. */
  readonly error: number;
  /**
   * The number of the attempt, which is nobody else's until the take after that which has its result; or a negative
   * errno. `timeout` is in ms; null and 0 set nothing.
   */
  connect(
    address: Uint8Array,
    port: number,
    source: Uint8Array | null,
    sourcePort: number,
    device: string | null,
    mark: number,
    timeout: number,
  ): number;
  /**
   * How many results are in `into` now, three numbers each: the attempt, an errno (0 where it is connected, ETIMEDOUT
   * where its time is up) and the microseconds that it took. It calls back while there are more.
   */
  take(into: Int32Array): number;
  close(): void;
}

/** The functions of native/addon: what no package offers. Failures are negative errno values. */
export interface Native {
  /** A TCP socket that is neither bound nor connected. `device` null and `mark` 0 set nothing. */
  openStreamSocket(family: 4 | 6, device: string | null, mark: number): number;
  openPacketSocket(): number;
  sendFrame(fd: number, ifindex: number, ethertype: number, frame: Uint8Array): number;
  closePacketSocket(fd: number): void;
  findNetlinkSocket(protocol: number, port: number): number;
  enableNetlinkOption(fd: number, option: number): number;
  /** Whatever net.core.rmem_max says, which takes CAP_NET_ADMIN. */
  growReceiveBuffer(fd: number, bytes: number): number;
  /** To the kernel, which has done what it says when this returns. */
  sendNetlink(fd: number, datagram: Uint8Array): number;
  /** The length of a datagram that waits, which may be more than the buffer took; `from` gets port and groups. */
  receiveNetlink(fd: number, buffer: Uint8Array, from: Uint32Array): number;
  /** A program of classic BPF, as struct sock_filter has it. */
  attachFilter(fd: number, program: Uint8Array): number;
  /** -ENOENT where there is none. */
  detachFilter(fd: number): number;
  socketDrops(fd: number): number;
  /** The descriptors of this process's raw sockets of a family and protocol. */
  findRawSockets(family: 4 | 6, protocol: number): readonly number[] | number;
  /**
   * How many datagrams waited in this socket, 64 at most, or a negative errno. `bytes` has as many places of one size as
   * `lengths`; what does not fit is cut.
   */
  receiveMany(fd: number, bytes: Uint8Array, lengths: Uint32Array): number;
  /** A UDP socket that hears of ICMP errors, not connected; a mark or port of 0 is none. Gives its descriptor. */
  openDatagramSocket(
    family: 4 | 6,
    device: string | null,
    mark: number,
    source: Uint8Array | null,
    port: number,
  ): number;
  /** SCHED_RR with this priority, 1–99, for the calling thread and not for what it starts. */
  scheduleRealtime(priority: number): number;
  /** Hears `ethertype` through a program of classic BPF. Calls back while frames wait. */
  readonly FrameSocket: new (
    ethertype: number,
    program: Uint8Array,
    onReadable: () => void,
  ) => NativeFrameSocket;
  /** Calls back while results wait. */
  readonly TcpProber: new (
    onReadable: () => void,
  ) => NativeTcpProber;
  /** Moves the calling thread and all that it starts from then on. */
  enterNetworkNamespace(path: string): number;
  /** Raw (any protocol but 17) or UDP (17), bound to `port` (0 for none) and `device`. Calls back while datagrams wait. */
  readonly IpSocket: new (
    family: 4 | 6,
    protocol: number,
    port: number,
    device: string | null,
    onReadable: () => void,
  ) => NativeIpSocket;
}

// From dist/src/kernel: the addon is built in place, beside its sources.
export const native: Native = createRequire(import.meta.url)('../../../native/build/Release/lbd.node');
