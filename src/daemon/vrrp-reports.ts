import type { WallTime } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import type { EventLevel, EventName, LbdEvent } from '../model/events.ts';
import { type NoticeState, noticeOf } from '../model/notify.ts';
import type { InstanceState } from '../model/status.ts';
import type { VrrpState } from '../vrrp/state.ts';
import { PRIORITY_RESIGN } from '../wire/vrrp.ts';
import type { RunningCounters } from './vrrp-counters.ts';
import type { VrrpJournal } from './vrrp-journal.ts';
import type { VrrpPorts } from './vrrp-ports.ts';
import type { VrrpSeat } from './vrrp-seat.ts';
import { VrrpVoice } from './vrrp-voice.ts';

/** What became of an advert to the group, or to each peer. */
interface Sent {
  readonly count: number;
  readonly error: string | null;
}

/** What is told of one instance: to the log, to scripts and pipes, and to the journal. */
export class VrrpReports {
  /** Why it is in its state, as a sentence. */
  because = 'not started yet';
  since: WallTime;
  /** What it becomes now has been told already. */
  isTold = false;
  /** Why its last advert did not leave; null where it did. */
  unsent: string | null = null;
  /** A reload takes it away. */
  isLeaving = false;
  readonly journal: VrrpJournal;
  private readonly config: () => InstanceConfig;
  private readonly seat: VrrpSeat;
  private readonly counters: RunningCounters;
  private readonly ports: Pick<VrrpPorts, 'clock' | 'send'>;
  private readonly voice: VrrpVoice;

  constructor(
    config: () => InstanceConfig,
    seat: VrrpSeat,
    counters: RunningCounters,
    journal: VrrpJournal,
    ports: Pick<VrrpPorts, 'clock' | 'send'>,
  ) {
    this.config = config;
    this.seat = seat;
    this.counters = counters;
    this.journal = journal;
    this.ports = ports;
    this.voice = new VrrpVoice(ports.clock, ports.send);
    this.since = ports.clock.wall();
  }

  changed(before: VrrpState, after: VrrpState, because: string): void {
    const { notify, name } = this.config();
    const from = before.at.toUpperCase() as InstanceState;
    const to = after.at.toUpperCase() as InstanceState;
    this.since = this.ports.clock.wall();
    this.because = because;
    if (after.at === 'master') this.counters.becameMaster++;
    if (before.at === 'master') this.counters.releasedMaster++;
    const { priority } = this.seat.standing;
    this.journal.decided({ from, to, because, priority });
    const fields = { ...this.fields(), from, to, because, priority };
    const level = after.at === 'fault' ? 'warn' : 'info';
    this.voice.tell(level, 'vrrp_state', `${name}: ${from} → ${to}: ${because}`, fields);
    if (this.isLeaving) this.notify(notify.saysDeleted ? 'DELETED' : 'FAULT');
    else if (!this.isTold) this.notify(noticeOf(to));
  }

  priority(from: number, to: number, state: VrrpState): void {
    this.journal.priority(from, to, this.seat.standing.tracks);
    const message = `${this.config().name}: priority ${from} → ${to}`;
    this.voice.tell('info', 'vrrp_priority', message, { ...this.fields(), priority: to });
    if (state.at === 'master') this.notify('MASTER_PRIORITY');
    else if (state.at === 'backup') this.notify('BACKUP_PRIORITY');
  }

  /** Adverts were sent, `count` of them; `error` is why one was not, null where all were. */
  advertised(priority: number, { count, error }: Sent): void {
    this.unsent = error;
    this.counters.advertsSent += count;
    if (count > 0) this.journal.note({ kind: 'sent', priority });
    if (priority === PRIORITY_RESIGN) this.counters.priorityZeroSent += count;
    // A resignation over a link that is down cannot arrive and is not a fault of its own.
    else if (error !== null) {
      this.complain('advert', 'error', 'vrrp_send_failed', `cannot advertise: ${error}`);
    }
  }

  conflict(against: string): void {
    const text = `${against}; we are the master and announce it again`;
    this.voice.tell('error', 'vip_conflict', `${this.config().name}: ${text}`, { ...this.fields(), against });
  }

  withheld(event: 'takeover_withheld' | 'advert_path_broken', because: string): void {
    const text = `${this.config().name}: does not take over: ${because}`;
    this.voice.tell('warn', event, text, this.fields());
  }

  tell(level: EventLevel, event: EventName, text: string): void {
    this.voice.tell(level, event, `${this.config().name}: ${text}`, this.fields());
  }

  restored(what: string): void {
    const message = `${this.config().name}: somebody removed ${what}; it is back`;
    this.voice.tell('warn', 'address_restored', message, this.fields());
  }

  notify(state: NoticeState): void {
    const { name } = this.config();
    const { priority } = this.seat.standing;
    const notice = { kind: 'INSTANCE', name, state, priority, because: this.because } as const;
    this.ports.send({ message: 'notice', notice });
  }

  /** The same topic once a minute at most. */
  complain(
    topic: string,
    level: EventLevel,
    event: EventName,
    text: string,
    fields: LbdEvent['fields'] = {},
  ): void {
    if (!this.voice.isDue(topic, event)) return;
    const all = { ...this.fields(), ...fields };
    this.voice.complain(topic, level, event, `${this.config().name}: ${text}`, all);
  }

  private fields(): LbdEvent['fields'] {
    const { name, vrid, interface: dev } = this.config();
    return { instance: name, vrid, interface: dev };
  }
}
