import type { ServiceConfig } from '../../model/config.ts';
import type { NoticeState, NotifyConfig, RouterNotice, ServiceNotice } from '../../model/notify.ts';
import type { ScriptCommand } from '../../model/script.ts';
import { destKey } from '../../model/services.ts';

export interface NoticeScript {
  readonly command: ScriptCommand;
  /** Arguments after the command's own. */
  readonly args: readonly string[];
}

/** What is run for a notice, in order: its own script, then the one for every change of state. */
export function noticeScripts(notice: RouterNotice, notify: NotifyConfig): readonly NoticeScript[] {
  const own = ownScript(notice.state, notify);
  const all = isChangeOfState(notice.state) ? notify.all : null;
  const { kind, name, state, priority } = notice;
  return [
    ...(own === null ? [] : [{ command: own, args: [] }]),
    ...(all === null
      ? []
      : [{ command: all, args: [kind, name, state, String(kind === 'GROUP' ? 0 : priority)] }]),
  ];
}

/** Who is told of a service, or of a server of it. */
export interface ServiceTold {
  readonly up: ScriptCommand | null;
  readonly down: ScriptCommand | null;
  readonly mail: boolean;
}

/** The name under which it is known who is told of what a notice is about. */
export const subjectOf = ({ kind, name, server }: Pick<ServiceNotice, 'kind' | 'name' | 'server'>): string =>
  `${kind} ${name}${server === null ? '' : ` ${destKey(server)}`}`;

/** Who is told of a service and of its servers, where anybody is, by `subjectOf`; without `hasMail` nobody is by mail. */
export function serviceTold(
  { name, quorum: { up, down }, mail, servers }: ServiceConfig,
  hasMail: boolean,
): readonly (readonly [string, ServiceTold])[] {
  const all = [
    [subjectOf({ kind: 'VS', name, server: null }), { up, down, mail: hasMail && mail }] as const,
    ...servers.map(
      ({ key: server, notifyUp: up, notifyDown: down, mail }) =>
        [subjectOf({ kind: 'RS', name, server }), { up, down, mail: hasMail && mail }] as const,
    ),
  ];
  return all.filter(([, { up, down, mail }]) => up !== null || down !== null || mail);
}

/** Every script of the configuration. */
export const allScripts = (notify: NotifyConfig): readonly ScriptCommand[] =>
  [
    notify.master,
    notify.backup,
    notify.fault,
    notify.stop,
    notify.deleted,
    notify.lowerPriority,
    notify.all,
  ].filter((command) => command !== null);

function ownScript(state: NoticeState, notify: NotifyConfig): ScriptCommand | null {
  switch (state) {
    case 'MASTER':
      return notify.master;
    case 'BACKUP':
      return notify.backup;
    case 'FAULT':
      return notify.fault;
    case 'STOP':
      return notify.stop;
    case 'DELETED':
      return notify.deleted;
    case 'MASTER_RX_LOWER_PRI':
      return notify.lowerPriority;
    case 'MASTER_PRIORITY':
    case 'BACKUP_PRIORITY':
      return null;
  }
}

/** The other states are remarks about an instance that stays what it is: keepalived tells them to FIFOs only. */
const isChangeOfState = (state: NoticeState): boolean =>
  state !== 'MASTER_RX_LOWER_PRI' && state !== 'MASTER_PRIORITY' && state !== 'BACKUP_PRIORITY';

/**
 * Services are mailed about from the quorum that they begin with, servers only when they change, as by keepalived (2.2.7). It
 * sends one mail for each checker of a server that changes, unless told no_checker_emails; here it is always one for the
 * server.
 */
export const isServiceMailed = ({ kind, isFirst }: ServiceNotice): boolean => kind === 'VS' || !isFirst;

/** States that keepalived sends mail about (2.2.7): of a stop its peers will tell. */
export const isMailed = (state: NoticeState, noFaults: boolean): boolean =>
  state === 'MASTER' || state === 'BACKUP' || (state === 'FAULT' && !noFaults);
