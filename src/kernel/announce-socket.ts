import { getSystemErrorName } from 'node:util';
import { err, ok, type Result } from '../base/result.ts';
import { native } from './native.ts';

/** Sends Ethernet frames (gratuitous ARP, neighbour advertisements) out of any interface. */
export interface AnnounceSocket {
  /** Hands one frame to the interface; the error is the name of the system's errno (`ENETDOWN`, `ENXIO`). */
  send(ifindex: number, ethertype: number, frame: Uint8Array): Result<void, string>;
  close(): void;
}

/** Needs CAP_NET_RAW; without it the error is `EPERM`. */
export function openAnnounceSocket(): Result<AnnounceSocket, string> {
  const fd = native.openPacketSocket();
  if (fd < 0) return err(getSystemErrorName(fd));
  return ok({
    send(ifindex, ethertype, frame) {
      const outcome = native.sendFrame(fd, ifindex, ethertype, frame);
      return outcome === 0 ? ok(undefined) : err(getSystemErrorName(outcome));
    },
    close: () => native.closePacketSocket(fd),
  });
}
