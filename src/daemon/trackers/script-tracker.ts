import type { Clock } from '../../base/clock.ts';
import type { TrackerHealth, TrackScriptConfig } from '../../model/tracking.ts';
import { startRiseFall, stepRiseFall } from '../../vrrp/rise-fall.ts';
import type { ScriptRules } from '../scripts/identity.ts';
import { type Outcome, runScript, showOutcome } from '../scripts/run-script.ts';
import type { Say } from '../scripts/say.ts';

export interface ScriptTracker {
  health(): TrackerHealth;
  /** Runs as these say from the next time on. */
  reconfigure(scripts: ScriptRules): void;
  /** Ends a run that is under way; resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * Runs the script at once and then every interval, never twice at a time: a tick that finds it running is skipped.
 * A timeout counts at the moment of the timeout.
 *
 * A script that cannot be run is `unusable`, is looked at again every interval, and changes nothing meanwhile. Were it
 * `bad`, one typo in a file that both directors share would take both of them down.
 */
export function watchScript(
  config: TrackScriptConfig,
  initial: ScriptRules,
  door: { readonly clock: Clock; readonly say: Say; readonly changed: () => void },
): ScriptTracker {
  const fields = { kind: 'script', name: config.name };
  const stopped = new AbortController();
  let scripts = initial;
  let state = startRiseFall(config);
  let unusable: string | null = null;
  let warning: string | null = null;
  let short = false;
  let running: Promise<void> | null = null;

  const health = (): TrackerHealth => (unusable === null ? state.health : 'unusable');

  const become = (change: () => void, because: string) => {
    const before = health();
    change();
    const now = health();
    if (now === before) return;
    const level = now === 'good' ? 'info' : 'warn';
    const message = `script ${config.name}: ${before} → ${now}: it ${because}`;
    if (now !== 'unusable') door.say(level, 'tracker_changed', message, { ...fields, health: now });
    door.changed();
  };

  const judge = (success: boolean, because: string) =>
    become(() => {
      if (unusable !== null) state = startRiseFall(config);
      unusable = null;
      short = false;
      state = stepRiseFall(config, state, success);
    }, because);

  const refuse = (because: string) => {
    if (because === unusable) return;
    const message = `script ${config.name} cannot be run and changes nothing: ${because}`;
    door.say('error', 'tracker_failed', message, fields);
    become(() => {
      unusable = because;
    }, because);
  };

  const learn = (outcome: Outcome) => {
    switch (outcome.end) {
      case 'exited':
        return judge(outcome.status === 0, showOutcome(outcome));
      case 'signal':
        return judge(false, showOutcome(outcome));
      case 'unusable':
        return refuse(outcome.because);
      case 'shortage':
        if (!short) {
          const message = `script ${config.name} keeps its state: ${outcome.because}`;
          door.say('warn', 'tracker_failed', message, fields);
        }
        short = true;
        return;
      case 'timeout': // Judged when the time was out.
      case 'stopped':
        return;
    }
  };

  const warned = (next: string) => {
    if (next !== warning)
      door.say('warn', 'config_warning', `script ${config.name} is not safe: ${next}`, fields);
    warning = next;
  };

  const run = async () => {
    const { timeout, command } = config;
    const timedOut = () => judge(false, `took longer than ${timeout} ms`);
    const { clock } = door;
    const options = { clock, scripts, timeout, stop: stopped.signal, timedOut, warned };
    learn(await runScript(command, options));
    running = null;
  };

  const tick = () => {
    running ??= run();
  };
  const timer = setInterval(tick, Math.max(1, config.interval));
  tick();

  return {
    health,
    reconfigure: (next) => {
      scripts = next;
    },
    async stop() {
      clearInterval(timer);
      stopped.abort();
      await running;
    },
  };
}
