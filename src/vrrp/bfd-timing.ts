import { type Micros, micros } from '../base/units.ts';
import type { BfdConfig } from '../model/tracking.ts';
import type { BfdState } from '../wire/bfd.ts';

/** The two intervals of our own that a session negotiates with (RFC 5880 §6.8.1). */
export interface BfdIntervals {
  readonly minTx: Micros;
  readonly minRx: Micros;
}

/** What a neighbor's last packet said of its side. */
export interface BfdRemote {
  readonly discriminator: number;
  readonly state: BfdState;
  readonly minTx: Micros;
  readonly minRx: Micros;
  readonly multiplier: number;
  readonly demand: boolean;
}

/**
 * The intervals in force: `offered` is what our packets say; `used` is what we keep to; `polling` while the neighbor
 * has not yet confirmed what we offer.
 */
export interface BfdTerms {
  readonly offered: BfdIntervals;
  readonly used: BfdIntervals;
  readonly polling: boolean;
}

/** Deviates from RFC 5880 §6.8.3 where `idleTx` is below one second, which is then what the user asked for. */
const wanted = ({ minTx, minRx, idleTx }: BfdConfig, state: BfdState): BfdIntervals => ({
  minTx: state === 'Up' ? minTx : idleTx,
  minRx,
});

export function initialTerms(config: BfdConfig): BfdTerms {
  const offered = wanted(config, 'Down');
  return { offered, used: offered, polling: false };
}

/**
 * The terms after a change of state or configuration, or a packet, `final` where that ends a Poll Sequence. RFC 5880
 * §6.8.3: in Up a longer transmit interval and a shorter receive interval wait for the end of the Poll Sequence.
 */
export function stepTerms(config: BfdConfig, state: BfdState, terms: BfdTerms, final: boolean): BfdTerms {
  const offered = wanted(config, state);
  // Deviates from RFC 5880 §6.8.3: no Poll Sequence outside Up, where both sides use new values at once, or its end
  // could be taken for that of the one which follows on Up.
  if (state !== 'Up') return { offered, used: offered, polling: false };
  if (terms.polling && !final) return terms;
  const used = terms.polling ? terms.offered : terms.used;
  if (offered.minTx === terms.offered.minTx && offered.minRx === terms.offered.minRx)
    return { offered, used, polling: false };
  return {
    offered,
    used: {
      minTx: micros(Math.min(used.minTx, offered.minTx)),
      minRx: micros(Math.max(used.minRx, offered.minRx)),
    },
    polling: true,
  };
}

/** Between two packets that we send, before jitter (RFC 5880 §6.8.2). */
export function transmitInterval({ used }: BfdTerms, remote: BfdRemote | null): Micros {
  return micros(Math.max(used.minTx, remote?.minRx ?? 0));
}

/** The silence after which the neighbor is lost (RFC 5880 §6.8.4). */
export function detectionTime({ used }: BfdTerms, remote: BfdRemote): Micros {
  return micros(remote.multiplier * Math.max(used.minRx, remote.minTx));
}

/** RFC 5880 §6.8.7: 75–100 % of the interval, 75–90 % with a multiplier of 1. `random` is in [0, 1). */
export function jittered(interval: Micros, multiplier: number, random: number): Micros {
  return micros(Math.floor(interval * (0.75 + (multiplier === 1 ? 0.15 : 0.25) * random)));
}
