import { err, ok, type Result } from '../base/result.ts';
import type { BfdRefusal } from '../model/counters.ts';
import type { BfdConfig } from '../model/tracking.ts';
import { BFD_MULTIHOP_PORT, BFD_PORT, type BfdPacket, decodeBfd } from '../wire/bfd.ts';
import type { Datagram } from '../wire/datagram.ts';
import type { BfdSession } from './bfd.ts';

/** What tells whose a packet is. */
export interface BfdAddressee {
  readonly config: Pick<BfdConfig, 'neighbor' | 'source' | 'multihop' | 'maxHops'>;
  readonly session: Pick<BfdSession, 'discriminator'>;
}

/** The UDP payload that came to `port` of ours, and the session that it is for. RFC 5880 §6.8.6, in its order. */
export function acceptBfd<Addressee extends BfdAddressee>(
  ours: readonly Addressee[],
  port: number,
  datagram: Datagram,
): Result<{ readonly addressee: Addressee; readonly packet: BfdPacket }, BfdRefusal> {
  const decoded = decodeBfd(datagram.payload);
  if (!decoded.ok) return decoded;
  const packet = decoded.value;
  if (packet.multiplier === 0) return err('multiplier');
  if (packet.multipoint) return err('multipoint');
  if (packet.myDiscriminator === 0) return err('my_discriminator');
  const isKnown = packet.yourDiscriminator !== 0;
  if (!isKnown && packet.state !== 'Down' && packet.state !== 'AdminDown') return err('your_discriminator');
  const addressee = ours.find(
    ({ config, session }) =>
      bfdPort(config) === port &&
      (isKnown ? session.discriminator === packet.yourDiscriminator : isBetween(config, datagram)),
  );
  if (addressee === undefined) return err('session');
  // RFC 5881 §5; only the session tells how many hops are allowed, so it comes after the choice of one.
  if (datagram.ttl < 255 - addressee.config.maxHops) return err('ttl');
  if (packet.authentication !== null) return err('authentication');
  return ok({ addressee, packet });
}

export const bfdPort = ({ multihop }: Pick<BfdConfig, 'multihop'>): number =>
  multihop ? BFD_MULTIHOP_PORT : BFD_PORT;

/** Whether a datagram came from the session's neighbor to its own address. */
export function isBetween({ neighbor, source }: BfdAddressee['config'], datagram: Datagram): boolean {
  return datagram.source === neighbor && (source === null || datagram.destination === source);
}
