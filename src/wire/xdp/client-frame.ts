import { bigEndian, concatBytes } from '../../base/bytes.ts';
import { internetChecksum } from '../../base/checksum.ts';
import { crc32c } from '../../base/crc32c.ts';
import { ipBytes, ipFamily } from '../../base/ip.ts';
import { type Mac, macBytes } from '../../base/mac.ts';
import type { DestKey, Protocol } from '../../model/services.ts';
import type { TraceFlag } from '../../model/trace.ts';
import { encodeIpv4 } from '../ipv4.ts';
import { PROTOCOLS } from './key.ts';

export interface ClientFrame {
  readonly destinationMac: Mac;
  readonly sourceMac: Mac;
  readonly protocol: Protocol;
  /** Of the family of `destination`. */
  readonly source: DestKey;
  readonly destination: DestKey;
  readonly flag: TraceFlag;
}

/** RFC 9293 §3.1. */
const FLAGS: Readonly<Record<TraceFlag, number>> = { syn: 0x02, ack: 0x10, fin: 0x11, rst: 0x04 };
const ETHERTYPES = { inet: 0x0800, inet6: 0x86dd } as const;
const TTL = 64;

/** An Ethernet frame with a packet of a client that carries no data, every checksum as it should be. */
export function encodeClientFrame(frame: ClientFrame): Uint8Array {
  const { destinationMac, sourceMac, source, destination } = frame;
  const family = ipFamily(destination.address);
  const payload = encodeTransport(frame);
  const protocol = PROTOCOLS[frame.protocol];
  const packet =
    family === 'inet'
      ? encodeIpv4({
          ...{ source: source.address, destination: destination.address },
          ...{ ttl: TTL, protocol, tos: 0, payload },
        })
      : concatBytes([
          // RFC 8200 §3: version 6, no traffic class, no flow label.
          bigEndian(0x60000000, 4),
          bigEndian(payload.length, 2),
          Uint8Array.of(protocol, TTL),
          ipBytes(source.address),
          ipBytes(destination.address),
          payload,
        ]);
  return concatBytes([
    macBytes(destinationMac),
    macBytes(sourceMac),
    bigEndian(ETHERTYPES[family], 2),
    packet,
  ]);
}

function encodeTransport(frame: ClientFrame): Uint8Array {
  const ports = concatBytes([bigEndian(frame.source.port, 2), bigEndian(frame.destination.port, 2)]);
  switch (frame.protocol) {
    case 'tcp':
      return encodeTcp(frame, ports);
    case 'udp': {
      const header = concatBytes([ports, bigEndian(8, 2), bigEndian(0, 2)]);
      // RFC 768: 0 says that there is no checksum.
      header.set(bigEndian(checksum(frame, header) || 0xffff, 2), 6);
      return header;
    }
    case 'sctp': {
      // RFC 9260 §3.1: verification tag 1, then a checksum whose lowest byte comes first.
      const header = concatBytes([ports, bigEndian(1, 4), bigEndian(0, 4)]);
      header.set(bigEndian(crc32c(header), 4).reverse(), 8);
      return header;
    }
  }
}

function encodeTcp(frame: ClientFrame, ports: Uint8Array): Uint8Array {
  const acknowledges = frame.flag === 'ack' || frame.flag === 'fin';
  const header = concatBytes([
    ports,
    bigEndian(1, 4),
    bigEndian(acknowledges ? 1 : 0, 4),
    // A header of five words.
    Uint8Array.of(0x50, FLAGS[frame.flag]),
    bigEndian(0xffff, 2),
    bigEndian(0, 4),
  ]);
  header.set(bigEndian(checksum(frame, header), 2), 16);
  return header;
}

/** RFC 9293 §3.1, RFC 8200 §8.1: with a pseudo-header of addresses, length and protocol. */
const checksum = ({ source, destination, protocol }: ClientFrame, transport: Uint8Array): number =>
  internetChecksum(
    ipBytes(source.address),
    ipBytes(destination.address),
    bigEndian(transport.length, 4),
    bigEndian(PROTOCOLS[protocol], 4),
    transport,
  );
