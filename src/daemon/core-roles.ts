import type { Clock } from '../base/clock.ts';
import type { Result } from '../base/result.ts';
import { centisToMicros, elapsed, type Instant, type Millis, millis } from '../base/units.ts';
import type { ResumeRole } from '../ipc/messages.ts';
import type { Config, InstanceConfig, SyncGroupConfig } from '../model/config.ts';
import type { EventLevel } from '../model/events.ts';
import { noticeOf, type RouterNotice } from '../model/notify.ts';
import { isSameRouter, routerId, type SavedRole } from '../model/saved-state.ts';
import type { InstanceStatus, Part, VrrpStatus } from '../model/status.ts';
import type { Say } from './scripts/say.ts';
import type { Predecessor } from './supervisor.ts';

/** What outlives the daemon. */
export interface CoreState {
  /** What a former daemon of this boot and network namespace left behind; empty for nothing. */
  readonly left: Result<readonly SavedRole[], NothingLeft>;
  /** Replaces what is saved; an error is a sentence. One at a time. */
  save(roles: readonly SavedRole[]): Promise<Result<undefined, string>>;
}

/** Why what was saved is not believed, as a sentence, and how much that matters. */
export interface NothingLeft {
  readonly level: EventLevel;
  readonly because: string;
}

export interface RolesDoor {
  readonly clock: Clock;
  readonly say: Say;
  readonly state: CoreState;
  readonly config: () => Config;
  /** The status of the vrrp process as of now. */
  readonly ask: () => Promise<Part<VrrpStatus>>;
}

/** Roles across the deaths of the vrrp process, which core remembers, and of the daemon, which a file does. */
export interface CoreRoles {
  start(): void;
  /** What a vrrp process may go on with that has applied nothing yet; `predecessor` is null for the first one. */
  resume(predecessor: Predecessor<VrrpStatus> | null): readonly ResumeRole[];
  /** A vrrp process has applied a state: what a former daemon left has been taken up, or has lapsed. */
  applied(): void;
  /** What was said last of what is wrong with the state directory; null for nothing. */
  complaint(): string | null;
  /** Why the roles of now cannot be saved, as the last attempt had it; null where they can. */
  unsaved(): string | null;
  /** A role may have changed: it is looked at and saved, neither of which is waited for. */
  look(): void;
  /** Saves that nobody is master; resolves when that is done, or has failed, or takes too long. */
  stop(): Promise<void>;
}

/** A disk that hangs does not keep the daemon from its end. */
const LAST_SAVE: Millis = millis(1000);

export function createCoreRoles({ clock, say, state, config, ask }: RolesDoor): CoreRoles {
  let former: readonly SavedRole[] = state.left.ok ? state.left.value : [];
  let known = former;
  let wanted: readonly SavedRole[] | null = null;
  let savedText: string | null = null;
  let saving: Promise<void> | null = null;
  let asking = false;
  let askAgain = false;
  let stopping = false;
  /** The last failure that was said. */
  let told: string | null = null;
  let unsaved: string | null = null;

  const complain = (what: string, { level, because }: NothingLeft) => {
    if (because === told) return;
    told = because;
    say(level, 'state_unavailable', `${what}: ${because}`, { reason: because });
  };

  const saveAll = async () => {
    while (wanted !== null) {
      const roles: readonly SavedRole[] = wanted;
      wanted = null;
      const text = JSON.stringify(roles);
      if (text === savedText) continue;
      const saved = await state.save(roles);
      savedText = saved.ok ? text : null;
      unsaved = saved.ok ? null : saved.error;
      if (saved.ok) told = null;
      else complain('roles do not outlive this lbd', { level: 'warn', because: saved.error });
    }
    saving = null;
  };

  const save = (roles: readonly SavedRole[]): Promise<void> => {
    known = roles;
    wanted = roles;
    // In a turn of its own: it may have nothing to wait for, and what it ends with has to come after this.
    saving ??= Promise.resolve().then(saveAll);
    return saving;
  };

  const askAll = async () => {
    asking = true;
    do {
      askAgain = false;
      const status = await ask();
      // Of a process that does not answer the last that is known stands, and its successor is looked at again.
      if (status.available && !stopping) void save(savedRoles(status.value, config().instances));
    } while (askAgain && !stopping);
    asking = false;
  };

  const look = () => {
    askAgain = true;
    if (!asking && !stopping) void askAll();
  };

  return {
    start() {
      if (!state.left.ok) complain('starts without the roles of a former lbd', state.left.error);
    },

    resume(predecessor) {
      const { instances, syncGroups } = config();
      const watched = predecessor === null ? [] : supervisedRoles(predecessor, clock.now());
      const byName = new Map(
        [...formerRoles(former, instances), ...watched].map((role) => [role.name, role]),
      );
      return wholeGroups(
        instances.flatMap(({ name }) => byName.get(name) ?? []),
        syncGroups,
      );
    },

    applied() {
      former = [];
      look();
    },

    look,
    complaint: () => told,
    unsaved: () => unsaved,

    async stop() {
      stopping = true;
      let timer: NodeJS.Timeout | undefined;
      const bound = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, LAST_SAVE);
      });
      await Promise.race([save(known.map((role) => ({ ...role, role: 'other' }))), bound]);
      clearTimeout(timer);
    },
  };
}

