import type { Ip } from '../../../src/base/ip.ts';
import { centis, type Instant, instant, later, seconds } from '../../../src/base/units.ts';
import type { GarpConfig } from '../../../src/model/config.ts';
import { stepVrrp } from '../../../src/vrrp/fsm.ts';
import {
  INIT,
  type MachineConfig,
  nextDeadline,
  type VrrpEffect,
  type VrrpEvent,
  type VrrpState,
} from '../../../src/vrrp/state.ts';

export const ip = (text: string): Ip => text as Ip;

const T0 = instant(1_000_000_000);
/** So many seconds after the start. */
export const at = (s: number): Instant => later(T0, seconds(s));

export const GARP: GarpConfig = {
  delay: seconds(5),
  repeat: 5,
  refresh: seconds(0),
  refreshRepeat: 1,
  lowerDelay: seconds(5),
  lowerRepeat: 5,
  extraInterface: seconds(0),
};

/** A router of version 2 with keepalived's defaults at 10.0.0.2, with what a test cares about put over it. */
export function machine(over: Partial<MachineConfig> = {}): MachineConfig {
  return {
    version: 2,
    priority: 100,
    advertInterval: centis(100),
    downTimerAdverts: 3,
    preempt: true,
    preemptDelay: seconds(0),
    answersLower: true,
    advertisesOnYield: false,
    localAddress: ip('10.0.0.2'),
    garp: GARP,
    isGrouped: false,
    lease: null,
    gate: null,
    ...over,
  };
}

export const advert = (source: string, priority: number, interval = 100): VrrpEvent => ({
  on: 'advert',
  advert: {
    source: ip(source),
    priority,
    advertInterval: centis(interval),
    isExpected: true,
    addressListDiffers: false,
    intervalDiffers: false,
    checksumForm: 'message',
  },
});

/** Effects as short words. */
export function words(effects: readonly VrrpEffect[]): readonly string[] {
  return effects.map((effect) => {
    if (effect.effect === 'advertise' || effect.effect === 'claim' || effect.effect === 'heardLower')
      return `${effect.effect} ${effect.priority}`;
    return effect.effect === 'announce' ? `announce ${effect.rounds}` : effect.effect;
  });
}

export const startup = [at(0), { on: 'startup' }] as const;
/** Seconds: 3 × 1 s + (256 − 100)/256 s, of version 2 and priority 100. */
export const DOWN = 3.609375;
/** A router that heard nobody after its startup becomes master. */
export const ripe = [at(DOWN), { on: 'tick' }] as const;
/** What one does that takes over from nobody. */
export const MASTER = ['advertise 100', 'addAddresses', 'announce 5', 'report'];

/** Steps through events and gives the last state with the effects of the last step, as short words. */
export function play(config: MachineConfig, ...script: readonly (readonly [Instant, VrrpEvent])[]) {
  let state: VrrpState = INIT;
  let effects: readonly string[] = [];
  let because = '';
  for (const [now, event] of script) {
    const step = stepVrrp(config, state, event, now);
    state = step.state;
    effects = words(step.effects);
    for (const effect of step.effects) if (effect.effect === 'report') because = effect.because;
  }
  return { state, effects, because, deadline: nextDeadline(state) };
}
