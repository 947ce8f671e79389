import { wallTime } from '../base/units.ts';
import type { RestoreOutcome } from '../model/restore.ts';
import { countPlan, showPlan } from './plan.ts';
import { showJson } from './status-json.ts';

function showRestore({ changes, configured, kept, refused }: RestoreOutcome, dryRun: boolean): string {
  const preview = previewOf(changes);
  const { add, change, destroy } = countPlan(preview);
  const done =
    add + change + destroy === 0
      ? 'No changes: the kernel has what was saved.\n'
      : `${add} added, ${change} changed, ${destroy} removed.\n`;
  const left = [
    ...(configured.length === 0 ? [] : [`left to the configuration: ${configured.join(', ')}`]),
    ...(kept === 0
      ? []
      : [
          `${kept} ${kept === 1 ? 'service' : 'services'} of others kept that ${kept === 1 ? 'is' : 'are'} not in the file; --prune removes ${kept === 1 ? 'it' : 'them'}`,
        ]),
    ...refused.map((because) => `refused by the kernel: ${because}`),
  ];
  const shown = dryRun && add + change + destroy > 0 ? showPlan(preview) : done;
  return shown + left.map((line) => `${line}\n`).join('');
}

/** What a restore has changed, or would change, for programs: counts, steps, refusals, and the text for people. */
export const showRestoreJson = (outcome: RestoreOutcome, dryRun: boolean): string =>
  showJson({
    schemaVersion: 1,
    dryRun,
    ...countPlan(previewOf(outcome.changes)),
    ...outcome,
    text: showRestore(outcome, dryRun),
  });

const previewOf = (changes: RestoreOutcome['changes']): Parameters<typeof showPlan>[0] => ({
  settings: [],
  instances: [],
  services: { available: true, takenAt: wallTime(0), value: changes },
  kept: [],
});
