import type { Clock } from '../base/clock.ts';
import type { Ip } from '../base/ip.ts';
import { err, type Result } from '../base/result.ts';
import { centisToMicros } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import type { Refusal } from '../model/counters.ts';
import { type AcceptedAdvert, acceptAdvert, type ReceivedAdvert } from '../vrrp/accept.ts';
import { activeInterval } from '../vrrp/timers.ts';
import { PRIORITY_RESIGN } from '../wire/vrrp.ts';
import type { RunningCounters } from './vrrp-counters.ts';
import type { VrrpReports } from './vrrp-reports.ts';
import type { VrrpSigning } from './vrrp-signing.ts';

interface Judged {
  readonly config: InstanceConfig;
  readonly localAddress: Ip;
  readonly received: ReceivedAdvert;
  readonly accepted: Result<AcceptedAdvert, Refusal>;
}

/** Which adverts an instance believes, and what it has to say of them. */
export class VrrpHearing {
  private readonly clock: Clock;
  private readonly signing: VrrpSigning;
  private readonly counters: RunningCounters;
  private readonly reports: VrrpReports;
  /** The last one, a signature apart: the next is the same, as long as the master repeats itself. */
  private last: Judged | null = null;

  constructor(clock: Clock, signing: VrrpSigning, counters: RunningCounters, reports: VrrpReports) {
    this.clock = clock;
    this.signing = signing;
    this.counters = counters;
    this.reports = reports;
  }

  /** The advert, if it may change anything; a refused one changes nothing but its counter. */
  hear(config: InstanceConfig, localAddress: Ip | null, received: ReceivedAdvert): AcceptedAdvert | null {
    const accepted = this.accept(config, localAddress, received);
    if (!accepted.ok) {
      this.refuse(accepted.error, received.source, received);
      return null;
    }
    const advert = accepted.value;
    this.reports.journal.heard(advert);
    this.counters.advertsReceived++;
    if (advert.priority === PRIORITY_RESIGN) this.counters.priorityZeroReceived++;
    if (advert.addressListDiffers) {
      this.counters.addressListMismatches++;
      const text = `${advert.source} advertises another list of addresses than ours`;
      this.reports.complain(advert.source, 'warn', 'vrrp_address_list_mismatch', text);
    }
    if (advert.intervalDiffers) {
      this.counters.intervalMismatches++;
      const heard = centisToMicros(advert.advertInterval);
      const counted = activeInterval(config, heard);
      const isCapped = config.version === 3 && counted < heard;
      const as = isCapped ? `, and count with ${counted / 1e6} s` : '';
      const text = `${advert.source} advertises every ${advert.advertInterval / 100} s, we are set to ${config.advertInterval / 100} s${as}`;
      this.reports.complain(advert.source, 'warn', 'vrrp_interval_mismatch', text);
    }
    return advert;
  }

  /** Counts a packet that was meant for this instance and refused; `received` is the advert, where it could be read. */
  refuse(refusal: Refusal, source: Ip | null, received: ReceivedAdvert | null): void {
    this.counters.refused[refusal]++;
    this.reports.journal.refused(refusal, source, received);
    const count = this.counters.refused[refusal];
    const text = `refused an advert from ${source ?? 'an unreadable source'}: ${refusal}`;
    this.reports.complain(refusal, 'warn', 'vrrp_advert_refused', text, { refusal, source, count });
  }

  private accept(
    config: InstanceConfig,
    localAddress: Ip | null,
    received: ReceivedAdvert,
  ): Result<AcceptedAdvert, Refusal> {
    if (localAddress === null) return err('vrid');
    const accepted = this.judge(config, localAddress, received);
    if (!accepted.ok) return accepted;
    const signed = this.signing.verify(config, received, this.clock.wall());
    return signed.ok ? accepted : signed;
  }

  private judge(
    config: InstanceConfig,
    localAddress: Ip,
    received: ReceivedAdvert,
  ): Result<AcceptedAdvert, Refusal> {
    const { last } = this;
    const isSame =
      last?.received === received && last.config === config && last.localAddress === localAddress;
    if (isSame) return last.accepted;
    const accepted = acceptAdvert(config, localAddress, received);
    this.last = { config, localAddress, received, accepted };
    return accepted;
  }
}
