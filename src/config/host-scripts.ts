import type { Config } from '../model/config.ts';
import type { NotifyConfig } from '../model/notify.ts';
import type { ScriptCommand } from '../model/script.ts';
import { warning } from './diagnostic.ts';
import type { HostFacts, Lack } from './host.ts';
import type { Path } from './path.ts';

interface Placed {
  readonly command: ScriptCommand;
  /** Of its words, and of its user where that is given. */
  readonly words: Path;
  readonly user: Path;
}

/** A script that cannot be run is said again when it should run; here it is said before. */
export function judgeScripts(config: Config, host: HostFacts): readonly Lack[] {
  const { trackers, instances, syncGroups, services, scripts, notify } = config;
  const commands: readonly Placed[] = [
    ...trackers.scripts.map(({ name, command }) => beside(['track_scripts', name], 'script', command)),
    ...instances.flatMap((one) => told(['vrrp', one.name, 'notify'], one.notify)),
    ...syncGroups.flatMap((one) => told(['sync_groups', one.name, 'notify'], one.notify)),
    ...services.flatMap(({ name, quorum, servers }) => [
      ...at(['services', name, 'quorum_up'], quorum.up),
      ...at(['services', name, 'quorum_down'], quorum.down),
      ...servers.flatMap(({ notifyUp, notifyDown, checks }, i) => [
        ...at(['services', name, 'servers', i, 'notify_up'], notifyUp),
        ...at(['services', name, 'servers', i, 'notify_down'], notifyDown),
        ...checks.flatMap((check, j) =>
          check.type === 'misc'
            ? [beside(['services', name, 'servers', i, 'check', j], 'command', check.command)]
            : [],
        ),
      ]),
    ]),
    ...notify.fifos.flatMap(({ script }, i) => at(['notify_fifos', i, 'script'], script)),
    ...at(['startup_script'], scripts.startup?.command ?? null),
    ...at(['shutdown_script'], scripts.shutdown?.command ?? null),
  ];
  // One command may be of thousands of servers.
  const programs = remembered((program) => host.program(program));
  const users = remembered((user) => (host.user(user) ? null : `this machine has no user ${user}`));
  return commands.flatMap(({ command, words, user: userPath }): readonly Lack[] => {
    const [program] = command.argv;
    const user = command.user ?? scripts.user;
    const lacks: readonly (readonly [Path, string | null])[] = [
      // `</PATH` asks whether PATH can be opened.
      [words, program.startsWith('</') ? null : programs(program)],
      [command.user === null ? words : userPath, user === null ? null : users(user)],
    ];
    return lacks.flatMap(([path, text]) =>
      text === null ? [] : [{ path, problem: warning('host_script', text) }],
    );
  });
}

/** A command with a key of its own, whose map has the words and the user. */
const at = (path: Path, command: ScriptCommand | null): readonly Placed[] =>
  command === null ? [] : [beside(path, 'command', command)];

/** A command whose user is given beside its words. */
const beside = (path: Path, key: string, command: ScriptCommand): Placed => ({
  command,
  words: [...path, key],
  user: [...path, 'user'],
});

const told = (path: Path, notify: NotifyConfig): readonly Placed[] =>
  (['master', 'backup', 'fault', 'stop', 'deleted', 'lowerPriority', 'all'] as const).flatMap((key) =>
    at([...path, key === 'lowerPriority' ? 'lower_priority' : key], notify[key]),
  );

function remembered(find: (name: string) => string | null): (name: string) => string | null {
  const known = new Map<string, string | null>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const fresh = find(name);
    known.set(name, fresh);
    return fresh;
  };
}
