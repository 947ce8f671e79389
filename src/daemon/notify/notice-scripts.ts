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
export interface ServiceScripts {
  readonly up: ScriptCommand | null;
  readonly down: ScriptCommand | null;
}

/** The name under which scripts are known of what a notice is about. */
export const subjectOf = ({ kind, name, server }: Pick<ServiceNotice, 'kind' | 'name' | 'server'>): string =>
  `${kind} ${name}${server === null ? '' : ` ${destKey(server)}`}`;

/** The scripts of a service and of its servers, where there are any, by `subjectOf`. */
export function serviceScripts({
  name,
  quorum,
  servers,
}: ServiceConfig): readonly (readonly [string, ServiceScripts])[] {
  const all = [
    [subjectOf({ kind: 'VS', name, server: null }), { up: quorum.up, down: quorum.down }] as const,
    ...servers.map(
      ({ key: server, notifyUp: up, notifyDown: down }) =>
        [subjectOf({ kind: 'RS', name, server }), { up, down }] as const,
    ),
  ];
  return all.filter(([, { up, down }]) => up !== null || down !== null);
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

/** States that keepalived sends mail about (2.2.7): of a stop its peers will tell. */
export const isMailed = (state: NoticeState, noFaults: boolean): boolean =>
  state === 'MASTER' || state === 'BACKUP' || (state === 'FAULT' && !noFaults);
