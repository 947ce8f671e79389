import { type Instant, later } from '../base/units.ts';
import type { LinkDelay } from '../model/config.ts';
import { NO_TRACKER_STATES, type TrackerHealth, type TrackerStates } from '../model/tracking.ts';
import type { Trackers } from '../vrrp/tracking.ts';
import type { VrrpPorts } from './vrrp-ports.ts';

interface WatchedLink {
  readonly delay: LinkDelay;
  believed: boolean;
  /** When a change that is seen is believed; null for none. */
  changesAt: Instant | null;
}

/** What instances follow, as far as the vrrp process knows: core's word, the links, and BFD. */
export class VrrpTrackers implements Trackers {
  private readonly ports: Pick<VrrpPorts, 'clock' | 'interfaces'>;
  private readonly bfd: (name: string) => TrackerHealth;
  private states: TrackerStates = NO_TRACKER_STATES;
  private links = new Map<string, WatchedLink>();

  constructor(ports: Pick<VrrpPorts, 'clock' | 'interfaces'>, bfd: (name: string) => TrackerHealth) {
    this.ports = ports;
    this.bfd = bfd;
  }

  configure(delays: readonly LinkDelay[]): void {
    const before = this.links;
    this.links = new Map(
      delays.map((delay) => {
        const known = before.get(delay.interface);
        const believed = known?.believed ?? this.ports.interfaces.isRunning(delay.interface);
        return [delay.interface, { delay, believed, changesAt: known?.changesAt ?? null }];
      }),
    );
  }

  hear(states: TrackerStates): void {
    this.states = states;
  }

  /** Looks at the links: a change counts once it has lasted. */
  look(): void {
    const now = this.ports.clock.now();
    for (const [name, link] of this.links) {
      const running = this.ports.interfaces.isRunning(name);
      if (running === link.believed) link.changesAt = null;
      else {
        link.changesAt ??= later(now, running ? link.delay.up : link.delay.down);
        if (link.changesAt > now) continue;
        link.believed = running;
        link.changesAt = null;
      }
    }
  }

  get deadline(): Instant | null {
    const waits = [...this.links.values()].flatMap(({ changesAt }) => changesAt ?? []);
    return waits.length === 0 ? null : (Math.min(...waits) as Instant);
  }

  isUp(link: string): boolean {
    return this.links.get(link)?.believed ?? this.ports.interfaces.isRunning(link);
  }

  health(kind: 'interface' | 'script' | 'process' | 'bfd', name: string): TrackerHealth {
    switch (kind) {
      case 'interface':
        return this.isUp(name) ? 'good' : 'bad';
      case 'script':
        return this.states.scripts[name] ?? 'unknown';
      case 'process':
        return this.states.processes[name] ?? 'unknown';
      case 'bfd':
        return this.bfd(name);
    }
  }

  value(file: string): number {
    return this.states.files[file] ?? 0;
  }
}
