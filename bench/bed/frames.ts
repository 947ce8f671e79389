import type { Ip } from '../../src/base/ip.ts';
import { type Mac, macBytes } from '../../src/base/mac.ts';
import { encodeIpv4 } from '../../src/wire/ipv4.ts';
import { type Advert, encodeAdvert } from '../../src/wire/vrrp.ts';
import { encodeChecksum } from '../../src/wire/vrrp-checksum.ts';
import { VRRP_GROUP4, VRRP_PROTOCOL, VRRP_TOS, VRRP_TTL } from '../../src/wire/vrrp-numbers.ts';
import type { Host } from '../../test/lab/host.ts';
import { Script } from './script.ts';

const GROUP_MAC = '01:00:5e:00:00:12' as Mac;
const HEADER = 14;

export interface Heard {
  /** CLOCK_MONOTONIC, microseconds. */
  readonly at: number;
  readonly frame: Uint8Array;
}

/** All frames of a kind that come to a host, its own too, from `start` to `stop`. */
export class Hearing {
  readonly heard: Heard[] = [];
  private readonly script: Script;

  private constructor(host: Host, kind: 'arp' | 'vrrp') {
    this.script = new Script(host, 'frames.py', ['hear', host.device, kind], (line) => {
      const [at, frame] = line.split(' ');
      if (at !== undefined && frame !== undefined)
        this.heard.push({ at: Number(at), frame: Uint8Array.from(Buffer.from(frame, 'hex')) });
    });
  }

  static async start(host: Host, kind: 'arp' | 'vrrp'): Promise<Hearing> {
    const hearing = new Hearing(host, kind);
    await hearing.script.ready();
    return hearing;
  }

  stop(): Promise<void> {
    return this.script.stop();
  }
}

/** Sends `count` frames from a host, the given ones in turn; resolves with how many went out. */
export async function sendFrames(
  host: Host,
  frames: readonly Uint8Array[],
  perSecond: number,
  count: number,
): Promise<number> {
  let sent = 0;
  const script = new Script(host, 'frames.py', ['send', host.device], (line) => {
    sent = Number(line);
  });
  const hex = frames.map((frame) => Buffer.from(frame).toString('hex'));
  script.tell(JSON.stringify({ frames: hex, pace: 1e6 / perSecond, count }));
  await script.done();
  return sent;
}

export async function macOf(host: Host): Promise<Mac> {
  const { stdout } = await host.exec('cat', [`/sys/class/net/${host.device}/address`]);
  return stdout.trim() as Mac;
}

/** Where an advert goes and comes from; to the multicast group, with TTL 255, unless said otherwise. */
export interface Envelope {
  readonly mac: Mac;
  readonly source: Ip;
  readonly to?: { readonly mac: Mac; readonly address: Ip };
  readonly ttl?: number;
}

/** An Ethernet frame with a correct advert. */
export function advertFrame(advert: Advert, envelope: Envelope): Uint8Array {
  const ends = { source: envelope.source, destination: envelope.to?.address ?? VRRP_GROUP4 };
  const pdu = encodeAdvert(advert, 'inet');
  return frameOf(encodeChecksum(ends, pdu, null, 'pseudo_header'), envelope);
}

/** An Ethernet frame with whatever is meant to look like an advert. */
export function frameOf(payload: Uint8Array, { mac, source, to, ttl }: Envelope): Uint8Array {
  const datagram = encodeIpv4({
    source,
    destination: to?.address ?? VRRP_GROUP4,
    ttl: ttl ?? VRRP_TTL,
    protocol: VRRP_PROTOCOL,
    tos: VRRP_TOS,
    payload,
  });
  const frame = new Uint8Array(HEADER + datagram.length);
  frame.set(macBytes(to?.mac ?? GROUP_MAC), 0);
  frame.set(macBytes(mac), 6);
  frame.set([0x08, 0x00], 12);
  frame.set(datagram, HEADER);
  return frame;
}
