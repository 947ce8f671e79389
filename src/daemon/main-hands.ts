import { networkInterfaces } from 'node:os';
import type { Clock } from '../base/clock.ts';
import { millis } from '../base/units.ts';
import { openProcessEvents } from '../kernel/process-events.ts';
import { readSysctl } from '../kernel/sysctl.ts';
import type { CoreHands } from './core.ts';
import { Firewall } from './firewall.ts';
import { createNotifier } from './notify/notifier.ts';
import { runScript, showOutcome } from './scripts/run-script.ts';
import type { Say } from './scripts/say.ts';
import { createTrackers } from './trackers/trackers.ts';

/** Pauses before further attempts at a mail or webhook. */
const RETRY_DELAYS = [1000, 5000, 30_000].map(millis);

/** What core does on this machine: the real scripts, files, processes, mail and packet filter. */
export function openHands(clock: Clock, say: Say, changed: () => void): CoreHands {
  return {
    trackers: createTrackers({ clock, say, openProcessEvents }, changed),
    notifier: createNotifier({ clock, say, retryDelays: RETRY_DELAYS }),
    async runOnce({ command, timeout }, scripts) {
      const outcome = await runScript(command, { clock, scripts, timeout });
      const well = outcome.end === 'exited' && outcome.status === 0;
      const message = `script ${command.argv[0]} ${showOutcome(outcome)}`;
      say(well ? 'info' : 'warn', well ? 'script_done' : 'script_failed', message, {
        script: command.argv[0],
      });
    },
    linkOf: (address) =>
      Object.entries(networkInterfaces()).find(([, addresses]) =>
        addresses?.some((one) => one.address === address),
      )?.[0] ?? null,
    sysctl: readSysctl,
    firewall: new Firewall((because) =>
      say('error', 'firewall_failed', `cannot set the rules of no_accept: ${because}`, {}),
    ),
  };
}
