import { millisToMicros } from '../base/units.ts';
import type { Config } from '../model/config.ts';
import { printDuration } from './duration.ts';
import { FILE } from './print/file-text.ts';
import { instanceStatement } from './print/keepalived-instance.ts';
import { serviceStatement } from './print/keepalived-service.ts';
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
  const blocks = [
    ...config.instances.map((each) =>
      commented('vrrp', each.name, (leave) => instanceStatement(each, leave)),
    ),
    ...config.services.map((each) =>
      commented('services', each.name, (leave) => serviceStatement(each, leave)),
    ),
  ];
  const others = noteTexts([...noted.values()].flat());
  return {
    text: layOut([{ ...global, above: [...others, ...(global.above ?? [])] }, ...blocks]),
    leftOut,
  };
}

function globalDefs(
  { routerId, drift }: Config,
  hostname: string | null,
  leave: (unsaid: Unsaid) => void,
): Statement {
  if (drift.policy !== FILE.drift) {
    const text = `drift ${drift.policy}: keepalived does not compare its services with the kernel`;
    leave({ path: ['drift'], text });
  }
  const interval = millisToMicros(drift.interval);
  if (interval !== FILE.drift_interval) {
    const text = `drift_interval ${printDuration(interval)}: keepalived does not compare its services with the kernel`;
    leave({ path: ['drift_interval'], text });
  }
  if (routerId === hostname) return { text: null };
  const name = quote(routerId);
  if (name !== null) return { text: 'global_defs', block: [{ text: `router_id ${name}` }] };
  leave({ path: ['router_id'], text: 'router_id: keepalived cannot quote it' });
  return { text: null };
}
