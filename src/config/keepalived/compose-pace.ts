import { type Micros, micros, seconds } from '../../base/units.ts';
import { mistake, warning } from '../diagnostic.ts';
import type { WrittenFile } from '../schema/file.ts';
import type { WrittenGarpGroup } from '../schema/pace.ts';
import { deviceName } from '../schema/scalars.ts';
import { Mark, markAt } from './compose-marks.ts';
import {
  enterKnown,
  enterLines,
  markOf,
  type Reader,
  type Readers,
  readBlock,
  type Scope,
} from './compose-scope.ts';
import { DAY, duration, read, readWord, sayAt, saySurplus, schemed } from './compose-values.ts';
import type { Statement, Word } from './statement.ts';

/** What garp_group and interface_up_down_delays say. */
export interface Paces {
  readonly garp_groups: WrittenFile['garp_groups'];
  readonly interface_up_down_delays: WrittenFile['interface_up_down_delays'];
  readonly root: Mark;
}

export const newPaces = (root: Mark): Paces => ({ garp_groups: [], interface_up_down_delays: {}, root });

interface GroupDraft {
  readonly interfaces: string[];
  readonly mark: Mark;
  garp: Micros;
  na: Micros;
}

const MOST_DELAY = seconds(255);
const device = schemed(deviceName);

const pause =
  (key: 'garp' | 'na'): Reader<GroupDraft> =>
  (statement, draft, scope) => {
    draft[key] = read(statement, scope, duration(micros(0), DAY))?.value ?? draft[key];
  };

function addInterface(line: Statement, draft: GroupDraft, word: Word, scope: Scope): void {
  const name = readWord(word, line, scope, device)?.value;
  if (name === undefined) return;
  const list = markAt(draft.mark, ['interfaces']);
  list.inside.set(draft.interfaces.length, new Mark(word, list));
  draft.interfaces.push(name);
}

const GROUP_READERS: Readers<GroupDraft> = {
  garp_interval: pause('garp'),
  gna_interval: pause('na'),
  interface: (statement, draft, scope) => {
    const [keyword, word] = statement.words;
    saySurplus(statement, scope, 2);
    if (word !== undefined) addInterface(statement, draft, word, scope);
    else sayAt(scope, statement, keyword, mistake('missing_value', '"interface" needs the name of one'));
  },
  interfaces: (statement, draft, scope) => {
    saySurplus(statement, scope, 1);
    const within = enterLines(scope, statement);
    for (const line of statement.block ?? []) {
      for (const word of line.words) addInterface(line, draft, word, within);
    }
  },
};

/** What stands outside of any block about all instances together. */
export const PACE_READERS: Readers<Paces> = {
  garp_group: (statement, { garp_groups: groups, root }, scope) => {
    saySurplus(statement, scope, 1);
    const within = enterKnown(scope, statement);
    const mark = new Mark(statement.words[0], within);
    mark.inside.set('interfaces', mark.with());
    const draft: GroupDraft = { interfaces: [], mark, garp: micros(0), na: micros(0) };
    readBlock(statement.block ?? [], within, GROUP_READERS, draft);
    if (draft.interfaces.length === 0) {
      const text = 'this group has no interfaces: it is left out, as by keepalived';
      scope.notes.say(mark.at, warning('entry_skipped', text), mark.path);
      return;
    }
    const list = root.inside.get('garp_groups') ?? mark.with();
    root.inside.set('garp_groups', list);
    list.inside.set(groups.length, mark);
    const group: WrittenGarpGroup = {
      interfaces: draft.interfaces,
      garp_interval: draft.garp,
      gna_interval: draft.na,
    };
    groups.push(group);
  },
  interface_up_down_delays: (statement, { interface_up_down_delays: delays, root }, scope) => {
    saySurplus(statement, scope, 1);
    const mark = root.inside.get('interface_up_down_delays') ?? markOf(scope, statement, statement.words[0]);
    root.inside.set('interface_up_down_delays', mark);
    const within = enterLines(scope, statement);
    for (const line of statement.block ?? []) {
      const [word, down, up] = line.words;
      const name = readWord(word, line, within, device)?.value;
      if (down === undefined) {
        sayAt(within, line, word, mistake('missing_value', `${word.text} needs a number of seconds`));
        continue;
      }
      saySurplus(line, within, 3);
      const parse = duration(micros(0), MOST_DELAY);
      const downDelay = readWord(down, line, within, parse)?.value;
      // The manual page has the first number count for both; keepalived 2.2.7 takes 0.
      const upDelay = up === undefined ? micros(0) : readWord(up, line, within, parse)?.value;
      if (name === undefined || downDelay === undefined || upDelay === undefined) continue;
      if (Object.hasOwn(delays, name)) {
        sayAt(within, line, word, warning('overridden', `${name} is here again, and this line counts`));
      }
      delays[name] = { down: downDelay, up: upDelay };
      mark.inside.set(name, new Mark(word, within));
    }
  },
};
