import { getSystemErrorName } from 'node:util';
import { err, ok, type Result } from '../base/result.ts';
import { ETHERTYPE_ARP } from '../wire/arp.ts';
import { native } from './native.ts';

/** Sends ARP frames out of any interface. */
export interface AnnounceSocket {
  /** Hands one frame to the interface; the error is the name of the system's errno (`ENETDOWN`, `ENXIO`). */
  send(ifindex: number, frame: Uint8Array): Result<void, string>;
  close(): void;
}

/** Needs CAP_NET_RAW; without it the error is `EPERM`. */
export function openAnnounceSocket(): Result<AnnounceSocket, string> {
  const fd = native.openPacketSocket();
  if (fd < 0) return err(getSystemErrorName(fd));
  return ok({
    send(ifindex, frame) {
      const outcome = native.sendFrame(fd, ifindex, ETHERTYPE_ARP, frame);
      return outcome === 0 ? ok(undefined) : err(getSystemErrorName(outcome));
    },
    close: () => native.closePacketSocket(fd),
  });
}
