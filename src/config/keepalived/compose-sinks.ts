import { type Micros, micros, seconds } from '../../base/units.ts';
import type { FifoConfig } from '../../model/notify.ts';
import type { ScriptCommand } from '../../model/script.ts';
import { mistake, warning } from '../diagnostic.ts';
import type { WrittenFile } from '../schema/file.ts';
import type { WrittenFifo } from '../schema/sinks.ts';
import { type Account, path, readAccount, readCommand } from './compose-command.ts';
import { isOn } from './compose-global.ts';
import { finishMail, MAIL_READERS, type MailDraft, newMail } from './compose-mail.ts';
import type { Mark } from './compose-marks.ts';
import type { NotifyDefaults } from './compose-notify.ts';
import { markOf, type Reader, type Readers } from './compose-scope.ts';
import { DAY, duration, read, readWord, sayAt, saySurplus } from './compose-values.ts';

interface Fifo {
  path: { readonly path: string; readonly account: Account; readonly mark: Mark } | null;
  script: { readonly command: ScriptCommand; readonly mark: Mark } | null;
}

/** What global_defs say of scripts, notices and the pace of all instances. */
export interface Sinks {
  readonly mail: MailDraft;
  readonly fifos: Readonly<Record<FifoConfig['of'], Fifo>>;
  statesOnReload: boolean;
  serversAtFirst: boolean;
  priorityChanges: boolean;
  scriptUser: Account | null;
  startup: ScriptCommand | null;
  shutdown: ScriptCommand | null;
  readonly timeouts: { startup: Micros; shutdown: Micros };
  readonly paces: {
    vrrp_startup_delay: Micros;
    vrrp_delay_after_boot: Micros;
    vrrp_garp_interval: Micros;
    vrrp_gna_interval: Micros;
  };
}

export const newSinks = (): Sinks => ({
  mail: newMail(),
  fifos: {
    all: { path: null, script: null },
    vrrp: { path: null, script: null },
    lvs: { path: null, script: null },
  },
  statesOnReload: false,
  serversAtFirst: false,
  priorityChanges: false,
  scriptUser: null,
  startup: null,
  shutdown: null,
  timeouts: { startup: seconds(10), shutdown: seconds(10) },
  paces: {
    vrrp_startup_delay: micros(0),
    vrrp_delay_after_boot: micros(0),
    vrrp_garp_interval: micros(0),
    vrrp_gna_interval: micros(0),
  },
});

const fifo =
  (of: FifoConfig['of']): Reader<Sinks> =>
  (statement, { fifos }, scope) => {
    const [keyword, word] = statement.words;
    if (word === undefined) {
      sayAt(scope, statement, keyword, mistake('missing_value', `"${keyword.text}" needs a path`));
      return;
    }
    const found = readWord(word, statement, scope, path)?.value;
    const account = readAccount(statement, 2, scope);
    if (found !== undefined && account !== null) {
      fifos[of].path = { path: found, account, mark: markOf(scope, statement) };
    }
  };

const fifoScript =
  (of: FifoConfig['of']): Reader<Sinks> =>
  (statement, { fifos }, scope) => {
    const command = readCommand(statement, scope);
    if (command !== null) fifos[of].script = { command, mark: markOf(scope, statement) };
  };

const once =
  (key: 'startup' | 'shutdown'): Reader<Sinks> =>
  (statement, sinks, scope) => {
    sinks[key] = readCommand(statement, scope);
  };

const timeout =
  (key: 'startup' | 'shutdown'): Reader<Sinks> =>
  (statement, { timeouts }, scope) => {
    timeouts[key] = read(statement, scope, duration(seconds(1), seconds(1000)))?.value ?? timeouts[key];
  };

const pause =
  (key: keyof Sinks['paces'], most: Micros): Reader<Sinks> =>
  (statement, { paces }, scope) => {
    paces[key] = read(statement, scope, duration(micros(0), most))?.value ?? paces[key];
  };

const LONGEST_PAUSE = seconds(3600);

/** The keywords of global_defs about scripts, notices and the pace of all instances. */
export const SINK_READERS: Readers<Sinks> = {
  ...MAIL_READERS,
  notify_fifo: fifo('all'),
  notify_fifo_script: fifoScript('all'),
  vrrp_notify_fifo: fifo('vrrp'),
  vrrp_notify_fifo_script: fifoScript('vrrp'),
  lvs_notify_fifo: fifo('lvs'),
  lvs_notify_fifo_script: fifoScript('lvs'),
  fifo_write_vrrp_states_on_reload: (statement, sinks, scope) => {
    sinks.statesOnReload = isOn(statement, scope);
  },
  rs_init_notifies: (statement, sinks, scope) => {
    sinks.serversAtFirst = isOn(statement, scope);
  },
  vrrp_notify_priority_changes: (statement, sinks, scope) => {
    sinks.priorityChanges = isOn(statement, scope);
  },
  script_user: (statement, sinks, scope) => {
    const [keyword, user] = statement.words;
    if (user !== undefined) sinks.scriptUser = readAccount(statement, 1, scope);
    else sayAt(scope, statement, keyword, mistake('missing_value', '"script_user" needs the name of one'));
  },
  // It is always on here, which asks for nothing more.
  enable_script_security: (statement, _sinks, scope) => saySurplus(statement, scope, 1),
  startup_script: once('startup'),
  startup_script_timeout: timeout('startup'),
  shutdown_script: once('shutdown'),
  shutdown_script_timeout: timeout('shutdown'),
  vrrp_startup_delay: pause('vrrp_startup_delay', DAY),
  vrrp_delay_after_boot: pause('vrrp_delay_after_boot', DAY),
  vrrp_garp_interval: pause('vrrp_garp_interval', LONGEST_PAUSE),
  vrrp_gna_interval: pause('vrrp_gna_interval', LONGEST_PAUSE),
};

/** For instances and groups that do not say it. */
export const notifyDefaults = ({ mail, priorityChanges }: Sinks): NotifyDefaults => ({
  mail: mail.vrrp ?? mail.all ?? false,
  priorityChanges,
});

/** What YAML would say. `say` reports what does not fit together. */
export function finishSinks(
  sinks: Sinks,
  root: Mark,
  say: (mark: Mark, problem: ReturnType<typeof warning>) => void,
) {
  const { scriptUser, startup, shutdown, timeouts } = sinks;
  const fifos: WrittenFifo[] = [];
  const list = root.with();
  root.inside.set('notify_fifos', list);
  for (const of of ['all', 'vrrp', 'lvs'] as const) {
    const { path: at, script } = sinks.fifos[of];
    if (at === null) {
      if (script !== null) say(script.mark, warning('overridden', 'it has no effect without its FIFO'));
      continue;
    }
    list.inside.set(fifos.length, at.mark);
    const { user, group } = at.account;
    fifos.push({
      path: at.path,
      of,
      user: user ?? undefined,
      group: group ?? undefined,
      script: script?.command,
    });
  }
  return {
    notify_fifos: fifos,
    fifo_write_vrrp_states_on_reload: sinks.statesOnReload,
    rs_init_notifies: sinks.serversAtFirst,
    mail: finishMail(sinks.mail),
    script_user:
      scriptUser === null || scriptUser.user === null
        ? undefined
        : { user: scriptUser.user, group: scriptUser.group },
    startup_script: startup ?? undefined,
    startup_script_timeout: timeouts.startup,
    shutdown_script: shutdown ?? undefined,
    shutdown_script_timeout: timeouts.shutdown,
    ...sinks.paces,
  } satisfies Partial<WrittenFile>;
}