/** What pipes are told again after a reload. */
export function statesOf({ instances, syncGroups }: VrrpStatus): readonly Omit<RouterNotice, 'because'>[] {
  return [
    ...instances.map(({ name, state, effectivePriority: priority }) => ({
      kind: 'INSTANCE' as const,
      name,
      state: noticeOf(state),
      priority,
    })),
    ...syncGroups.map(({ name, state }) => ({
      kind: 'GROUP' as const,
      name,
      state: noticeOf(state),
      priority: 0,
    })),
  ];
}

/**
 * Roles that a new vrrp process may go on with. Of a master: its predecessor was master, and no peer can have missed
 * it for Master_Down_Interval yet (RFC 3768 §6.1, taken without its skew time: 3 × Advertisement_Interval).
 */
function supervisedRoles({ status, aliveAt }: Predecessor<VrrpStatus>, now: Instant): readonly ResumeRole[] {
  return status.instances.flatMap(({ name, state, advertInterval, standsBack }) => {
    const isMaster = state === 'MASTER' && elapsed(aliveAt, now) < 3 * centisToMicros(advertInterval);
    if (!isMaster && !standsBack) return [];
    return [{ name, role: isMaster ? 'MASTER' : 'other', evidence: 'supervised', standsBack }];
  });
}

function formerRoles(
  former: readonly SavedRole[],
  instances: readonly InstanceConfig[],
): readonly ResumeRole[] {
  return instances.flatMap((config) => {
    const saved = former.find((role) => isSameRouter(role, routerId(config)));
    if (saved === undefined || (saved.role === 'other' && !saved.standsBack)) return [];
    const { role, standsBack } = saved;
    return [{ name: config.name, role, evidence: 'saved', standsBack }];
  });
}

/** Without those of groups whose members do not all have the same role to go on with. */
function wholeGroups(
  roles: readonly ResumeRole[],
  groups: readonly SyncGroupConfig[],
): readonly ResumeRole[] {
  const byName = new Map(roles.map((one) => [one.name, one.role]));
  const broken = groups.filter(({ members }) => {
    const [first, ...others] = members.map((name) => byName.get(name));
    return others.some((role) => role !== first);
  });
  const dropped = new Set(broken.flatMap(({ members }) => members));
  return roles.filter(({ name }) => !dropped.has(name));
}

/** By the routers of the configuration; an instance that is shown under another one is on its way to it. */
function savedRoles(status: VrrpStatus, instances: readonly InstanceConfig[]): readonly SavedRole[] {
  const byName = new Map(instances.map((config) => [config.name, routerId(config)]));
  return status.instances.flatMap((shown) => {
    const router = byName.get(shown.name);
    if (router === undefined || !isSameRouter(router, { ...router, ...idOf(shown) })) return [];
    const role = shown.state === 'MASTER' ? 'MASTER' : 'other';
    return [{ ...router, role, standsBack: shown.standsBack }];
  });
}

const idOf = ({ interface: dev, family, vrid }: InstanceStatus) => ({ interface: dev, family, vrid });
