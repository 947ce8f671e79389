import type { NotifyConfig } from '../../model/notify.ts';
import type { Track, TrackerKind } from '../../model/tracking.ts';
import { type Leave, linesAt } from './keepalived-lines.ts';
import { quote, type Statement, type Unsaid } from './keepalived-words.ts';
import { usualWeight } from './tracking.ts';

/** `track_interface` and its like, `notify_master` and its like, of the instance or group at `path`. */
export const trackingStatements = (
  { tracks, notify }: { readonly tracks: readonly Track[]; readonly notify: NotifyConfig },
  path: Unsaid['path'],
  leave: Leave,
): readonly Statement[] => [...trackBlocks(tracks, path, leave), ...notifyLines(notify, path, leave)];

/** A block for each run of trackers of a kind, so that their order stays. */
function trackBlocks(tracks: readonly Track[], path: Unsaid['path'], leave: Leave): readonly Statement[] {
  const blocks: { readonly kind: TrackerKind; readonly block: Statement[] }[] = [];
  for (const [i, track] of tracks.entries()) {
    const name = quote(track.name);
    if (name === null) {
      leave({ path: [...path, 'track', i], text: `track_${track.kind}: keepalived cannot quote the name` });
      continue;
    }
    const last = blocks.at(-1);
    const block = last?.kind === track.kind ? last.block : [];
    if (last?.kind !== track.kind) blocks.push({ kind: track.kind, block });
    block.push({ text: [name, ...weightWords(track)].join(' ') });
  }
  return blocks.map(({ kind, block }) => ({ text: `track_${kind}`, block }));
}

function weightWords(track: Track): readonly string[] {
  if (track.weight === usualWeight(track) && !track.reverse) return [];
  return ['weight', String(track.weight), ...(track.reverse ? ['reverse'] : [])];
}

function notifyLines(notify: NotifyConfig, path: Unsaid['path'], leave: Leave): readonly Statement[] {
  const { command, alone } = linesAt([...path, 'notify'], leave);
  return [
    ...command('notify_master', notify.master),
    ...command('notify_backup', notify.backup),
    ...command('notify_fault', notify.fault),
    ...command('notify_stop', notify.stop),
    ...command('notify_deleted', notify.deleted),
    ...alone('notify_deleted', notify.saysDeleted && notify.deleted === null),
    ...command('notify_master_rx_lower_pri', notify.lowerPriority),
    ...command('notify', notify.all),
    ...alone('smtp_alert', notify.mail),
    ...alone('notify_priority_changes', notify.priorityChanges),
  ];
}
