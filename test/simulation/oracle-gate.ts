import { micros } from '../../src/base/units.ts';
import { skewTime } from '../../src/vrrp/timers.ts';
import { budgetOf } from './delays.ts';
import { demand, type Seen } from './seen.ts';
import type { GateSetup } from './world.ts';

/** µs: more than the rounding of a timer. */
const ROUNDING = 2;

/** Nobody replaces a silent master without having asked, and asking takes as long as it may and no longer. */
export class GateOracle {
  /** When the open question is judged, or when it is asked again. */
  private until = 0;
  private readonly gate: GateSetup | null;

  constructor(gate: GateSetup | null) {
    this.gate = gate;
  }

  /** `due` is when the master is down, `interval` the one that is counted with, µs. */
  check({ config, before, after, effects, event, now }: Seen, due: number, interval: number): void {
    const asks = effects.some(({ effect }) => effect === 'inquire');
    demand('gate', !asks || config.gate !== null, 'asks without a gate');
    const open = before.at === 'backup' && before.asking?.isOpen === true;
    if (before.at === 'backup' && after.at === 'master' && event?.on === 'tick') {
      const isFree = config.gate === null || before.master?.priority === 0;
      demand('gate', isFree || (open && now >= this.until - ROUNDING), 'takes over and has not asked');
      demand('gate', isFree || config.gate?.withheld === null, 'takes over although it is withheld');
    }
    if (after.at !== 'backup' || after.asking === null) return;
    if (asks) {
      demand('gate', now >= due - ROUNDING, `asks ${due - now} µs before the master is down`);
      demand('gate', !open, 'asks while the question is open');
      this.until = now + budgetOf(this.gate, config);
    } else if (open && !after.asking.isOpen) {
      demand('gate', config.gate?.withheld != null, 'withholds for nothing');
      const skew = (this.gate?.witnesses ?? null) === null ? 0 : skewTime(config, micros(interval));
      this.until = now + interval + skew;
    } else if (event?.on === 'stalled') this.until += event.by;
    const wrong = after.masterDownAt - this.until;
    demand('gate', Math.abs(wrong) <= ROUNDING, `waits ${wrong} µs too long for the verdict`);
  }
}
