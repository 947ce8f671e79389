import type { WallTime } from '../base/units.ts';
import type { ResumeRole } from '../ipc/messages.ts';
import type { SyncGroupConfig } from '../model/config.ts';
import { noticeOf } from '../model/notify.ts';
import type { InstanceState, SyncGroupStatus } from '../model/status.ts';
import { groupFaults, stepGroup } from '../vrrp/group.ts';
import type { VrrpEvent } from '../vrrp/state.ts';
import type { VrrpInstance } from './vrrp-instance.ts';
import type { VrrpPorts } from './vrrp-ports.ts';
import type { VrrpVoice } from './vrrp-voice.ts';

/** Instances that move together: those of a sync group, or a single one that is in none. */
export class VrrpGroup {
  readonly name: string;
  /** Null for a single instance. */
  readonly config: SyncGroupConfig | null;
  readonly members: readonly VrrpInstance[];
  private readonly ports: Pick<VrrpPorts, 'clock' | 'send'>;
  private readonly voice: VrrpVoice;
  private told: InstanceState;
  since: WallTime;

  constructor(
    name: string,
    config: SyncGroupConfig | null,
    members: readonly VrrpInstance[],
    ports: Pick<VrrpPorts, 'clock' | 'send'>,
    voice: VrrpVoice,
    before: VrrpGroup | undefined,
  ) {
    this.name = name;
    this.config = config;
    this.members = members;
    this.ports = ports;
    this.voice = voice;
    this.told = before?.told ?? 'INIT';
    this.since = before?.since ?? ports.clock.wall();
  }

  step(instance: VrrpInstance, event: VrrpEvent): void {
    const index = this.members.indexOf(instance);
    const members = this.members.map((one) => one.member());
    for (const step of stepGroup(this.name, members, index, event, this.ports.clock.now())) {
      this.members[step.member]?.perform(step);
    }
    if (this.config !== null) this.report();
  }

  /**
   * Looks at what each member needs again; a fault of one is a fault of all. `roles` are those of a former process, by
   * instance; `waitsFor` what has to come before an election, null for nothing.
   */
  assess(roles: ReadonlyMap<string, ResumeRole>, waitsFor: string | null): void {
    const resumes = this.members.every((one) => one.mayResume(roles.get(one.config.name)));
    const faults = groupFaults(
      this.name,
      this.members.map((one) => ({ name: one.config.name, fault: one.assess(resumes) })),
    );
    for (const [i, instance] of this.members.entries()) {
      const because = faults[i] ?? null;
      if (because !== null) {
        if (instance.at !== 'fault') this.step(instance, { on: 'fault', because });
        else instance.restate(because);
      } else if (instance.waitsFor !== null) instance.restate(`waits for ${instance.waitsFor} to be made`);
      else if (instance.at === 'fault') this.step(instance, { on: 'recovered' });
      else if (instance.at === 'init' && resumes) this.resume(instance, roles.get(instance.config.name));
      else if (instance.at === 'init' && waitsFor !== null) instance.restate(`waits for ${waitsFor}`);
      else if (instance.at === 'init') {
        this.step(instance, { on: 'startup' });
        if (roles.get(instance.config.name)?.standsBack) this.step(instance, { on: 'standBack' });
      }
    }
  }

  show(): SyncGroupStatus {
    const members = this.members.map(({ config }) => config.name);
    return { name: this.name, state: this.state(), members };
  }

  /** What core has watched itself has been told already: nobody's script runs again. */
  private resume(instance: VrrpInstance, role: ResumeRole | undefined): void {
    const isTold = role?.evidence === 'supervised';
    if (isTold) this.told = 'MASTER';
    instance.resume(isTold);
  }

  private state(): InstanceState {
    const states = new Set(this.members.map(({ at }) => at));
    if (states.has('fault')) return 'FAULT';
    if (states.size === 1 && states.has('master')) return 'MASTER';
    return states.has('init') ? 'INIT' : 'BACKUP';
  }

  private report(): void {
    const state = this.state();
    if (state === this.told) return;
    // On the way from one state to the next members differ: a group is told of when all of them have arrived.
    if (state === 'BACKUP' && this.members.some(({ at }) => at !== 'backup')) return;
    if (state === 'FAULT' && this.members.some(({ at }) => at !== 'fault')) return;
    const from = this.told;
    this.told = state;
    this.since = this.ports.clock.wall();
    const because = this.members.map((one) => one.because)[0] ?? '';
    const message = `sync group ${this.name}: ${from} → ${state}`;
    this.voice.tell(state === 'FAULT' ? 'warn' : 'info', 'vrrp_sync_group', message, {
      group: this.name,
      from,
      to: state,
    });
    this.ports.send({
      message: 'notice',
      notice: { kind: 'GROUP', name: this.name, state: noticeOf(state), priority: 0, because },
    });
  }
}
