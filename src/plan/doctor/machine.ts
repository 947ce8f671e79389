import type { Diagnosis } from '../../model/doctor.ts';
import { combine, command, finding, looked, missed, NOTHING } from './examination.ts';
import type { DirectorFacts } from './facts.ts';

/** Whether something else on this machine gets in the way, and whether its clock can be relied on. */
export function examineMachine(facts: DirectorFacts): Diagnosis {
  return combine([programs(facts), units(facts), clock(facts)]);
}

const programs = ({ rivals }: DirectorFacts): Diagnosis =>
  looked(
    'other programs of this kind',
    [...new Set(rivals.map(({ name }) => name))].map((name) => {
      const pids = rivals.filter((one) => one.name === name).map(({ pid }) => pid);
      const text = `${name} runs beside lbd: both would keep the same addresses and services`;
      const evidence = [`pid ${pids.join(', ')}`];
      return finding('error', 'rival_runs', text, `systemctl disable --now ${name}`, evidence);
    }),
  );

function units({ enabledUnits, rivals }: DirectorFacts): Diagnosis {
  const what = 'units that would start one';
  if (!enabledUnits.ok) return missed(what, enabledUnits.error);
  const later = enabledUnits.value.filter((unit) => !rivals.some(({ name }) => unit === name));
  return looked(
    what,
    later.map((unit) =>
      finding(
        'warning',
        'rival_enabled',
        `${unit} does not run, but will at the next start of this machine`,
        `systemctl disable ${unit}`,
      ),
    ),
  );
}

/** Only signed adverts against replays by time depend on it. */
function clock({ config, clock }: DirectorFacts): Diagnosis {
  const timed = (config?.instances ?? []).filter(({ hmac }) => hmac?.antiReplay === 'time');
  if (timed.length === 0) return NOTHING;
  if (!clock.ok) return missed('clock', clock.error);
  const names = timed.map(({ name }) => name).join(', ');
  const text = `this clock follows no other: adverts of ${names} are refused once it differs by more than the window`;
  const fix = command('timedatectl set-ntp true', 'or chrony: chronyc tracking');
  return looked('clock', clock.value ? [] : [finding('warning', 'clock_unsynchronised', text, fix)]);
}
