import { type Ip, parseIp } from '../../../src/base/ip.ts';
import { centis, type Instant, instant, micros, type WallTime, wallTime } from '../../../src/base/units.ts';
import type { Refusal } from '../../../src/model/counters.ts';
import type { JournalFact } from '../../../src/model/journal.ts';
import { JournalRing } from '../../../src/vrrp/journal.ts';

export function ip(text: string): Ip {
  const address = parseIp(text);
  if (address === null) throw new Error(`${text} is not an address`);
  return address;
}

/** Seconds after 14:02:00 on both clocks. */
export const at = (seconds: number): readonly [Instant, WallTime] => [
  instant(Math.round(seconds * 1e6)),
  wallTime(Date.parse('2026-11-21T14:02:00Z') + Math.round(seconds * 1000)),
];

export const PEER = ip('10.0.0.2');

export const heard = (
  priority: number,
  more: Partial<JournalFact & { kind: 'heard' }> = {},
): JournalFact => ({
  kind: 'heard',
  source: PEER,
  priority,
  interval: centis(100),
  addressListDiffers: false,
  intervalDiffers: false,
  ...more,
});

export const refused = (refusal: Refusal, told: string | null = null, source = PEER): JournalFact => ({
  kind: 'refused',
  source,
  refusal,
  told,
});

/** Master_Down of priority 100 over VRRPv2 with an interval of a second. */
export const masterDown = (setAt: number): JournalFact => ({
  kind: 'deadline',
  what: 'master_down',
  until: instant(setAt * 1e6 + 3_609_375),
  made: { adverts: 3, interval: micros(1_000_000), skew: micros(609_375) },
});

/** A backup of priority 100 that hears its master at 0, 1, 2 … seconds, `adverts` times. */
export function backup(adverts: number, priority = 150): JournalRing {
  const ring = new JournalRing();
  ring.decide({ from: 'INIT', to: 'BACKUP', because: 'startup', priority: 100 }, ...at(-1));
  for (let i = 0; i < adverts; i++) {
    ring.note(heard(priority), ...at(i));
    ring.note(masterDown(i), ...at(i));
  }
  return ring;
}

export function takeOver(ring: JournalRing, when: number, because = 'no advert'): void {
  ring.decide({ from: 'BACKUP', to: 'MASTER', because, priority: 100 }, ...at(when));
}
