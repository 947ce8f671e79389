import { millisToMicros } from '../base/units.ts';
import type { Config } from '../model/config.ts';
import { groupsOf } from '../model/group.ts';
import { printDuration } from './duration.ts';
import { writeCheckerMail } from './print/checker-mail.ts';
import { FILE } from './print/file-text.ts';
import { ipvsLines } from './print/ipvs-text.ts';
import { aroundLines, paceStatements, staticStatements } from './print/keepalived-around.ts';
import { groupStatement } from './print/keepalived-group.ts';
import { instanceStatement } from './print/keepalived-instance.ts';
import { sayable } from './print/keepalived-sayable.ts';
import { serverGroupStatements, serviceStatement } from './print/keepalived-service.ts';
import { tlsStatement } from './print/keepalived-tls.ts';
import {
  bfdStatement,
  fileStatement,
  processStatement,
  scriptStatement,
} from './print/keepalived-trackers.ts';
import { layOut, quote, type Statement, type Unsaid } from './print/keepalived-words.ts';
import { noteKey, notesByObject, noteTexts } from './print/notes.ts';
import type { LeftOut } from './reading.ts';

export interface PrintedKeepalived {
  readonly text: string;
  /** What keepalived has no words for; the text says it in comments. */
  readonly leftOut: readonly Unsaid[];
}

/**
 * A configuration in the words of keepalived 2.2.7. Names of services and the notes stand in it as comments above what
 * they belong to, or at the top. A router_id that is `hostname` is left out, for each machine to fill in.
 */
export function printKeepalived(
  config: Config,
  notes: readonly LeftOut[] = [],
  hostname: string | null = null,
): PrintedKeepalived {
  const leftOut: Unsaid[] = [];
  const noted = notesByObject(notes);
  const commented = (
    section: string,
    name: string,
    print: (leave: (unsaid: Unsaid) => void) => Statement,
  ): Statement => {
    const own: Unsaid[] = [];
    const statement = print((unsaid) => own.push(unsaid));
    leftOut.push(...own);
    const object = noteKey(section, name);
    const said = noteTexts(noted.get(object) ?? []);
    noted.delete(object);
    const above = [...(statement.above ?? []), ...said, ...own.map(({ text }) => text)];
    return { ...statement, above };
  };
  const global = commented('', '', (leave) => globalDefs(config, hostname, leave));
  const outside: Unsaid[] = [];
  const leaveOutside = (unsaid: Unsaid) => outside.push(unsaid);
  const { trackers, syncGroups, instances } = sayable(config, leaveOutside);
  const namespace = config.netNamespace === null ? null : quote(config.netNamespace);
  if (config.netNamespace !== null && namespace === null) {
    outside.push({ path: ['net_namespace'], text: 'net_namespace: keepalived cannot quote it' });
  }
  const { usual: mails } = writeCheckerMail(config);
  const blocks = [
    ...(namespace === null ? [] : [{ text: `net_namespace ${namespace}` }]),
    ...paceStatements(config.vrrp, leaveOutside),
    ...staticStatements(config.statics, leaveOutside),
    ...trackers.scripts.map((each) =>
      commented('track_scripts', each.name, (leave) => scriptStatement(each, leave)),
    ),
    ...trackers.files.map((each) =>
      commented('track_files', each.name, (leave) => fileStatement(each, leave)),
    ),
    ...trackers.processes.map((each) =>
      commented('track_processes', each.name, (leave) => processStatement(each, leave)),
    ),
    ...trackers.bfd.map((each) => commented('bfd', each.name, (leave) => bfdStatement(each, leave))),
    ...syncGroups.map((each) =>
      commented('sync_groups', each.name, (leave) => groupStatement(each, instances, leave)),
    ),
    ...instances.map((each) => commented('vrrp', each.name, (leave) => instanceStatement(each, leave))),
    tlsStatement(config, leaveOutside),
    ...groupsOf(config.services).flatMap(({ members }) => [
      ...serverGroupStatements(members),
      commented('services', members[0].name, (leave) => serviceStatement(members, mails, leave)),
    ]),
  ];
  leftOut.push(...outside);
  const others = [...noteTexts([...noted.values()].flat()), ...outside.map(({ text }) => text)];
  return {
    text: layOut([{ ...global, above: [...others, ...(global.above ?? [])] }, ...blocks]),
    leftOut,
  };
}

function globalDefs(config: Config, hostname: string | null, leave: (unsaid: Unsaid) => void): Statement {
  const { routerId, drift } = config;
  if (drift.policy !== FILE.drift) {
    const text = `drift ${drift.policy}: keepalived does not compare its services with the kernel`;
    leave({ path: ['drift'], text });
  }
  const interval = millisToMicros(drift.interval);
  if (interval !== FILE.drift_interval) {
    const text = `drift_interval ${printDuration(interval)}: keepalived does not compare its services with the kernel`;
    leave({ path: ['drift_interval'], text });
  }
  if (config.heartbeat !== null) {
    leave({ path: ['heartbeat'], text: 'heartbeat: keepalived knows no second path between directors' });
  }
  if (config.dataplane.use !== FILE.dataplane) {
    leave({ path: ['dataplane'], text: `dataplane ${config.dataplane.use}: keepalived has IPVS alone` });
  }
  const name = routerId === hostname ? null : quote(routerId);
  if (name === null && routerId !== hostname) {
    leave({ path: ['router_id'], text: 'router_id: keepalived cannot quote it' });
  }
  const block = [
    ...(name === null ? [] : [{ text: `router_id ${name}` }]),
    ...aroundLines(config, leave),
    ...ipvsLines(config.ipvs, config.instances, leave),
  ];
  return block.length === 0 ? { text: null } : { text: 'global_defs', block };
}
