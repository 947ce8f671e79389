import { ok, type Result } from '../base/result.ts';
import type { WallTime } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import type { Refusal } from '../model/counters.ts';
import type { ReceivedAdvert } from '../vrrp/accept.ts';
import {
  NO_SENDERS,
  nextSequence,
  type SeenSenders,
  type Sequence,
  verifySignature,
} from '../vrrp/signature.ts';

/** What an instance remembers of signed adverts: its own last one, and the last of each sender. */
export class VrrpSigning {
  private last: Sequence | null = null;
  private seen: SeenSenders = NO_SENDERS;
  /** Told how many seconds the clock of a sender is off, when that is near to what is refused. */
  private readonly skewed: (sender: string, seconds: number) => void;

  constructor(skewed: VrrpSigning['skewed']) {
    this.skewed = skewed;
  }

  /** The sequence of the next advert; null where adverts are not signed. */
  next({ hmac }: InstanceConfig, now: WallTime): Sequence | null {
    const next = nextSequence(hmac, this.last, now);
    this.last = next ?? this.last;
    return next;
  }

  verify(
    { hmac, transport }: InstanceConfig,
    received: ReceivedAdvert,
    now: WallTime,
  ): Result<void, Refusal> {
    if (hmac === null) return ok(undefined);
    const peers = transport.kind === 'unicast' ? transport.peers.map(({ address }) => address) : null;
    const { outcome, seen, skew } = verifySignature(hmac, received, this.seen, now, peers);
    this.seen = seen;
    if (skew !== null) this.skewed(received.source, skew);
    return outcome;
  }
}
